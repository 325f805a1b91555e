"""The tests at one base revision: the base's suite twice for every proposal, the proposal's own runs as they come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial
from math import inf
from typing import Final

from analyzers.untrusted import Name
from metabot.config import Target
from metabot.generate.proposal import Proposal
from metabot.verify.coverage_run import Covering
from metabot.verify.junit import Outcomes
from metabot.verify.measured import CommandRun
from metabot.verify.runner import BASE, Result, Revision, Runner
from metabot.verify.sound import (
    base_tests_unmet,
    head_tests_unmet,
    lost_unmet,
    new_test_on_base_unmet,
    new_test_on_head_unmet,
)
from metabot.verify.suite import run_tests
from metabot.verify.tested import Coverage, first
from metabot.verify.unmet import Unmet

_REPEATS: Final = 3  # of the new test with the change: one that passes by chance seldom does so three times


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """Every run of tests that the verdict needs, and what their reports tell."""

    base: CommandRun
    base_again: CommandRun
    head: CommandRun
    new_on_base: CommandRun
    new_on_head: tuple[CommandRun, ...]
    flaky: tuple[Name, ...]
    lost: tuple[Name, ...]
    coverage: Coverage | None


@dataclass(frozen=True, kw_only=True)
class Suites:
    """Not to be shared between base revisions. Every run is on a fresh copy of the repository."""

    target: Target
    runner: Runner
    progress: Callable[[str], None]
    _since: list[Outcomes] = field(default_factory=list)  # of later runs of the base, made where the head was red

    def of(self, proposal: Proposal, head: Revision) -> Tested | Unmet:
        """Every run that the verdict needs; or the first condition that does not hold, and what follows is not run.

        Runs that need nothing of each other go side by side.
        """
        test = proposal.new_test.path
        with_test = Revision(name="base", files={test: proposal.new_test.text})
        base, again = self._base
        if unmet := base_tests_unmet(base.run, again.run, self._flaky):
            return unmet
        self.progress("tests at head, and the new test at base")
        at_head, on_base = self.runner.side_by_side(self._run(head), self._run(with_test, test))
        unmet = (
            self._head_unmet(head, test, at_head)
            or lost_unmet(lost := self._lost(at_head))
            or new_test_on_base_unmet(on_base.run)
        )
        if unmet is not None:
            return unmet
        covering = Covering.of(self.runner, self.target, proposal, head, at_head.run)
        self.progress(f"the new test at head, {_REPEATS} times, and which changed lines are run")
        alone = [self._run(head, test)] * _REPEATS
        on_head = tuple(result.run for result in self.runner.side_by_side(*alone, *covering.runs)[:_REPEATS])
        if unmet := new_test_on_head_unmet(on_head):
            return unmet
        return Tested(
            base=base.run,
            base_again=again.run,
            head=at_head.run,
            new_on_base=on_base.run,
            new_on_head=on_head,
            flaky=self._flaky,
            lost=lost,
            coverage=covering.found(),
        )

    @property
    def known_seconds(self) -> float:
        """Of one run of the whole suite; without end before the base's are over."""
        base: tuple[Result, ...] = vars(self).get("_base", ())
        return max((result.run.seconds for result in base), default=inf)

    @cached_property
    def _base(self) -> tuple[Result, Result]:
        self.progress("tests at base, twice")
        one, two = self.runner.side_by_side(*[self._run(BASE)] * 2)
        return one, two

    @property
    def _flaky(self) -> tuple[Name, ...]:
        """Tests that did not end alike in all runs of the base, or were in some of them only."""
        one, two = (result.outcomes for result in self._base)
        if one is None or two is None:
            return ()
        later = frozenset().union(*(since.failed & (one.passed | two.passed) for since in self._since))
        return first((one.passed ^ two.passed) | (one.failed ^ two.failed) | later)

    def _lost(self, at_head: Result) -> tuple[Name, ...]:
        """Tests that ran in both runs of the base and not at head; all of them where head leaves no report."""
        one, two = (result.outcomes for result in self._base)
        if one is None or two is None:
            return ()
        kept: frozenset[Name] = frozenset() if at_head.outcomes is None else at_head.outcomes.ran
        return first((one.ran & two.ran) - kept)

    def _run(self, revision: Revision, test: str | None = None) -> Callable[[], Result]:
        return partial(run_tests, self.runner, self.target, revision, test)

    def _tests(self, revision: Revision, test: str | None = None) -> Result:
        self.progress(f"{'tests' if test is None else 'the new test'} at {revision.name} once more")
        return run_tests(self.runner, self.target, revision, test)

    def _head_unmet(self, head: Revision, test: str, tests: Result) -> Unmet | None:
        """The suite at head, the new test among it. Where it is red, the new test alone tells whose fault that is."""
        unmet = head_tests_unmet(tests.run, None, self._flaky)
        if unmet is None or tests.run.limit is not None:
            return unmet
        if fault_of_the_test := new_test_on_head_unmet((self._tests(head, test).run,)):
            return fault_of_the_test
        again = self._tests(head).run
        unmet = head_tests_unmet(tests.run, again, self._flaky)
        if unmet is not None and self._differs_by_now():
            return head_tests_unmet(tests.run, again, self._flaky)
        return unmet

    def _differs_by_now(self) -> bool:
        """Whether the base now fails of a test that it passed: its two runs saw one hour, and some tests tell it."""
        before = self._flaky
        if (now := self._tests(BASE).outcomes) is not None:
            self._since.append(now)
        return self._flaky != before
