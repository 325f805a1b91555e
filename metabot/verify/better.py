"""Whether the runs show the change to be better: the conditions on them, one function each. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from metabot.generate.proposal import Proposal
from metabot.verify.comparison import LEAST_PAIRS, Comparison, outcome
from metabot.verify.elsewhere import elsewhere_unmet
from metabot.verify.figures import Series, benchmark_series, metric_series
from metabot.verify.guarding import guardrails_unmet
from metabot.verify.hidden import hidden_unmet
from metabot.verify.measured import Benchmarked, CommandRun, Evaluated, Measured
from metabot.verify.unmet import Unmet, over_limit, quoted, wants_network

_ROUNDING: Final = 1e-9  # of a share: a gain of exactly what is asked for is enough
_NO_VARIABLE: Final = re.compile(r"KeyError: '([A-Z][A-Z0-9_]{2,})'")


def evaluation_unmet(proposal: Proposal, measured: Measured, threshold: float) -> Unmet | None:
    evaluations, benchmarks = measured.evaluations, measured.benchmarks
    if not (measured.base and measured.head) and (proposal.changes_prompt or not benchmarks):
        return _unmeasured(proposal)
    return (
        runs_unmet(evaluations, benchmarks)
        or _gain_unmet(evaluations, benchmarks, threshold)
        or elsewhere_unmet(measured)
        or _answers_unmet(proposal, measured)
        or hidden_unmet(proposal, measured)
        or guardrails_unmet(evaluations, benchmarks)
    )


def runs_unmet(evaluations: Sequence[Evaluated], benchmarks: Sequence[Benchmarked]) -> Unmet | None:
    """Each run ended by itself and well; the first that did not is told."""
    of_benchmarks = (_timed_unmet(run) for run in benchmarks)
    # The benchmark tells a finding about time; the evaluation beside it is there for the guardrails.
    needed = not benchmarks
    of_evaluations = (evaluated_unmet(run, needs_metric=needed) for run in evaluations)
    return next((unmet for unmet in (*of_evaluations, *of_benchmarks) if unmet), None)


def evaluated_unmet(evaluated: Evaluated, *, needs_metric: bool = True) -> Unmet | None:
    """Of one run of the evaluation: it ended by itself, well, and shows the finding's subject."""
    run = evaluated.run
    if unmet := _ended_unmet(run, "evaluation"):
        return unmet
    if needs_metric and (evaluated.metric is None or evaluated.metric.n == 0):
        what = (
            f"The evaluation's telemetry at {run.revision} has nothing about the finding's subject: {_held(evaluated)}."
        )
        todo = (
            "Let it take the same path through the code, with the same names of service and operation, and write its "
            "telemetry to {telemetry}."
        )
        return Unmet("better", "not measured", f"{what} {todo}")
    return None


def _held(evaluated: Evaluated) -> str:
    counts = evaluated.counts
    return "it wrote none" if counts is None else f"traces {counts.traces:,}, model calls {counts.model_calls:,}"


def _timed_unmet(benchmarked: Benchmarked) -> Unmet | None:
    if unmet := _ended_unmet(benchmarked.run, "benchmark"):
        return unmet
    if not benchmarked.timings:
        todo = 'Let it print {"seconds": 1.5}, or an object of names and seconds, as its last line.'
        return Unmet("better", "not measured", f"The benchmark at {benchmarked.run.revision} gives no times. {todo}")
    return None


def _ended_unmet(run: CommandRun, what: str) -> Unmet | None:
    if run.limit is not None:
        return over_limit(run, "better")
    if run.exit_code != 0:
        detail = f"The {what} fails at {run.revision}. {_why_it_fails(run)} {quoted(run)}"
        return Unmet("better", "not measured", detail)
    return None


def _why_it_fails(run: CommandRun) -> str:
    if variable := _NO_VARIABLE.search(run.output):
        return f"It asks for the variable {variable[1]}: set it in target.environment, to any value that will do."
    if wants_network(run):
        return "In the sandbox there is no network: let target.model_script answer at {model}, in target.environment."
    return "Make it end with exit code 0."


def _unmeasured(proposal: Proposal) -> Unmet:
    if proposal.changes_prompt:
        return _unchecked("the repository configures no evaluation")
    what = "Its gain is predicted, to be judged after the merge: no evaluation was run, so it stays in the report."
    todo = "Set target.evaluate to a command that runs one, and it is measured before the merge."
    return Unmet("better", "not measured", f"{what} {todo}")


