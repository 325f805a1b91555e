"""What an agent measures about itself: it listens to the signals of a bus, and tells what it counted."""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Mapping
from typing import Any, Final

from metabot_instrument.boundary import contained
from metabot_instrument.current import settings
from metabot_instrument.forks import renewed_in_children
from metabot_instrument.model_calls.heard import Answered, Asked, Ended, hear
from metabot_instrument.monitor import said
from metabot_instrument.monitor.alerts import Alerts, Told
from metabot_instrument.monitor.export_file import write
from metabot_instrument.monitor.figures import iso
from metabot_instrument.monitor.memory import Memory, Sample
from metabot_instrument.monitor.recorded_calls import RecordedCall
from metabot_instrument.monitor.said import Moment
from metabot_instrument.monitor.session import HEARD, Session
from metabot_instrument.monitor.status import status
from metabot_instrument.monitor.telling import SwitchOff, Telling
from metabot_instrument.monitor.thresholds import Thresholds
from metabot_instrument.monitor.thresholds import thresholds as read_thresholds
from metabot_instrument.monitor.tool_call import ToolCall
from metabot_instrument.monitor.watch import Watch
from metabot_instrument.signals.bus import Bus, Signal

_FORMAT: Final = {"format": "metabot-monitor", "version": 1}
_SESSIONS: Final = ("session:start", "session:started", "session_start")
_PERSONAS: Final = ("persona:switch", "persona:switched", "persona_switched")


