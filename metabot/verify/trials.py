"""All runs at one base revision: the base's once for every proposal, the proposal's own as it comes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

from metabot.config import Settings
from metabot.generate.proposal import Proposal
from metabot.verify.evaluations import QUICK_SECONDS, Evaluations
from metabot.verify.measured import Measured
from metabot.verify.recheck import Recheck
from metabot.verify.runner import Revision, Runner
from metabot.verify.side_by_side import Lanes
from metabot.verify.suites import Suites, Tested
from metabot.verify.unmet import Unmet


@dataclass(frozen=True, kw_only=True)
class Trials:
    """Not to be shared between base revisions. Every run is on a fresh copy of the repository."""

    settings: Settings
    runner: Runner
    progress: Callable[[str], None]
    recheck: Recheck
    _looking: list[Proposal] = field(default_factory=list)  # the one that is looked at ahead, until its tests are begun

    def measured(self, proposal: Proposal) -> Measured | Unmet:
        """Every run that the verdict needs; or the first condition that does not hold, and what follows is not run."""
        with_test = {proposal.new_test.path: proposal.new_test.text}
        head = Revision(name="head", files={**{edit.path: edit.after for edit in proposal.edits}, **with_test})
        tests = self._evaluations.runner.lanes.meanwhile(
            partial(self._tested, proposal, head),
            partial(self._ahead, proposal, head),
            ends=lambda found: isinstance(found, Unmet),
        )
        if isinstance(tests, Unmet):
            return tests
        figures = self._evaluations.of(proposal, head)
        if isinstance(figures, Unmet):
            return figures
        return Measured(
            sandbox=self.runner.sandbox.kind,
            base_tests=tests.base,
            base_tests_again=tests.base_again,
            head_tests=tests.head,
            new_test_on_base=tests.new_on_base,
            new_test_on_head=tests.new_on_head,
            flaky=tests.flaky,
            lost=tests.lost,
            coverage=tests.coverage,
            evaluations=figures.evaluations,
            benchmarks=figures.benchmarks,
        )

    def again(self, proposal: Proposal, measured: Measured) -> Measured:
        """With what a fresh start shows, of the proposal that was measured last."""
        self.progress("once more from a fresh worktree")
        pace = self._evaluations.pace(proposal.placed.finding.candidate.analyzer)
        return self.recheck.of(proposal, measured, pace=pace)

    def _tested(self, proposal: Proposal, head: Revision) -> Tested | Unmet:
        found = self._suites.of(proposal, head)
        if not isinstance(found, Unmet):
            self._test_ahead(proposal, self.runner.lanes)
        return found

    def _ahead(self, proposal: Proposal, head: Revision) -> None:
        """What the verdict will ask for, and, as far as it is quick, what only a verdict that is better asks for."""
        self.recheck.forget()
        self._looking.clear()
        lanes = self._evaluations.runner.lanes

        def look() -> None:
            self._looking.append(proposal)
            self.recheck.evaluate_ahead(proposal, lanes)

        self._evaluations.ahead(proposal, head, look)
        self._test_ahead(proposal, lanes)

    def _test_ahead(self, proposal: Proposal, lanes: Lanes) -> None:
        """By whichever is done first of tests and evaluations, where the evaluation turned out to be quick."""
        if self._suites.known_seconds > QUICK_SECONDS:
            return
        try:
            self._looking.pop()
        except IndexError:  # it is not quick, or the other one does it
            return
        self.recheck.test_ahead(proposal, lanes)

    @cached_property
    def _suites(self) -> Suites:
        return Suites(target=self.settings.target, runner=self.runner, progress=self.progress)

    @cached_property
    def _evaluations(self) -> Evaluations:
        own = replace(self.runner, lanes=Lanes(self.runner.lanes.count))  # they may be ended, and the tests not
        return Evaluations(settings=self.settings, runner=own, progress=self.progress)
