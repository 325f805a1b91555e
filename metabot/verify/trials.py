"""All runs at one base revision: the base's once for every proposal, the proposal's own as it comes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from metabot.config import Settings
from metabot.generate.proposal import Proposal
from metabot.verify.evaluations import Evaluations
from metabot.verify.measured import CommandRun, Measured
from metabot.verify.runner import BASE, Revision, Runner
from metabot.verify.sound import base_tests_unmet, head_tests_unmet, new_test_on_base_unmet, new_test_on_head_unmet
from metabot.verify.suite import run_tests
from metabot.verify.unmet import Unmet

_REPEATS: Final = 3  # of the new test with the change: one that passes by chance seldom does so three times


@dataclass(frozen=True, kw_only=True)
class Trials:
    """Not to be shared between base revisions. Every run is on a fresh copy of the repository."""

    settings: Settings
    runner: Runner
    progress: Callable[[str], None]

    def measured(self, proposal: Proposal) -> Measured | Unmet:
        """Every run that the verdict needs; or the first condition that does not hold, and what follows is not run."""
        test = proposal.new_test.path
        with_test = {test: proposal.new_test.text}
        head = Revision(name="head", files={**{edit.path: edit.after for edit in proposal.edits}, **with_test})
        unmet = (
            base_tests_unmet(self._base_tests)
            or self._red(head, test, head_tests := self._tests(head))
            or new_test_on_base_unmet(on_base := self._tests(Revision(name="base", files=with_test), test))
            or new_test_on_head_unmet(on_head := self._repeated(head, test))
        )
        evaluations = unmet or self._evaluations.of(proposal, head)
        if isinstance(evaluations, Unmet):
            return evaluations
        base_evaluated, head_evaluated = evaluations
        return Measured(
            sandbox=self.runner.sandbox.kind,
            base_tests=self._base_tests,
            head_tests=head_tests,
            new_test_on_base=on_base,
            new_test_on_head=on_head,
            base=base_evaluated,
            head=head_evaluated,
        )

    @cached_property
    def _base_tests(self) -> CommandRun:
        return self._tests(BASE)

    @cached_property
    def _evaluations(self) -> Evaluations:
        return Evaluations(settings=self.settings, runner=self.runner, progress=self.progress)

    def _tests(self, revision: Revision, test: str | None = None) -> CommandRun:
        self.progress(f"{'tests' if test is None else 'the new test'} at {revision.name}")
        return run_tests(self.runner, self.settings.target, revision, test)

    def _red(self, head: Revision, test: str, tests: CommandRun) -> Unmet | None:
        """The suite at head, the new test among it. Where it is red, the new test alone tells whose fault that is."""
        unmet = head_tests_unmet(tests)
        return unmet and (new_test_on_head_unmet((self._tests(head, test),)) or unmet)

    def _repeated(self, head: Revision, test: str) -> tuple[CommandRun, ...]:
        """Up to the first run that fails."""
        runs: list[CommandRun] = []
        for _ in range(_REPEATS):
            runs.append(self._tests(head, test))
            if new_test_on_head_unmet(runs):
                break
        return tuple(runs)
