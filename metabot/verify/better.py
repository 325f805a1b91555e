"""Whether the evaluation shows the change to be better: the conditions on its runs, one function each."""

from __future__ import annotations

from metabot.generate.proposal import Proposal
from metabot.verify.measured import Evaluated
from metabot.verify.unmet import Unmet, over_limit, quoted


def evaluated_unmet(evaluated: Evaluated) -> Unmet | None:
    """Of one revision's evaluation: it ended by itself, well, and shows the finding's subject."""
    run = evaluated.run
    if run.limit is not None:
        return over_limit(run, "better")
    if run.exit_code != 0:
        detail = f"The evaluation fails at {run.revision}. Make it end with exit code 0. {quoted(run)}"
        return Unmet("better", "not measured", detail)
    if evaluated.metric is None or evaluated.metric.n == 0:
        what = f"The evaluation's telemetry at {run.revision} has nothing about the finding's subject."
        todo = "Let it take the same path through the code and write its telemetry to {telemetry}."
        return Unmet("better", "not measured", f"{what} {todo}")
    return None


def evaluation_unmet(
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


def _scored(evaluated: Evaluated) -> str:
    score = "no score" if evaluated.score is None else f"score {evaluated.score:g}"
    return score if evaluated.cases is None else f"{score} over {evaluated.cases} cases"
