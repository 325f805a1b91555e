"""The evaluation and the benchmark at one base revision: the base's first runs once for every proposal.

The base runs against itself first: twice shows whether a count comes out the same, and four times what a time differs
by from run to run. Then the change runs, and where times are compared base and change go on in turn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, NamedTuple

from metabot.config import Settings
from metabot.generate.proposal import Proposal
from metabot.verify.benchmark import benchmarked
from metabot.verify.better import evaluated_unmet, runs_unmet
from metabot.verify.commands import words
from metabot.verify.enough import benchmarks_wanted, evaluations_wanted
from metabot.verify.evaluation import Evaluation, evaluate, unmeasurable
from metabot.verify.figures import TIMED, is_timed
from metabot.verify.interleaved import Budget, Which, interleaved
from metabot.verify.measured import Benchmarked, Evaluated
from metabot.verify.measurement import Pace, evaluated
from metabot.verify.runner import BASE, Revision, Runner
from metabot.verify.shown import Shown
from metabot.verify.unmet import Unmet

_COUNTED_AGAIN: Final = 2
_TIMED_AGAIN: Final = 4
QUICK_SECONDS: Final = 30.0  # a run that takes longer is not made before it is known to be needed


class Figures(NamedTuple):
    evaluations: tuple[Evaluated, ...]
    benchmarks: tuple[Benchmarked, ...]


@dataclass(frozen=True, kw_only=True)
class Evaluations:
    """Not to be shared between base revisions."""

    settings: Settings
    runner: Runner
    progress: Callable[[str], None]
    _base_evaluations: list[Evaluation] = field(default_factory=list)
    _base_benchmarks: list[Benchmarked] = field(default_factory=list)
    _head_ahead: list[Evaluation] = field(default_factory=list)  # one at most, of the proposal that is next

    def ahead(self, proposal: Proposal, head: Revision, beside: Callable[[], None]) -> None:
        """The runs that a counted figure takes in any case, before `of` asks for them: tests may go on beside them.

        Where an evaluation is quick, `beside` goes on with the one of the change.
        """
        self._head_ahead.clear()
        candidate, target = proposal.placed.finding.candidate, self.settings.target
        if not words(target.evaluate) or unmeasurable(target) or is_timed(candidate) or self._benchmarks(proposal):
            return
        if not self._base_evaluations:
            self._base_evaluations.extend(self._both_at_base())
        if not all(one.run.exit_code == 0 for one in self._base_evaluations):
            return
        lanes, at_head = self.runner.lanes, partial(self._evaluation, head, keep="head")
        quick = lanes.count > 1 and max(one.run.seconds for one in self._base_evaluations) <= QUICK_SECONDS
        self._head_ahead.append(lanes.both(at_head, beside)[0] if quick else at_head())

    def of(self, proposal: Proposal, head: Revision) -> Figures | Unmet:
        """Of the base and the change; none where the settings name no evaluation and no benchmark that is needed."""
        target = self.settings.target
        candidate = proposal.placed.finding.candidate
        timed = is_timed(candidate)
        benchmark = self._benchmarks(proposal)
        evaluations: tuple[Evaluated, ...] | Unmet = ()
        if words(target.evaluate):
            evaluations = unmeasurable(target) or self._evaluated(proposal, head, timed=timed, benchmark=benchmark)
        if isinstance(evaluations, Unmet):
            return evaluations
        benchmarks = self._benchmarked(head) if benchmark else ()
        return benchmarks if isinstance(benchmarks, Unmet) else Figures(evaluations, benchmarks)

    def _benchmarks(self, proposal: Proposal) -> bool:
        unit = proposal.placed.finding.candidate.evidence.observed.unit
        return unit in TIMED and bool(words(self.settings.target.benchmark))

    def pace(self, analyzer: str) -> Pace | None:
        """How long the calls of the base took, in its first run; None before it."""
        shown = self._base_evaluations[0].shown if self._base_evaluations else None
        return Pace.of(shown, analyzer)

    def _evaluated(
        self, proposal: Proposal, head: Revision, *, timed: bool, benchmark: bool
    ) -> tuple[Evaluated, ...] | Unmet:
        candidate = proposal.placed.finding.candidate
        wanted = partial(evaluations_wanted, threshold=self._threshold, benchmarked=benchmark)
        again = _TIMED_AGAIN if timed and not benchmark else _COUNTED_AGAIN
        if not self._base_evaluations and again == _COUNTED_AGAIN:
            self._base_evaluations.extend(self._both_at_base())
        elif not self._base_evaluations:
            self._base_evaluations.append(self._evaluation(BASE, keep="base-0"))
        tell = partial(
            evaluated,
            analyzer=candidate.analyzer,
            subject=candidate.subject,
            settings=self.settings,
            pace=self.pace(candidate.analyzer),
        )
        first: list[Evaluated] = []
        for place in range(again):
            if place == len(self._base_evaluations):
                self._base_evaluations.append(self._evaluation(BASE, keep=f"base-{place}"))
            first.append(tell(self._base_evaluations[place]))
            if unmet := evaluated_unmet(first[-1], needs_metric=not benchmark):
                return unmet

        def run(which: Which) -> Evaluated:
            done = which == "head" and self._head_ahead
            return tell(self._head_ahead.pop() if done else self._evaluation(_revision(which, head), keep=which))

        return interleaved(first, run, wanted=wanted, budget=self._budget)

    def _benchmarked(self, head: Revision) -> tuple[Benchmarked, ...] | Unmet:
        while len(self._base_benchmarks) < _TIMED_AGAIN:
            self._base_benchmarks.append(self._benchmark(BASE))
            if unmet := runs_unmet((), self._base_benchmarks):
                return unmet
        wanted = partial(benchmarks_wanted, threshold=self._threshold)

        def run(which: Which) -> Benchmarked:
            return self._benchmark(_revision(which, head))

        return interleaved(self._base_benchmarks, run, wanted=wanted, budget=self._budget)

    def _both_at_base(self) -> tuple[Evaluation, ...]:
        """Counted alone: nothing is timed."""
        self.progress("evaluation at base, twice")
        runs = [partial(self._evaluate, BASE, f"base-{place}") for place in range(_COUNTED_AGAIN)]
        return self.runner.lanes.all(runs, late=lambda evaluation: evaluation.run.limit == "time")

    def _evaluation(self, revision: Revision, *, keep: str) -> Evaluation:
        self.progress(f"evaluation at {revision.name}")
        return self._evaluate(revision, keep)

    def _evaluate(self, revision: Revision, keep: str) -> Evaluation:
        made = evaluate(self.runner, self.settings.target, revision, keep=self.runner.under / f"{keep}.telemetry")
        return replace(made, shown=Shown.of(made.telemetry, self.settings))

    def _benchmark(self, revision: Revision) -> Benchmarked:
        self.progress(f"benchmark at {revision.name}")
        return benchmarked(self.runner, self.settings.target, revision)

    @property
    def _threshold(self) -> float:
        return self.settings.meta_layer.improvement_threshold

    @property
    def _budget(self) -> Budget:
        meta = self.settings.meta_layer
        return Budget(pairs=meta.max_runs, seconds=meta.measurement_seconds)


def _revision(which: Which, head: Revision) -> Revision:
    return BASE if which == "base" else head
