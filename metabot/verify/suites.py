"""The tests at one base revision: the base's suite twice for every proposal, the proposal's own runs as they come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from analyzers.untrusted import Name
from metabot.config import Target
from metabot.generate.proposal import Proposal
from metabot.verify.coverage_run import covered
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

    def of(self, proposal: Proposal, head: Revision) -> Tested | Unmet:
        """Every run in its order; or the first condition that does not hold, and what follows is not run."""
        test = proposal.new_test.path
        with_test = Revision(name="base", files={test: proposal.new_test.text})
        base, again = self._base, self._base_again
        flaky = self._flaky
        unmet = (
            base_tests_unmet(base.run, None if again is None else again.run, flaky)
            or self._head_unmet(head, test, at_head := self._tests(head))
            or lost_unmet(lost := self._lost(at_head))
            or new_test_on_base_unmet(on_base := self._tests(with_test, test).run)
            or new_test_on_head_unmet(on_head := self._repeated(head, test))
        )
        if unmet is not None:
            return unmet
        assert again is not None
        self.progress("coverage of the changed lines")
        return Tested(
            base=base.run,
            base_again=again.run,
            head=at_head.run,
            new_on_base=on_base,
            new_on_head=on_head,
            flaky=flaky,
            lost=lost,
            coverage=covered(self.runner, self.target, proposal, head, at_head.run),
        )

    @cached_property
    def _base(self) -> Result:
        return self._tests(BASE)

    @cached_property
    def _base_again(self) -> Result | None:
        """None where the first run came to a limit: a second one would, too."""
        if self._base.run.limit is not None:
            return None
        self.progress("tests at base, a second time")
        return run_tests(self.runner, self.target, BASE)

    @cached_property
    def _flaky(self) -> tuple[Name, ...]:
        """Tests that did not end alike in both runs of the base, or were in one of them only."""
        one, two = self._outcomes
        if one is None or two is None:
            return ()
        return first((one.passed ^ two.passed) | (one.failed ^ two.failed))

    def _lost(self, at_head: Result) -> tuple[Name, ...]:
        """Tests that ran in both runs of the base and not at head; all of them where head leaves no report."""
        one, two = self._outcomes
        if one is None or two is None:
            return ()
        kept: frozenset[Name] = frozenset() if at_head.outcomes is None else at_head.outcomes.ran
        return first((one.ran & two.ran) - kept)

    @property
    def _outcomes(self) -> tuple[Outcomes | None, Outcomes | None]:
        again = self._base_again
        return self._base.outcomes, None if again is None else again.outcomes

    def _tests(self, revision: Revision, test: str | None = None) -> Result:
        self.progress(f"{'tests' if test is None else 'the new test'} at {revision.name}")
        return run_tests(self.runner, self.target, revision, test)

    def _head_unmet(self, head: Revision, test: str, tests: Result) -> Unmet | None:
        """The suite at head, the new test among it. Where it is red, the new test alone tells whose fault that is."""
        unmet = head_tests_unmet(tests.run, None, self._flaky)
        if unmet is None or tests.run.limit is not None:
            return unmet
        fault_of_the_test = new_test_on_head_unmet((self._tests(head, test).run,))
        return fault_of_the_test or head_tests_unmet(tests.run, self._tests(head).run, self._flaky)

    def _repeated(self, head: Revision, test: str) -> tuple[CommandRun, ...]:
        """Up to the first run that fails."""
        runs: list[CommandRun] = []
        for _ in range(_REPEATS):
            runs.append(self._tests(head, test).run)
            if new_test_on_head_unmet(runs):
                break
        return tuple(runs)
