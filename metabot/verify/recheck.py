"""A verdict that was `better`, looked at once more from nothing: a fresh worktree of the change as git holds it.

The new test and the evaluation run again. The evaluation then sees no mark of the replay and other modelled times, so
a change that behaves well only where it is measured shows itself. And a test that must fail, in the new test's place
with its imports and names, must fail: a change that swallows assertions or forges exit codes lets it pass.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from metabot.config import Settings
from metabot.generate.proposal import Proposal
from metabot.git import Repository
from metabot.verify.evaluation import evaluate
from metabot.verify.measured import CommandRun, Evaluated, Measured, Rechecked
from metabot.verify.measurement import Pace, evaluated
from metabot.verify.runner import BASE, Revision, Runner
from metabot.verify.suite import run_tests

_ALARM: Final = """

import unittest


class TestMustFail(unittest.TestCase):
    def test_must_fail(self) -> None:
        wrong = (
            lambda: self.assertEqual(1, 2),
            lambda: self.assertTrue(False),
            lambda: self.assertIn(1, ()),
            lambda: self.fail("must fail"),
        )
        for claim in wrong:
            try:
                claim()
            except AssertionError:
                continue
            return
        raise AssertionError("must fail")
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recheck:
    settings: Settings
    repository: Repository
    revision: str
    runner: Runner  # of the base

    def of(self, proposal: Proposal, measured: Measured, *, pace: Pace | None) -> Measured:
        """With what the fresh start showed."""
        test = proposal.new_test
        files = {**{edit.path: edit.after for edit in proposal.edits}, test.path: test.text}
        change = self.repository.write_commit(self.revision, files, proposal.title)
        with self.repository.worktree(change, self.runner.under / "fresh") as fresh:
            runner = replace(self.runner, base=fresh, harness=replace(self.runner.harness, base=fresh))
            again = self._again(runner, proposal, pace, evaluate=bool(measured.evaluations))
        return replace(measured, rechecked=again)

    def _again(self, runner: Runner, proposal: Proposal, pace: Pace | None, *, evaluate: bool) -> Rechecked:
        def tests() -> tuple[CommandRun, CommandRun | None]:
            new_test = run_tests(runner, self.settings.target, _HEAD, proposal.new_test.path).run
            return new_test, self._alarm(runner, proposal)

        def evaluation() -> Evaluated | None:
            return self._evaluation(runner, proposal, pace) if evaluate else None

        found, (new_test, alarm) = self.runner.lanes.both(evaluation, tests)
        alone = self._without_the_new_test(proposal) if proposal.author == "model" else None
        return Rechecked(new_test=new_test, alarm=alarm, evaluated=found, tests_alone=alone)

    def _without_the_new_test(self, proposal: Proposal) -> CommandRun:
        """A new test is code that runs among the others, and could make them pass. A recipe's is a template's."""
        change = replace(_HEAD, files={edit.path: edit.after for edit in proposal.edits})
        return run_tests(self.runner, self.settings.target, change).run

    def _alarm(self, runner: Runner, proposal: Proposal) -> CommandRun | None:
        """None where it tells nothing: no Python, or a runner that does not find it at the base either."""
        path = proposal.new_test.path
        if not path.endswith(".py"):
            return None
        files = {path: _imports(proposal.new_test.text) + _named_alike(proposal.new_test.text)}
        run = run_tests(runner, self.settings.target, replace(_HEAD, files=files), path).run
        if run.exit_code != 0:
            return run
        on_base = run_tests(self.runner, self.settings.target, replace(BASE, files={path: _ALARM}), path).run
        return run if on_base.exit_code != 0 else None

    def _evaluation(self, runner: Runner, proposal: Proposal, pace: Pace | None) -> Evaluated:
        candidate = proposal.placed.finding.candidate
        keep = Path(runner.under / "fresh.telemetry")
        confined = runner.sandbox.kind != "none"  # else what has effects outside must be told that this is a replay
        done = evaluate(runner, self.settings.target, _HEAD, keep=keep, marked=not confined)
        return evaluated(done, candidate.analyzer, candidate.subject, self.settings, pace)


_HEAD: Final = Revision(name="head", files={})


def _imports(text: str) -> str:
    """The new test's own imports: what they run, it has seen run."""
    found = [node for node in _nodes(text) if isinstance(node, (ast.Import, ast.ImportFrom))]
    return "\n".join(ast.unparse(node) for node in found)


def _named_alike(text: str) -> str:
    """The alarm under the names of the new test's first class and test, so that its own name tells no code of it."""
    below = [inner for node in _nodes(text) for inner in ast.walk(node)]
    group = next((node.name for node in below if isinstance(node, ast.ClassDef)), "TestMustFail")
    tests = (node.name for node in below if isinstance(node, ast.FunctionDef) and node.name.startswith("test"))
    return _ALARM.replace("TestMustFail", group).replace("test_must_fail", next(tests, "test_must_fail"))


def _nodes(text: str) -> list[ast.stmt]:
    try:
        return ast.parse(text).body
    except (SyntaxError, ValueError):  # no Python, or with null bytes
        return []
