"""From what was measured to a verdict. Pure: the same figures always give the same verdict.

The conditions, in this order: the repository's tests pass at the base, and with the change; the new test fails at the
base and passes with the change; the evaluation ran and shows the finding's own metric; the metric falls by the
threshold; the answers were checked where the model is told something else; the answers are as good as before. A
command that a limit ended stops where it stands in that order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from metabot.generate.proposal import Proposal
from metabot.stopped import Reason, Stage, Stopped
from metabot.verify.measured import CommandRun, Evaluated, Measured

_SHOWN = 1_000  # characters of a command's output that a stop quotes


class Unmet(NamedTuple):
    """A condition that does not hold."""

    stage: Stage
    reason: Reason
    detail: str


def verdict(proposal: Proposal, measured: Measured, *, threshold: float) -> Literal["better"] | Stopped:
    """`better`, or a stop for the first condition that does not hold.

    `threshold` is a share of the value observed at the base: 0.2 asks for at least a fifth less.
    """
    unmet = (
        base_tests_unmet(measured.base_tests)
        or head_tests_unmet(measured.head_tests)
        or new_test_on_base_unmet(measured.new_test_on_base)
        or new_test_on_head_unmet(measured.new_test_on_head)
        or _evaluation_unmet(proposal, measured.base, measured.head, threshold)
    )
    return "better" if unmet is None else stopped(proposal, unmet)


def stopped(proposal: Proposal, unmet: Unmet) -> Stopped:
    fingerprint = proposal.placed.finding.fingerprint
    return Stopped(finding=fingerprint, stage=unmet.stage, reason=unmet.reason, detail=unmet.detail)


def base_tests_unmet(run: CommandRun) -> Unmet | None:
    return _red(run, "base is red", "The repository's tests fail before any change. Mend them first.")


def head_tests_unmet(run: CommandRun) -> Unmet | None:
    return _red(run, "head is red", "The repository's tests fail with the change. Mend the change.")


def new_test_on_base_unmet(run: CommandRun) -> Unmet | None:
    if run.limit is not None:
        return _over_limit(run, "sound")
    if run.exit_code == 0:
        detail = "The new test passes without the change, so it proves nothing. Write one that fails there."
        return Unmet("sound", "new test passes on base", detail)
    return None


def new_test_on_head_unmet(runs: Sequence[CommandRun]) -> Unmet | None:
    if not runs:
        return Unmet("sound", "new test fails on head", "The new test was never run with the change. Verify again.")
    what = "The new test fails with the change. Mend the change or the test."
    return next((unmet for run in runs if (unmet := _red(run, "new test fails on head", what))), None)


def evaluated_unmet(evaluated: Evaluated) -> Unmet | None:
    """Of one revision's evaluation: it ended by itself, well, and shows the finding's subject."""
    run = evaluated.run
    if run.limit is not None:
        return _over_limit(run, "better")
    if run.exit_code != 0:
        detail = f"The evaluation fails at {run.revision}. Make it end with exit code 0. {_quoted(run)}"
        return Unmet("better", "not measured", detail)
    if evaluated.metric is None or evaluated.metric.n == 0:
        what = f"The evaluation's telemetry at {run.revision} has nothing about the finding's subject."
        todo = "Let it take the same path through the code and write its telemetry to {telemetry}."
        return Unmet("better", "not measured", f"{what} {todo}")
    return None


def _evaluation_unmet(
    proposal: Proposal, base: Evaluated | None, head: Evaluated | None, threshold: float
) -> Unmet | None:
    if base is None or head is None:
        if proposal.changes_prompt:
            return _unchecked("the repository configures no evaluation")
        return Unmet("better", "not measured", "No evaluation was run. Set target.evaluate to a command that runs one.")
    return (
        evaluated_unmet(base)
        or evaluated_unmet(head)
        or _gain_unmet(base, head, threshold)
        or _answers_unmet(proposal, base, head)
    )


def _gain_unmet(base: Evaluated, head: Evaluated, threshold: float) -> Unmet | None:
    if base.metric is None or head.metric is None:
        raise ValueError("evaluated_unmet comes first")
    before, after, unit = base.metric.value, head.metric.value, base.metric.unit
    if head.metric.unit != unit or not before > 0:
        detail = f"The fault does not show in the base's evaluation ({before:g} {unit}). Let the evaluation cover it."
        return Unmet("better", "not measured", detail)
    share = (before - after) / before
    if after < before and share >= threshold:
        return None
    gain = f"{before:g} → {after:g} {unit} ({-share:+.1%}); at least {threshold:.0%} less is asked for."
    todo = "Improve the change, or lower meta_layer.improvement_threshold."
    return Unmet("better", "below threshold", f"{gain} {todo}")


def _answers_unmet(proposal: Proposal, base: Evaluated, head: Evaluated) -> Unmet | None:
    fell = base.score is not None and (head.score is None or not head.score >= base.score)
    fewer = base.cases is not None and (head.cases is None or head.cases < base.cases)
    if fell or fewer:
        scores = f"The evaluation fell: {_scored(base)} → {_scored(head)}."
        return Unmet("better", "answer quality fell", f"{scores} Compare the answers of both and mend the change.")
    if proposal.changes_prompt and (base.score is None or head.score is None):
        return _unchecked(f"the evaluation gave {_scored(base)} at base, {_scored(head)} at head")
    return None


def _unchecked(why: str) -> Unmet:
    what = f"The change alters what the model is told, and {why}."
    todo = 'Let target.evaluate print {"score": …, "cases": …} as its last line.'
    return Unmet("better", "answer quality not checked", f"{what} {todo}")


def _red(run: CommandRun, reason: Reason, what: str) -> Unmet | None:
    if run.limit is not None:
        return _over_limit(run, "sound")
    return Unmet("sound", reason, f"{what} {_quoted(run)}") if run.exit_code != 0 else None


def _over_limit(run: CommandRun, stage: Stage) -> Unmet:
    if run.limit == "memory":
        return Unmet(stage, "out of memory", f"{_named(run)} used too much. Raise sandbox.memory_mb. {_quoted(run)}")
    detail = f"{_named(run)} was ended after {run.seconds:.0f} s. Raise sandbox.seconds. {_quoted(run)}"
    return Unmet(stage, "out of time", detail)


def _scored(evaluated: Evaluated) -> str:
    score = "no score" if evaluated.score is None else f"score {evaluated.score:g}"
    return score if evaluated.cases is None else f"{score} over {evaluated.cases} cases"


def _named(run: CommandRun) -> str:
    return f"`{' '.join(run.command)}` at {run.revision}"


def _quoted(run: CommandRun) -> str:
    tail = run.output.strip()[-_SHOWN:]
    return f"{_named(run)} exited with {run.exit_code}" + (f":\n{tail}" if tail else " and printed nothing.")
