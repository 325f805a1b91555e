"""All runs at one base revision: the base's once for every proposal, the proposal's own as it comes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from metabot.config import Settings
from metabot.generate.proposal import Proposal
from metabot.verify.commands import words
from metabot.verify.evaluation import Evaluation, evaluate, unmeasurable
from metabot.verify.measured import CommandRun, Evaluated, Measured
from metabot.verify.measurement import evaluated
from metabot.verify.runner import Revision, Runner
from metabot.verify.suite import run_tests
from metabot.verify.verdict import (
    Unmet,
    base_tests_unmet,
    evaluated_unmet,
    head_tests_unmet,
    new_test_on_base_unmet,
    new_test_on_head_unmet,
)

_REPEATS: Final = 3  # of the new test with the change: one that passes by chance seldom does so three times
_BASE: Final = Revision(name="base", files={})


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
        evaluations = unmet or self._evaluated(proposal, head)
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
        return self._tests(_BASE)

    @cached_property
    def _base_evaluation(self) -> Evaluation:
        return self._evaluation(_BASE)

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

    def _evaluated(self, proposal: Proposal, head: Revision) -> tuple[Evaluated | None, Evaluated | None] | Unmet:
        finding, target = proposal.placed.finding, self.settings.target
        if not words(target.evaluate):
            return None, None
        if unmet := unmeasurable(target):
            return unmet
        on_base = evaluated(self._base_evaluation, finding, self.settings)
        if unmet := evaluated_unmet(on_base):
            return unmet
        return on_base, evaluated(self._evaluation(head), finding, self.settings)

    def _evaluation(self, revision: Revision) -> Evaluation:
        self.progress(f"evaluation at {revision.name}")
        keep = self.runner.under / f"{revision.name}.telemetry"
        return evaluate(self.runner, self.settings.target, revision, keep=keep)