def gain_series(evaluations: Sequence[Evaluated], benchmarks: Sequence[Benchmarked]) -> Series | None:
    """What the change should lower: a benchmark's seconds where one was run, else the finding's own metric."""
    return benchmark_series(benchmarks) if benchmarks else metric_series(evaluations)


def _gain_unmet(evaluations: Sequence[Evaluated], benchmarks: Sequence[Benchmarked], threshold: float) -> Unmet | None:
    series = gain_series(evaluations, benchmarks)
    if series is None:
        what = "the same cases" if benchmarks else "the same figure"
        return Unmet("better", "not measured", f"Base and change do not tell {what}. Let both runs do the same work.")
    if not all(value > 0 for value in series.base):
        detail = f"The fault does not show in every run of the base ({min(series.base):g}). Let them cover it."
        return Unmet("better", "not measured", detail)
    return _counted_unmet(series, threshold) if series.exact else _compared_unmet(series, threshold)


def _counted_unmet(series: Series, threshold: float) -> Unmet | None:
    before, after = series.base[0], series.head[0]
    share = (before - after) / before
    if after < before and share >= threshold - _ROUNDING:
        return None
    gain = f"{before:g} → {after:g} ({-share:+.1%}); at least {threshold:.0%} less is asked for."
    return Unmet("better", "below threshold", f"{gain} {_MEND}")


def _compared_unmet(series: Series, threshold: float) -> Unmet | None:
    found = series.compared()
    if found is None:
        what = f"The figure differs from run to run, and {series.pairs} pairs of runs are too few to compare it"
        todo = "Raise meta_layer.measurement_seconds or meta_layer.max_runs."
        return Unmet("better", "inconclusive", f"{what}; {LEAST_PAIRS} are the least. {todo}")
    match outcome(found, threshold=threshold):
        case "better":
            return None
        case "inconclusive":
            todo = "Raise meta_layer.max_runs, or measure on a quieter machine."
            return Unmet("better", "inconclusive", f"{told(found)} The noise hides what it is worth. {todo}")
        case "worse" | "too little":
            asked = f"At least {threshold:.0%} less is asked for."
            return Unmet("better", "below threshold", f"{told(found)} {asked} {_MEND}")


_MEND = "Improve the change, or lower meta_layer.improvement_threshold."


def told(found: Comparison) -> str:
    """The comparison in one sentence."""
    interval = f"95 % CI {found.low - 1:+.1%} to {found.high - 1:+.1%}"
    floor = f"the base against itself differs by up to {found.floor:.1%}"
    return f"{found.ratio - 1:+.1%} ({interval}, n = {found.pairs} pairs of runs; {floor})."


def _answers_unmet(proposal: Proposal, measured: Measured) -> Unmet | None:
    """Every run with the change answers at least as well as the worst run of the base."""
    worst = min(measured.base, key=_quality, default=None)
    least = min(measured.head, key=_quality, default=None)
    if worst is None or least is None:
        return None
    fell = worst.score is not None and (least.score is None or not least.score >= worst.score)
    fewer = worst.cases is not None and any(run.cases is None or run.cases < worst.cases for run in measured.head)
    if fell or fewer:
        scores = f"The evaluation fell: {_scored(worst)} → {_scored(least)}."
        return Unmet("better", "answer quality fell", f"{scores} Compare the answers of both and mend the change.")
    if proposal.changes_prompt and (worst.score is None or least.score is None):
        return _unchecked(f"the evaluation gave {_scored(worst)} at base, {_scored(least)} at head")
    return None


def _quality(evaluated: Evaluated) -> tuple[float, int]:
    """An unknown score is the worst of all, and so is one that is no number."""
    known = evaluated.score is not None and evaluated.score == evaluated.score
    return (evaluated.score if known and evaluated.score is not None else float("-inf"), evaluated.cases or 0)


def _unchecked(why: str) -> Unmet:
    what = f"The change alters what the model is told, and {why}."
    todo = 'Let target.evaluate print {"score": …, "cases": …} as its last line.'
    return Unmet("better", "answer quality not checked", f"{what} {todo}")


def _scored(evaluated: Evaluated) -> str:
    score = "no score" if evaluated.score is None else f"score {evaluated.score:g}"
    return score if evaluated.cases is None else f"{score} over {evaluated.cases} cases"
