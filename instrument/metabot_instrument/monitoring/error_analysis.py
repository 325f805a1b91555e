"""How often actions fail and with what, and what they never failed with before."""

from __future__ import annotations

from typing import Any, Final

from metabot_instrument.monitoring.bounded import OTHER, Bounded, joined, name_of
from metabot_instrument.monitoring.monitor import Found
from metabot_instrument.monitoring.observation import Observation
from metabot_instrument.monitoring.sampling import Sampling
from metabot_instrument.monitoring.shares import wilson
from metabot_instrument.told_apart import own_or_other

_MOST: Final = 500  # actions
_TYPES: Final = 50  # of errors of one action
_NEW: Final = 100  # types that are remembered as new


class _Action:
    def __init__(self) -> None:
        self.count = 0
        self.types = Bounded[str](_TYPES)


class ErrorAnalysis:
    """Found are actions of which, from `least` of them on, surely more than `share` fail (by the lower end of Wilson's
    95 % interval), and types of errors that came up after `quiet` actions of the same name without them.
    """

    name = "error_analysis"

    def __init__(self, *, sample_rate: float = 1.0, share: float = 0.05, least: int = 20, quiet: int = 100) -> None:
        self._sampling = Sampling(sample_rate, self.name)
        self._share = share
        self._least = least
        self._quiet = quiet
        self.reset()

    def reset(self) -> None:
        self._actions: dict[tuple[str, str], _Action] = {}
        self._new: dict[tuple[str, str, str], int] = {}

    def take(self, seen: Observation) -> None:
        if not self._sampling.keeps():
            return
        key = own_or_other((name_of(seen.kind), name_of(seen.name)), self._actions, _MOST, (OTHER, OTHER))
        action = self._actions.setdefault(key, _Action())
        action.count += 1
        if seen.error is not None:
            self._failed(key, action, name_of(seen.error))

    def found(self) -> list[Found]:
        often = [one for key, action in self._actions.items() if (one := self._often(key, action))]
        return [*often, *(self._first(kind, name, error) for kind, name, error in self._new)]

    def figures(self) -> dict[str, Any]:
        """By action: counts, the share that failed with its interval, types of errors."""
        actions = {joined(*key): self._figures(action) for key, action in sorted(self._actions.items())}
        return {"sample_rate": self._sampling.rate, "actions": actions}

    def _failed(self, key: tuple[str, str], action: _Action, error: str) -> None:
        before, is_new = action.count - 1, error not in action.types
        counted = action.types.add(error)
        if is_new and counted and before >= self._quiet and len(self._new) < _NEW:
            self._new[*key, error] = before

    def _figures(self, action: _Action) -> dict[str, Any]:
        failed = action.types.total()
        types = {error: self._sampling.counted(number) for error, number in action.types.most_common(_TYPES)}
        others = action.types.other + action.types[OTHER]  # an error may be named so
        other = {OTHER: self._sampling.counted(others)} if others else {}
        return {
            **self._sampling.counted(action.count),
            "errors": self._sampling.counted(failed),
            "error_share": wilson(failed, action.count)._asdict(),
            "types": {**types, **other},
        }

    def _often(self, key: tuple[str, str], action: _Action) -> Found | None:
        failed = action.types.total()
        share = wilson(failed, action.count)
        if action.count < self._least or share.low <= self._share:
            return None
        about, most = joined(*key), action.types.most_common(1)
        said = f", most often {most[0][0]}" if most else ""
        return Found(
            "fails_often",
            about,
            f"{about}: {failed:,} of {action.count:,} failed ({share.share:.0%}, 95 % interval {share.low:.0%} to "
            f"{share.high:.0%}){said}{self._sampled()}",
            {"errors": failed, "count": action.count, **share._asdict()},
        )

    def _first(self, kind: str, name: str, error: str) -> Found:
        before, since = self._new[kind, name, error], self._actions[kind, name].types[error]
        about = joined(kind, name)
        return Found(
            "new_error",
            about,
            f"{about}: {error} came up after {before:,} without it, {since:,} of it since{self._sampled()}",
            {"error": error, "before": before, "since": since},
        )

    def _sampled(self) -> str:
        return "" if self._sampling.rate == 1.0 else f" (of a sample of {self._sampling.rate:.3g})"
