"""Monitors beside an application: it tells them what it did, and never waits for them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final

from metabot_instrument.boundary import contained
from metabot_instrument.events.subscriptions import subscribe
from metabot_instrument.monitoring.decisions import observations
from metabot_instrument.monitoring.lane import FAILED, Lane
from metabot_instrument.monitoring.monitor import Found, Monitor
from metabot_instrument.monitoring.observation import Observation, clean
from metabot_instrument.monitoring.registry import monitors_of
from metabot_instrument.monitoring.watched import Watched

_QUEUE: Final = 10_000  # observations that wait for one monitor
_PATIENCE: Final = 5.0  # seconds


def _unheard() -> None:
    """What `observe_decisions` gives where it failed: there is nothing to take back."""


class MonitoringLayer:
    """Each monitor has a queue of `queue` observations and a thread of its own: one that raises, hangs or is too slow
    costs only itself. What it could not take is counted, in `report()` and as `observation_dropped` in `failures()`.

    A forked child begins with nothing observed. The layer's memory does not grow with what it is told.
    """

    def __init__(self, monitors: Iterable[Monitor], *, queue: int = _QUEUE) -> None:
        """Raises ValueError where `queue` holds nothing."""
        if queue < 1:
            raise ValueError(f"MonitoringLayer: queue is {queue}. Say how many observations may wait, 1 or more.")
        self._lanes: dict[str, Lane] = {}
        for monitor in monitors:
            self._lanes[_unused(monitor.name, self._lanes)] = Lane(monitor, queue)
        self._each = tuple(self._lanes.values())

    @classmethod
    def configured(cls, tables: Sequence[Mapping[str, Any]], *, queue: int = _QUEUE) -> MonitoringLayer:
        """From tables as `{"type": "usage_patterns", "sample_rate": 0.1}`; a type is one of ours or a dotted path.

        Raises ValueError where there is no such monitor, or it does not know a key.
        """
        return cls(monitors_of(tables), queue=queue)

    @contained(FAILED, None)
    def observe(self, seen: Observation) -> None:
        """Hands it to the monitors without waiting for them; what has no kind, name or time is counted and left out."""
        known = clean(seen)
        for lane in self._each:
            lane.put(known)

    def watching(self, kind: str, name: str, *, session: str | None = None) -> Watched:
        """For `with`: what runs inside is observed with its duration and its error, which goes on."""
        return Watched(self.observe, kind, name, session)

    @contained(FAILED, _unheard)
    def observe_decisions(self) -> Callable[[], None]:
        """From now on each validator's decision is observed, as an action of the kind `validator`.

        Gives a function that ends it.
        """
        return subscribe("validator_decision", self._hear)

    @contained(FAILED, {})
    def analyze(self, timeout: float = _PATIENCE) -> dict[str, tuple[Found, ...]]:
        """What each monitor finds in everything that was observed before; one that does not answer in time finds
        nothing, and `report` says so.
        """
        found = self._ask(lambda monitor: tuple(monitor.found()), timeout)
        return {name: one or () for name, one in found.items()}

    @contained(FAILED, {})
    def report(self, timeout: float = _PATIENCE) -> dict[str, Any]:
        """What JSON can say: by monitor its figures, what it found, and what it has taken, lost and failed at."""
        told = self._ask(lambda monitor: (monitor.figures(), [one.as_dict() for one in monitor.found()]), timeout)
        return {name: self._reported(self._lanes[name], answer) for name, answer in told.items()}

    @contained(FAILED, "")
    def text(self, timeout: float = _PATIENCE) -> str:
        """The same for people: a line for each monitor, and what it found below it."""
        lines: list[str] = []
        for name, told in self.report(timeout).items():
            lost = "".join(f", {told[key]:,} {key}" for key in ("waiting", "dropped", "failed") if told[key])
            silent = "" if told["answered"] else "; it gave no answer"
            lines.append(f"{name}: {told['taken']:,} observed{lost}{silent}")
            lines += [f"  {one['says']}" for one in told["found"]]
        return "\n".join(lines)

    @contained(FAILED, False)
    def flush(self, timeout: float = _PATIENCE) -> bool:
        """Whether the monitors have taken everything that was observed before the call."""
        return all(done is not None for done in self._ask(lambda _: True, timeout).values())

    @contained(FAILED, False)
    def close(self, timeout: float = _PATIENCE) -> bool:
        """Flushes and ends the threads; what is observed afterwards is dropped, and reports go on."""
        until = time.monotonic() + timeout
        done = [lane.close(max(until - time.monotonic(), 0.0)) for lane in self._each]
        return all(done)

    def _hear(self, event: dict[str, Any]) -> None:
        for seen in observations(event):
            self.observe(seen)

    def _ask(self, question: Callable[[Monitor], Any], timeout: float) -> dict[str, Any]:
        """By monitor; None where it failed or gave no answer in the time that all of them have."""
        until = time.monotonic() + timeout
        answers: dict[str, Any] = {}
        for name, lane in self._lanes.items():
            answers[name] = None
            with suppress(TimeoutError):
                answers[name] = lane.ask(partial(question, lane.monitor), max(until - time.monotonic(), 0.01))
        return answers

    def _reported(self, lane: Lane, answer: tuple[dict[str, Any], list[dict[str, Any]]] | None) -> dict[str, Any]:
        figures, found = answer if answer is not None else ({}, [])
        return {
            "answered": answer is not None,
            "taken": lane.taken,
            "waiting": lane.waiting,
            "dropped": lane.dropped,
            "failed": lane.failed,
            "figures": figures,
            "found": found,
        }


def _unused(name: str, taken: Mapping[str, object]) -> str:
    """`performance`, `performance-2`, …"""
    number = 1
    while (numbered := name if number == 1 else f"{name}-{number}") in taken:
        number += 1
    return numbered
