"""How far findings came: found, placed, written, applied, sound, better, opened; and what stopped the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, get_args

from metabot.stopped import Reason, Stage

Reached = Literal["found"] | Stage
STEPS: Final[tuple[Reached, ...]] = ("found", *get_args(Stage))


class End(NamedTuple):
    """Where one finding ended."""

    reached: Reached  # the last step that it came to
    reason: Reason | None  # of its stop at the next step; None: nothing stopped it, it was not taken further


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    step: Reached
    count: int  # findings that came to it
    stopped: tuple[tuple[Reason, int], ...]  # those that came to the step before and not to this one, most first
    left: int  # of those, the ones that nothing stopped


def stopped_at(stage: Stage, reason: Reason) -> End:
    """A stop names the step that was not reached."""
    return End(STEPS[STEPS.index(stage) - 1], reason)


def funnel(ends: Iterable[End]) -> tuple[Step, ...]:
    """One step after the other; each counts the findings that came at least so far."""
    last = Counter(ends)
    steps: list[Step] = []
    for number, step in enumerate(STEPS):
        before = STEPS[number - 1] if number else None
        lost = Counter({end.reason: count for end, count in last.items() if end.reached == before})
        steps.append(
            Step(
                step=step,
                count=sum(count for end, count in last.items() if STEPS.index(end.reached) >= number),
                stopped=tuple((reason, count) for reason, count in _most_first(lost) if reason is not None),
                left=lost[None],
            )
        )
    return tuple(steps)


def _most_first(lost: Counter[Reason | None]) -> list[tuple[Reason | None, int]]:
    return sorted(lost.items(), key=lambda one: (-one[1], one[0] or ""))
