"""A verdict that was `better`, looked at once more from nothing: a fresh worktree of the change as git holds it.

The new test and the evaluation run again. The evaluation then sees no mark of the replay and other modelled times, so
a change that behaves well only where it is measured shows itself. And a test that must fail, in the new test's place
with its imports and names, must fail: a change that swallows assertions or forges exit codes lets it pass.

An evaluation that is quick may run before the verdict is known, beside what the verdict waits for.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from metabot.config import Settings
from metabot.generate.proposal import Proposal
from metabot.git import Repository
from metabot.verify.evaluation import Evaluation, evaluate
from metabot.verify.measured import CommandRun, Measured, Rechecked
from metabot.verify.measurement import Pace, evaluated
from metabot.verify.runner import BASE, Revision, Runner
from metabot.verify.side_by_side import Lanes
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

    def of(self, proposal: Proposal, measured: Measured, *, pace: Pace | None, ahead: Evaluation | None) -> Measured:
        """With what the fresh start showed. `ahead`: what `evaluation` gave, if it ran before the verdict was known."""
        evaluate = bool(measured.evaluations)
        with self._fresh(proposal, "fresh") as runner:

            def tests() -> tuple[CommandRun, CommandRun | None]:
                new_test = run_tests(runner, self.settings.target, _HEAD, proposal.new_test.path).run
                return new_test, self._alarm(runner, proposal)

            def others() -> tuple[Evaluation | None, CommandRun | None]:
                found = self.evaluation(proposal) if evaluate and ahead is None else ahead
                return found, self._without_the_new_test(proposal) if proposal.author == "model" else None

            (found, alone), (new_test, alarm) = self.runner.lanes.both(others, tests)
        candidate = proposal.placed.finding.candidate
        told = None
        if found is not None:
            told = evaluated(found, candidate.analyzer, candidate.subject, self.settings, pace)
        again = Rechecked(new_test=new_test, alarm=alarm, evaluated=told, tests_alone=alone)
        return replace(measured, rechecked=again)

    def evaluation(self, proposal: Proposal, lanes: Lanes | None = None) -> Evaluation:
        """Of the change, from a worktree of its own; ended by the stop of `lanes`."""
        with self._fresh(proposal, "fresh-evaluation") as fresh:
            runner = fresh if lanes is None else replace(fresh, lanes=lanes)
            confined = runner.sandbox.kind != "none"  # else what has effects outside must be told that this is a replay
            keep = runner.under / "fresh.telemetry"
            return evaluate(runner, self.settings.target, _HEAD, keep=keep, marked=not confined)

    @contextmanager
    def _fresh(self, proposal: Proposal, name: str) -> Iterator[Runner]:
        """Runs in copies of a worktree that git fills with the change."""
        test = proposal.new_test
        files = {**{edit.path: edit.after for edit in proposal.edits}, test.path: test.text}
        change = self.repository.write_commit(self.revision, files, proposal.title)
        with self.repository.worktree(change, self.runner.under / name) as fresh:
            yield replace(self.runner, base=fresh, harness=replace(self.runner.harness, base=fresh))

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
