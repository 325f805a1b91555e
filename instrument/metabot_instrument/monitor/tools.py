"""Calls of tools: how many, how many failed, how long they took."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from metabot_instrument.monitor.figures import Durations, iso
from metabot_instrument.monitor.matching import Call, Matching
from metabot_instrument.monitor.said import Moment, between
from metabot_instrument.told_apart import OTHER, own_or_other

_MOST: Final = 200  # tools that are told apart


class Finished(NamedTuple):
    tool: str
    ms: float | None  # None: not known
    failed: bool
    late: bool = False  # the failure of a call that was told as ended


class Tool:
    def __init__(self) -> None:
        self.calls = 0
        self.errors = 0
        self.durations = Durations()
        self.last: float | None = None

    def figures(self) -> dict[str, Any]:
        return {
            "calls": self.calls,
            "errors": self.errors,
            **self.durations.summary(),
            "last_call": iso(self.last),
        }


class Tools:
    def __init__(self, matching: Matching) -> None:
        self.matching = matching
        self._tools: dict[str, Tool] = {}

    def start(self, call: Call, at: Moment) -> None:
        self._tool(call.name)
        self.matching.start(call, at)

    def end(self, call: Call, at: Moment, *, failed: bool, measured: float | None) -> Finished | None:
        """None where nothing ended: an end that follows an error, or one that nothing began. What is `measured` holds.

        An error ends the call. One that nothing began is a call all the same, of unknown duration; one that follows its
        call's end makes that a failed call.
        """
        ending = self.matching.end(call, failed=failed, alone=measured is not None)
        match ending.kind:
            case "nothing":
                return None
            case "failed late":
                self._tool(call.name).errors += 1
                return Finished(self._known(call.name), None, True, late=True)
            case "new" if measured is None and not failed:
                return None
        if measured is None and ending.began is not None:
            measured = between(ending.began, at)
        return self._finished(call.name, measured, at, failed=failed)

    def figures(self, name: str) -> dict[str, Any] | None:
        tool = self._tools.get(name)
        return None if tool is None else tool.figures()

    def all_figures(self) -> dict[str, Any]:
        return {name: tool.figures() for name, tool in self._tools.items()}

    def _finished(self, name: str, ms: float | None, at: Moment, *, failed: bool) -> Finished:
        tool = self._tool(name)
        tool.calls += 1
        tool.errors += failed
        tool.last = at.wall
        if ms is not None:
            tool.durations.add(ms)
        return Finished(self._known(name), ms, failed)

    def _known(self, name: str) -> str:
        return own_or_other(name, self._tools, _MOST, OTHER)

    def _tool(self, name: str) -> Tool:
        known = self._known(name)
        found = self._tools.get(known)
        if found is None:
            found = self._tools[known] = Tool()
        return found
