"""What the finding's own figure takes for a gain: renamed failures, wrong answers in their place, text left out.

The answers come from a script or a recording, so a score says little about what the model would make of less. A finding
about failures is mended where what failed is answered; one about the prompt's order where the same text is told in
another order. Not looked at: scores above 100, whose scale nobody states, and findings about anything else. Pure.
"""

from __future__ import annotations

from statistics import median
from typing import Final, NamedTuple

from metabot.generate.proposal import Proposal
from metabot.verify.measured import Evaluated, Measured
from metabot.verify.unmet import Unmet

_OF_FAILURES: Final = "share of traces ended"
_OF_ORDER: Final = ("prompt-cache-miss", "late-instructions")
_RIGHT: Final = 0.5
_GONE: Final = 0.5  # of the traces that the finding's error ended no more: so many must not fail any more, either
_FULL_MARKS: Final = (1.0, 5.0, 10.0, 100.0)  # the ends of usual scales; the number of cases is another
_HIGHEST: Final = 100.0
_LEFT_OUT: Final = 0.05  # of a prompt's tokens: words that join what is moved


class _Known(NamedTuple):
    score: float | None
    cases: int | None
    traces: int
    failed: int
    input_tokens: int | None
    ended: float | None  # traces, by the finding's own figure


def hidden_unmet(proposal: Proposal, measured: Measured) -> Unmet | None:
    base = [known for run in measured.base if (known := _known(run))]
    head = [known for run in measured.head if (known := _known(run))]
    if not base or not head:
        return None
    candidate = proposal.placed.finding.candidate
    if candidate.evidence.observed.unit == _OF_FAILURES:
        return _renamed_unmet(base, head) or _failures_unmet(base, head, by_model=proposal.author == "model")
    return _shorter_unmet(base, head) if candidate.analyzer in _OF_ORDER else None


def _renamed_unmet(base: list[_Known], head: list[_Known]) -> Unmet | None:
    """Where the error ends fewer traces, fewer traces fail, whatever the error is called now, or more is right.

    An error may end a trace whose root does not tell of it: as many as the base has of these are not asked for.
    """
    before, after = _ended(base), _ended(head)
    if before is None or after is None:
        return None
    failed = median(run.failed for run in base)
    fell, seen = before - after, failed - median(run.failed for run in head)
    told_by_roots = fell - max(0.0, before - failed)
    if told_by_roots <= 0 or seen >= _GONE * told_by_roots or _more_is_right(base, head, fell):
        return None
    what = f"The finding's error ends {fell:,.0f} traces fewer, and {max(seen, 0.0):,.0f} fewer fail:"
    todo = "the fault stands under another name, or another takes its place. Mend what fails."
    return Unmet("better", "below threshold", f"{what} {todo}")


def _ended(runs: list[_Known]) -> float | None:
    known = [run.ended for run in runs if run.ended is not None]
    return median(known) if len(known) == len(runs) else None


def _more_is_right(base: list[_Known], head: list[_Known], cured: float) -> bool:
    before, after = max(base, key=_scored), min(head, key=_scored)
    if before.score is None or after.score is None or before.cases != after.cases:
        return False
    return after.score > before.score + _RIGHT * _expected(before, cured)


def _scored(run: _Known) -> float:
    return float("-inf") if run.score is None else run.score


def _failures_unmet(base: list[_Known], head: list[_Known], *, by_model: bool) -> Unmet | None:
    """A score with room above it rises where more cases are answered, by half of what right answers would make it.

    Without a score, a recipe is known to answer what failed; what a model writes is not.
    """
    before = min(base, key=lambda run: run.failed)
    after = max(head, key=lambda run: run.failed)
    cured = before.failed - after.failed
    if cured <= 0:
        return None
    if before.score is None and by_model:
        return _uncured(f"{cured:,} fewer traces end with an error, and the evaluation gives no score:", _LET_IT_SCORE)
    if before.score is None or after.score is None or not _has_room(before) or before.cases != after.cases:
        return None
    if after.score > before.score + _RIGHT * _expected(before, cured):
        return None
    what = f"{cured:,} fewer traces end with an error, and the score goes from {before.score:g} to {after.score:g}:"
    todo = "either wrong answers stand in the failures' place, or the evaluation does not score what fails. Let it."
    return _uncured(what, todo)


_LET_IT_SCORE: Final = (
    "wrong answers may stand in the failures' place. "
    'Let target.evaluate print {"score": …, "cases": …} as its last line.'
)


def _uncured(what: str, todo: str) -> Unmet:
    return Unmet("better", "answer quality not checked", f"{what} {todo}")


def _has_room(run: _Known) -> bool:
    """Whether the score can rise: of 1, in percent, or by the number of cases."""
    if run.score is None or run.score in (*_FULL_MARKS, run.cases):
        return False
    return 0 <= run.score < _HIGHEST


def _expected(before: _Known, cured: float) -> float:
    """By how much the score rises if what failed is as often right as the rest; 0 where cases are no traces."""
    answered = before.traces - before.failed
    return before.score * cured / answered if before.score and answered and before.cases == before.traces else 0.0


def _shorter_unmet(base: list[_Known], head: list[_Known]) -> Unmet | None:
    before, after = _told(base), _told(head)
    if before is None or after is None or after >= before * (1 - _LEFT_OUT):
        return None
    what = (
        f"The model is told less, not the same in another order: {before:,.0f} → {after:,.0f} input tokens per trace."
    )
    todo = "Whether its answers are as good without the rest, a replay cannot tell. Keep the text."
    return Unmet("better", "answer quality not checked", f"{what} {todo}")


def _told(runs: list[_Known]) -> float | None:
    known = [run.input_tokens / run.traces for run in runs if run.input_tokens is not None and run.traces]
    return median(known) if len(known) == len(runs) else None


def _known(run: Evaluated) -> _Known | None:
    if run.counts is None:
        return None
    counts, metric = run.counts, run.metric
    ended = metric.value * metric.n if metric is not None and metric.unit == _OF_FAILURES else None
    return _Known(run.score, run.cases, counts.traces, counts.error_traces, counts.input_tokens, ended)
