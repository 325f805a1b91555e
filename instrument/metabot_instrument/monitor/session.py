"""What was measured since the session or the persona began. The caller holds the lock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from metabot_instrument.monitor import said
from metabot_instrument.monitor.figures import iso
from metabot_instrument.monitor.matching import Call, Matching, runner
from metabot_instrument.monitor.requests import Requests
from metabot_instrument.monitor.said import Moment
from metabot_instrument.monitor.states import States
from metabot_instrument.monitor.tools import Finished, Tools
from metabot_instrument.signals.bus import Signal

_UNNAMED: Final = "unnamed"
_ARTIFACTS: Final = {
    "artifact:created": "created",
    "artifact:updated": "modified",
    "artifact:modified": "modified",
    "artifact:deleted": "deleted",
}
_CYCLES: Final = {
    "agent:cycle:start": "start",
    "agent:cycle:end": "end",
    "cycle:start": "start",
    "cycle:end": "end",
}


class Session:
    def __init__(
        self, began: Moment, *, session_id: str | None, persona_id: str | None, before: Session | None = None
    ) -> None:
        """What was under way in the session `before` goes on in this one."""
        self.began = began
        self.session_id = session_id
        self.persona_id = persona_id
        self.last: float | None = before.last_activity if before else None
        self.states: States = before.states.begin_anew(began) if before else States()
        calls = before.tools.matching if before else Matching()
        requests = before.requests.matching if before else Matching()
        for matching in (calls, requests):
            matching.begin_anew()
        self.tools: Tools = Tools(calls)
        self.requests: Requests = Requests(requests)
        self._cycles: Counter[str] = Counter()
        self._artifacts: Counter[str] = Counter()

    def hear(self, signal: Signal) -> Finished | None:
        """Counts one of `HEARD`; gives the call of a tool that it ended."""
        at = said.moment(signal)
        self.last = at.wall
        if signal.name in _ARTIFACTS:
            self._artifacts[_ARTIFACTS[signal.name]] += 1
        elif signal.name in _CYCLES:
            self._cycles[_CYCLES[signal.name]] += 1
        else:
            return _HEARD[signal.name](self, signal, at)
        return None

    @property
    def last_activity(self) -> float | None:
        return max((at for at in (self.last, self.requests.last) if at is not None), default=None)

    def forget(self, now: float) -> None:
        """What began over an hour ago on the monotonic clock is not under way any more."""
        self.tools.matching.forget(now)
        self.requests.matching.forget(now)

    def figures(self, now: Moment) -> dict[str, Any]:
        self.forget(now.monotonic)
        return {
            "session_id": self.session_id,
            "persona_id": self.persona_id,
            "started_at": iso(self.began.wall),
            "uptime_seconds": round(now.monotonic - self.began.monotonic, 3),
            "tools": self.tools.all_figures(),
            "states": self.states.figures(now.monotonic),
            "state_changes": self.states.changes(),
            "llm": self.requests.figures(),
            "session": {
                "cycles": max(self._cycles["start"], self._cycles["end"]),
                "artifacts": {kind: self._artifacts[kind] for kind in ("created", "modified", "deleted")},
            },
            "unmatched": {
                "starts": self.tools.matching.starts + self.requests.matching.starts,
                "ends": self.tools.matching.ends + self.requests.matching.ends + self.states.ends,
            },
        }

    def _tool_start(self, signal: Signal, at: Moment) -> None:
        self.tools.start(_tool(signal), at)

    def _tool_end(self, signal: Signal, at: Moment) -> Finished | None:
        failed = signal.name == "tool:error"
        return self.tools.end(_tool(signal), at, failed=failed, measured=said.duration(signal.data))

    def _state_change(self, signal: Signal, at: Moment) -> None:
        state = said.name(signal.data, said.NEW_STATE) or _UNNAMED
        self.states.change(_agent(signal), state, said.name(signal.data, said.OLD_STATE), at)

    def _state_exit(self, signal: Signal, at: Moment) -> None:
        self.states.exit(_agent(signal), said.name(signal.data, said.STATE), at)

    def _request_start(self, signal: Signal, at: Moment) -> None:
        self.requests.start(_request(signal), said.name(signal.data, said.MODEL), at, key=signal)

    def _request_end(self, signal: Signal, at: Moment) -> None:
        self.requests.end(
            _request(signal),
            at,
            failed=signal.name == "api:request:error",
            model=said.name(signal.data, said.MODEL),
            tokens=said.tokens(signal.data),
        )


def _tool(signal: Signal) -> Call:
    return Call(said.name(signal.data, said.TOOL) or _UNNAMED, said.name(signal.data, said.TOOL_CALL), runner())


def _request(signal: Signal) -> Call:
    return Call("", said.name(signal.data, said.REQUEST), runner())


def _agent(signal: Signal) -> str:
    return said.name(signal.data, said.AGENT) or ""


_HEARD: Final[dict[str, Callable[[Session, Signal, Moment], Finished | None]]] = {
    "tool:start": Session._tool_start,
    "tool:end": Session._tool_end,
    "tool:error": Session._tool_end,
    "agent:state:change": Session._state_change,
    "agent:state:exit": Session._state_exit,
    "api:request:start": Session._request_start,
    "api:request:end": Session._request_end,
    "api:request:error": Session._request_end,
}
HEARD: Final = (*_HEARD, *_ARTIFACTS, *_CYCLES)
