"""What the finding's own figure takes for a gain: failures that became wrong answers, text that was left out. Pure.

The answers come from a script or a recording, so a score says little about what the model would make of less. A finding
about failures is mended where what failed is answered; one about the prompt's order where the same text is told in
another order. Not looked at: scores above 1, whose scale nobody states, and findings about anything else.
"""

from __future__ import annotations

from statistics import median
from typing import Final, NamedTuple

from metabot.generate.proposal import Proposal
from metabot.verify.measured import Evaluated, Measured
from metabot.verify.unmet import Unmet

_OF_ORDER: Final = ("prompt-cache-miss", "late-instructions")
_RIGHT: Final = 0.5
_LEFT_OUT: Final = 0.05  # of a prompt's tokens: words that join what is moved


class _Known(NamedTuple):
    score: float | None
    cases: int | None
    traces: int
    failed: int
    input_tokens: int | None


def hidden_unmet(proposal: Proposal, measured: Measured) -> Unmet | None:
    base = [known for run in measured.base if (known := _known(run))]
    head = [known for run in measured.head if (known := _known(run))]
    if not base or not head:
        return None
    candidate = proposal.placed.finding.candidate
    if candidate.evidence.observed.unit == "share of traces ended":
        return _failures_unmet(base, head)
    return _shorter_unmet(base, head) if candidate.analyzer in _OF_ORDER else None


def _failures_unmet(base: list[_Known], head: list[_Known]) -> Unmet | None:
    """A score with room above it rises where more cases are answered, by half of what right answers would make it."""
    before = min(base, key=lambda run: run.failed)
    after = max(head, key=lambda run: run.failed)
    if before.score is None or after.score is None or not 0 <= before.score < 1 or before.cases != after.cases:
        return None
    cured = before.failed - after.failed
    if cured <= 0 or after.score > before.score + _RIGHT * _expected(before, cured):
        return None
    what = f"{cured:,} fewer traces end with an error, and the score goes from {before.score:g} to {after.score:g}:"
    todo = "either wrong answers stand in the failures' place, or the evaluation does not score what fails. Let it."
    return Unmet("better", "answer quality not checked", f"{what} {todo}")


def _expected(before: _Known, cured: int) -> float:
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
    counts = run.counts
    return _Known(run.score, run.cases, counts.traces, counts.error_traces, counts.input_tokens)
