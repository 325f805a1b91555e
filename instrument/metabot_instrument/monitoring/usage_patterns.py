"""What an agent is used for: actions, hours, sessions, what follows what, and sessions that are unlike the others."""

from __future__ import annotations

import statistics
from collections import Counter
from datetime import UTC, datetime
from typing import Any, Final

from metabot_instrument.monitoring.bounded import Bounded, joined, name_of
from metabot_instrument.monitoring.monitor import Found
from metabot_instrument.monitoring.observation import Observation
from metabot_instrument.monitoring.sampling import Sampling
from metabot_instrument.monitoring.sessions import Session, Sessions

_ACTIONS: Final = 1_000
_TRANSITIONS: Final = 5_000
_SHOWN: Final = 20
_MOST_FOUND: Final = 10
_TO_DEVIATION: Final = 1.4826  # of a normal distribution, from the median absolute deviation
_FIELDS: Final = ("actions", "errors", "tokens", "seconds")


class UsagePatterns:
    """A session is in the sample as a whole or not at all, whatever process looks. Unusual is one with more actions,
    errors, tokens or seconds than `far` robust deviations above the median of at least `peers` sessions, and than
    three times that median.
    """

    name = "usage_patterns"

    def __init__(self, *, sample_rate: float = 1.0, far: float = 8.0, peers: int = 20) -> None:
        self._sampling = Sampling(sample_rate, self.name)
        self._far = far
        self._peers = peers
        self.reset()

    def reset(self) -> None:
        self._actions = Bounded[str](_ACTIONS)
        self._transitions = Bounded[tuple[str, str]](_TRANSITIONS)
        self._hours: Counter[int] = Counter()
        self._sessions = Sessions()

    def take(self, seen: Observation) -> None:
        session = name_of(seen.session) if seen.session else None
        if not self._sampling.keeps_all_of(session):
            return
        action = joined(name_of(seen.kind), name_of(seen.name))
        self._hours[datetime.fromtimestamp(seen.started, UTC).hour] += 1
        self._actions.add(action)
        if session is not None and (before := self._sessions.add(session, action, seen)):
            self._transitions.add((before, action))

    def found(self) -> list[Found]:
        sessions = list(self._sessions)
        if len(sessions) < self._peers:
            return []
        return [one for field in _FIELDS for one in self._unusual(sessions, field)][:_MOST_FOUND]

    def figures(self) -> dict[str, Any]:
        """Counts by action, by hour of the day (UTC) and by what follows what; lengths of sessions."""
        counted, sessions = self._sampling.counted, list(self._sessions)
        return {
            "sample_rate": self._sampling.rate,
            "observations": counted(self._actions.total()),
            "actions": {action: counted(number) for action, number in self._actions.most_common(_SHOWN)},
            "hours": {str(hour): counted(number) for hour, number in sorted(self._hours.items())},
            "transitions": [
                {"from": before, "to": after, **counted(number)}
                for (before, after), number in self._transitions.most_common(_SHOWN)
            ],
            "sessions": {
                **counted(self._sessions.count),
                **{field: _spread([getattr(one, field) for one in sessions]) for field in _FIELDS if sessions},
            },
        }

    def _unusual(self, sessions: list[Session], field: str) -> list[Found]:
        values = [float(getattr(one, field)) for one in sessions]
        median = statistics.median(values)
        deviation = _TO_DEVIATION * statistics.median(abs(value - median) for value in values)
        border = max(median + self._far * max(deviation, 1.0), 3 * median)
        far = sorted((one for one in sessions if getattr(one, field) > border), key=lambda one: -getattr(one, field))
        return [
            Found(
                "unusual_session",
                one.name,
                f"session {one.name}: {getattr(one, field):,.0f} {field}, where the median of {len(values):,} sessions "
                f"is {median:,.0f}",
                {"field": field, "value": getattr(one, field), "median": median, "sessions": len(values)},
            )
            for one in far
        ]


def _spread(values: list[float]) -> dict[str, float]:
    return {"median": statistics.median(values), "largest": max(values)}