class PerformanceMonitor:
    """Counts what `bus` tells, from the moment when it is made until `close`.

    A `switch_off(tool, why)`, which may be asynchronous, is called once a tool became slow or failing by `thresholds`
    (`Thresholds`, or a table of the same names). A forked child counts for itself, from zero. Every method may be
    called from any thread and raises nothing; only making one with settings that cannot be used raises ValueError.
    """

    def __init__(
        self,
        bus: Bus,
        *,
        memory_limit_bytes: int | None = None,
        sample_seconds: float = 30.0,
        thresholds: Thresholds | Mapping[str, Any] | None = None,
        switch_off: SwitchOff | None = None,
        session_id: str | None = None,
        persona_id: str | None = None,
        recorded_calls: bool = True,
    ) -> None:
        _positive("sample_seconds", sample_seconds)
        if memory_limit_bytes is not None:
            _positive("memory_limit_bytes", memory_limit_bytes)
        self.bus = bus
        self._ids = said.text(session_id), said.text(persona_id)
        self._thresholds = read_thresholds(thresholds)
        self._telling = Telling(bus, switch_off)
        self._memory = Memory(memory_limit_bytes, sample_seconds, weakref.WeakMethod(self._sampled))
        self.renew()
        renewed_in_children(self)
        self._offs = [
            *(bus.on(name, self._hear) for name in HEARD),
            *(bus.on(name, self._session_began) for name in _SESSIONS),
            *(bus.on(name, self._persona_began) for name in _PERSONAS),
        ]
        if recorded_calls:
            self._offs.append(hear(self._call_began))
        self._memory.ensure()

    def renew(self) -> None:
        """A forked child begins from zero."""
        self._lock = threading.RLock()
        self._hearing = False
        self._late: deque[Signal] = deque()
        self._alerts = Alerts()
        self._watch = Watch(self._thresholds, self._alerts)
        session_id, persona_id = self._ids
        self._session = Session(_now(), session_id=session_id, persona_id=persona_id)
        self._memory.renew()

    def metrics(self) -> dict[str, Any]:
        """Everything that `export` gives but its header."""
        return self._metrics() or {}

    def export(self, path: str | os.PathLike[str] | None = None) -> dict[str, Any]:
        """The figures as docs/monitor.md has them; with a path they are written there as JSON, whole or not at all."""
        found = {**_FORMAT, "exported_at": iso(time.time()), **self.metrics()}
        if path is not None:
            write(found, path)
        return found

    @contained("monitor", None)
    def tool_stats(self, name: str) -> dict[str, Any] | None:
        """None of a tool that no signal named."""
        with self._lock:
            return self._session.tools.figures(name)

    def llm_stats(self) -> dict[str, Any]:
        found: dict[str, Any] = self.metrics().get("llm", {})
        return found

    def memory_stats(self) -> dict[str, Any]:
        """The limit, the samples, and what they come to: current, mean, least and greatest."""
        return self._memory_stats() or {}

    def alerts(self) -> list[dict[str, Any]]:
        """The last hundred of the session, the oldest first."""
        return self._alerts_so_far() or []

    def status(self) -> dict[str, Any]:
        return self._status() or {}

    @contained("monitor", False)
    def is_switched_off(self, tool: str) -> bool:
        with self._lock:
            return tool in self._watch.switched_off

    @contained("monitor", None)
    def switch_on(self, tool: str) -> None:
        """The tool is judged by the calls that follow."""
        with self._lock:
            told = self._watch.switch_on(tool, time.time())
        self._tell(told)

    def tool(self, name: str) -> ToolCall:
        """A context manager, for `with` and `async with`, and a decorator: what runs in it is a call of the tool."""
        return ToolCall(self.bus, name)

    @contained("monitor", None)
    def reset(self, *, session_id: str | None = None, persona_id: str | None = None) -> None:
        """Counts from zero; ids that are not said stay. What is under way goes on, and what is switched off stays so.

        The figures so far go out as the signal `monitor:reset`.
        """
        self._memory.ensure()
        with self._lock:
            before = self.export()
            now, session = _now(), self._session
            self._session = Session(
                now,
                session_id=said.text(session_id) or session.session_id,
                persona_id=said.text(persona_id) or session.persona_id,
                before=session,
            )
            self._watch.begin_anew()
            told = self._alerts.begin_anew(now.wall)
        self._memory.clear()
        self._tell([*told, Told("monitor:reset", {"export": before})])

    @contained("monitor", None)
    def close(self) -> None:
        """Hears and samples no more; what was counted can still be asked for."""
        for off in self._offs:
            off()
        self._memory.close()

    def _hear(self, signal: Signal) -> None:
        """What a signal handler emits while its thread is in here waits until that is done."""
        self._memory.ensure()
        told: list[Told] = []
        with self._lock:
            self._late.append(signal)
            if self._hearing:
                return
            self._hearing = True
            try:
                while self._late:
                    told += self._heard(self._late.popleft())
            finally:
                self._hearing = False
        self._tell(told)

    def _heard(self, signal: Signal) -> list[Told]:
        finished = self._session.hear(signal)
        told = self._watch.tool(finished, signal.time) if finished else []
        return told + self._watch.tokens(self._session.requests.tokens.total, signal.time)

    def _call_began(self, asked: Asked) -> Ended:
        with self._lock:
            call = RecordedCall(self._session.requests, asked)

        @contained("monitor", None)
        def ended(answered: Answered) -> None:
            with self._lock:
                call.end(self._session.requests, answered)
                told = self._watch.tokens(self._session.requests.tokens.total, time.time())
            self._tell(told)

        return ended

    def _session_began(self, signal: Signal) -> None:
        session_id = said.name(signal.data, said.SESSION)
        if session_id is None or session_id != self._session.session_id:
            self.reset(session_id=session_id, persona_id=said.name(signal.data, said.PERSONA_BESIDE))

    def _persona_began(self, signal: Signal) -> None:
        persona_id = said.name(signal.data, said.PERSONA)
        if persona_id is None or persona_id != self._session.persona_id:
            self.reset(persona_id=persona_id)

    def _sampled(self, sample: Sample) -> None:
        with self._lock:
            told = self._watch.memory(sample.percent, sample.time)
        self._tell(told)

    def _tell(self, told: list[Told]) -> None:
        if told:
            self._telling.tell(told, self._session.session_id)

    @contained("monitor", None)
    def _metrics(self) -> dict[str, Any] | None:
        self._memory.ensure()
        with self._lock:
            return {
                "service": settings().service_name,
                **self._session.figures(_now()),
                "memory": self._memory.figures(),
                "alerts": self._alerts.figures(),
                "switched_off": self._watch.figures(),
            }

    @contained("monitor", None)
    def _alerts_so_far(self) -> list[dict[str, Any]]:
        with self._lock:
            return self._alerts.figures()

    @contained("monitor", None)
    def _memory_stats(self) -> dict[str, Any] | None:
        self._memory.ensure()
        return self._memory.stats()

    @contained("monitor", None)
    def _status(self) -> dict[str, Any] | None:
        self._memory.ensure()
        sample = self._memory.look()
        with self._lock:
            return status(self._session, sample)


def _now() -> Moment:
    return Moment(time.time(), time.monotonic(), False)


def _positive(name: str, value: object) -> None:
    found = said.finite(value)
    if found is None or found <= 0:
        raise ValueError(f"PerformanceMonitor({name}={value!r}): say a number above 0")
