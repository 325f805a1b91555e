"""How long actions take and how many there are, and whether the slowest became slower than they were."""

from __future__ import annotations

import math
from typing import Any, Final

from metabot_instrument.monitoring.bounded import OTHER, joined, name_of
from metabot_instrument.monitoring.durations import RECENT, Durations
from metabot_instrument.monitoring.monitor import Found
from metabot_instrument.monitoring.observation import Observation
from metabot_instrument.monitoring.sampling import Sampling
from metabot_instrument.monitoring.shares import wilson
from metabot_instrument.told_apart import own_or_other

_MOST: Final = 500  # actions
_TAIL: Final = 0.95  # of the past: what lasts longer is slow
_TWICE: Final = 2 * (1 - _TAIL)
_SHARES: Final = {"p50_ms": 0.5, "p95_ms": 0.95, "p99_ms": 0.99}


class _Action:
    def __init__(self) -> None:
        self.durations = Durations()
        self.count = 0
        self.first = math.inf
        self.last = -math.inf


class Performance:
    """An action's tail is slow where more than twice as many of its last 200 durations as there should be are beyond
    the 95th percentile of those before, surely (by the lower end of Wilson's 95 % interval).
    """

    name = "performance"

    def __init__(self, *, sample_rate: float = 1.0, least_past: int = 200) -> None:
        self._sampling = Sampling(sample_rate, self.name)
        self._least_past = least_past
        self.reset()

    def reset(self) -> None:
        self._actions: dict[tuple[str, str], _Action] = {}

    def take(self, seen: Observation) -> None:
        if not self._sampling.keeps():
            return
        action = self._action((name_of(seen.kind), name_of(seen.name)))
        action.count += 1
        action.first, action.last = min(action.first, seen.started), max(action.last, seen.started)
        if seen.duration_ms is not None:
            action.durations.add(seen.duration_ms)

    def found(self) -> list[Found]:
        return [one for key, action in self._actions.items() if (one := self._slow(key, action.durations))]

    def figures(self) -> dict[str, Any]:
        """By action: counts, quantiles and calls a second, of which quantiles are told to 4.4 %."""
        actions = {joined(*key): self._figures(action) for key, action in sorted(self._actions.items())}
        return {"sample_rate": self._sampling.rate, "actions": actions}

    def _action(self, key: tuple[str, str]) -> _Action:
        return self._actions.setdefault(own_or_other(key, self._actions, _MOST, (OTHER, OTHER)), _Action())

    def _figures(self, action: _Action) -> dict[str, Any]:
        durations, lasted = action.durations, action.last - action.first
        quantiles = dict(zip(_SHARES, durations.quantiles(_SHARES.values()), strict=True)) if durations.count else {}
        mean = {"mean_ms": durations.total_ms / durations.count} if durations.count else {}
        rate = {"per_second": (action.count - 1) / self._sampling.rate / lasted} if lasted > 0 else {}
        longest = {"longest_ms": durations.longest_ms} if durations.count else {}
        return {**self._sampling.counted(action.count), **mean, **quantiles, **longest, **rate}

    def _slow(self, key: tuple[str, str], durations: Durations) -> Found | None:
        if durations.past < self._least_past:
            return None
        border = durations.past_border(_TAIL)
        beyond = sum(ms > border for ms in durations.recent)
        share = wilson(beyond, RECENT)
        if share.low <= _TWICE:
            return None
        about = joined(*key)
        return Found(
            "slow_tail",
            about,
            f"{about}: {beyond} of the last {RECENT} took longer than {border:,.1f} ms, as 5 % of the "
            f"{durations.past:,} before did ({share.share:.0%}, 95 % interval {share.low:.0%} to {share.high:.0%})",
            {"beyond": beyond, "recent": RECENT, "border_ms": border, "past": durations.past, **share._asdict()},
        )
