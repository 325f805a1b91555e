"""Whether the telemetry tells as much with the change as at the base. Pure.

A figure also falls where less is written down: prompts of some calls, results of tools, the operation under another
name. What was captured of each call at the base must be captured with the change, by half at least; and where the
figure is counted over less than half as many calls, calls must have gone. A change that makes fewer calls tells as
much of each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from analyzers.finding import Unit
from metabot.verify.measured import Counts, Evaluated
from metabot.verify.medians import counted, median_of
from metabot.verify.unmet import Unmet

_LEAST: Final = 0.5
_OF_OTHERS: Final[frozenset[Unit]] = frozenset({  # sessions, actions, runs; calls that offer tools, which may go
    "share of actions", "ms per entry", "MB per hour", "tokens per session", "calls per session",
    "input tokens per call",
})  # fmt: skip
_MEND: Final = "Mend the change: what it does must be told as before."


class _Captured(NamedTuple):
    """What may be captured of a call, and of which calls."""

    what: str
    told: Callable[[Counts], int | None]
    of: Callable[[Counts], int | None]


def untold(evaluations: Sequence[Evaluated]) -> Unmet | None:
    base = [run for run in evaluations if run.run.revision == "base"]
    head = [run for run in evaluations if run.run.revision == "head"]
    return next((unmet for one in _CAPTURED if (unmet := _dropped(one, base, head))), None) or _left_out(base, head)


def _dropped(one: _Captured, base: Sequence[Evaluated], head: Sequence[Evaluated]) -> Unmet | None:
    """Both the share and the number: calls that are added and tell nothing take nothing away."""
    before, after = counted(base, one.told), counted(head, one.told)
    all_before, all_after = counted(base, one.of), counted(head, one.of)
    if before is None or after is None or not all_before or not all_after:
        return None
    if after >= _LEAST * before or after / all_after >= _LEAST * before / all_before:
        return None
    told = f"captured of {before:,.0f} of {all_before:,.0f} calls, with the change of {after:,.0f} of {all_after:,.0f}."
    return Unmet("better", "guardrail worsened", f"{one.what}: {told} {_MEND}")


def _left_out(base: Sequence[Evaluated], head: Sequence[Evaluated]) -> Unmet | None:
    """The figure's own n falls by more than half, and no calls go: the rest has another name, or is not told whole."""
    before, after = _examined(base), _examined(head)
    if before is None or after is None or after >= _LEAST * before:
        return None
    gone = [_fall(base, head, tell) for tell in (_model_calls, _waited_for)]
    known = [fall for fall in gone if fall is not None]
    if len(known) < len(gone) or max(known) >= _LEAST * (before - after):
        return None
    told = f"is counted over {before:,.0f}, with the change over {after:,.0f}, and as many calls are made."
    return Unmet("better", "guardrail worsened", f"What the finding's figure {told} {_MEND}")


def _examined(runs: Sequence[Evaluated]) -> float | None:
    """None where it is not counted over calls or traces that stay."""
    return median_of(runs, lambda run: None if run.metric is None or run.metric.unit in _OF_OTHERS else run.metric.n)


def _fall(base: Sequence[Evaluated], head: Sequence[Evaluated], tell: Callable[[Counts], int | None]) -> float | None:
    before, after = counted(base, tell), counted(head, tell)
    return None if before is None or after is None else before - after


def _model_calls(counts: Counts) -> int:
    return counts.model_calls


def _waited_for(counts: Counts) -> int | None:
    return counts.waited_for


def _others(counts: Counts) -> int | None:
    return None if counts.waited_for is None else max(0, counts.waited_for - counts.model_calls)


_CAPTURED: Final = (
    _Captured("Prompts", lambda counts: counts.prompts, _model_calls),
    _Captured("Finish reasons", lambda counts: counts.finish_reasons, _model_calls),
    _Captured("Arguments of calls to tools", lambda counts: counts.inputs, _others),
    _Captured("Results of calls to tools", lambda counts: counts.outputs, _others),
)
