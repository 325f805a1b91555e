"""States of agents: how often each was entered, how long it lasted, and which followed which."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final, NamedTuple

from metabot_instrument.monitor.figures import Durations, iso, rounded
from metabot_instrument.monitor.said import Moment, between
from metabot_instrument.told_apart import OTHER, own_or_other

_STATES: Final = 200  # that are told apart
_CHANGES: Final = 1000  # pairs of states
_AGENTS: Final = 1000  # that are told apart


class Current(NamedTuple):
    state: str
    since: Moment


class Left(NamedTuple):
    state: str
    told: bool  # by an exit; else a change told it, and the exit may yet follow


class State:
    def __init__(self) -> None:
        self.entries = 0
        self.last: float | None = None
        self.dwells = Durations()


class States:
    """Each agent is in one state at a time: entering one leaves the one before."""

    def __init__(self) -> None:
        self.ends = 0  # exits of a state that nobody was in
        self._states: dict[str, State] = {}
        self._current: dict[str, Current] = {}  # by agent
        self._left: dict[str, Left] = {}  # by agent, the last one
        self._changes: Counter[tuple[str, str]] = Counter()
        self._agents: set[str] = set()

    def change(self, agent: str, state: str, before: str | None, at: Moment) -> None:
        agent, state = self._known_agent(agent), self._known(state)
        self._agents.add(agent)
        if agent in self._current:
            self._leave(agent, at, told=False)
        if agent in self._left:
            before = self._left[agent].state
        if before is not None:
            pair = (self._known(before), state)
            self._changes[own_or_other(pair, self._changes, _CHANGES, (OTHER, OTHER))] += 1
        entered = self._states.setdefault(state, State())
        entered.entries += 1
        entered.last = at.wall
        self._current[agent] = Current(state, at)

    def exit(self, agent: str, state: str | None, at: Moment) -> None:
        agent, state = self._known_agent(agent), None if state is None else self._known(state)
        current, left = self._current.get(agent), self._left.get(agent)
        if current is not None and state in (None, current.state):
            self._leave(agent, at, told=True)
        elif left is not None and not left.told and state == left.state:
            self._left[agent] = Left(left.state, True)
        else:
            self.ends += 1

    def begin_anew(self, now: Moment) -> States:
        """Nothing but the states that agents are in, as if entered now."""
        fresh = States()
        for agent, current in self._current.items():
            fresh.change(agent, current.state, None, now)
        return fresh

    def figures(self, now: float) -> dict[str, Any]:
        """At `now` of the monotonic clock: a state that lasts counts as long as it has lasted."""
        found = {name: self._of(state, []) for name, state in self._states.items()}
        lasting: dict[str, list[float]] = {}
        for current in self._current.values():
            lasting.setdefault(current.state, []).append(max(0.0, (now - current.since.monotonic) * 1000))
        return found | {name: self._of(self._states[name], dwells) for name, dwells in lasting.items()}

    def changes(self) -> list[dict[str, Any]]:
        return [{"from": before, "to": after, "count": count} for (before, after), count in self._changes.items()]

    @staticmethod
    def _of(state: State, lasting: list[float]) -> dict[str, Any]:
        total = state.dwells.total + sum(lasting)
        longest = max([*lasting, state.dwells.greatest or 0.0])
        return {
            "entries": state.entries,
            "total_ms": rounded(total),
            "mean_ms": rounded(total / state.entries),
            "max_ms": rounded(longest),
            "last_entry": iso(state.last),
        }

    def _leave(self, agent: str, at: Moment, *, told: bool) -> None:
        current = self._current.pop(agent)
        self._states[current.state].dwells.add(between(current.since, at))
        self._left[agent] = Left(current.state, told)

    def _known(self, state: str) -> str:
        return own_or_other(state, self._states, _STATES, OTHER)

    def _known_agent(self, agent: str) -> str:
        return own_or_other(agent, self._agents, _AGENTS, OTHER)
