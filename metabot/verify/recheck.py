"""A verdict that was `better`, looked at once more from nothing: a fresh worktree of the change as git holds it.

The new test and the evaluation run again, in another dress of the sandbox. The evaluation then sees no mark of the
replay and other modelled times, so a change that behaves well only where it is measured shows itself. And a test that
must fail, in the new test's place with its imports and names, must fail: a change that swallows assertions or forges
exit codes lets it pass.

Where evaluation and tests are quick they run before the verdict is known, beside what the verdict waits for.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from analyzers.untrusted import Name
from metabot.config import Settings
from metabot.generate.proposal import Proposal
from metabot.git import Repository
from metabot.verify.dress import OTHER
from metabot.verify.evaluation import Evaluation, evaluate
from metabot.verify.measured import CommandRun, Measured, Rechecked
from metabot.verify.measurement import Pace, evaluated
from metabot.verify.runner import BASE, Revision, Runner
from metabot.verify.shown import Shown
from metabot.verify.side_by_side import Lanes
from metabot.verify.suite import run_tests
from metabot.verify.tested import first

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
class FreshTests:
    new_test: CommandRun
    alarm: CommandRun | None  # as in `Rechecked`, and `alone` is its `tests_alone`
    alone: CommandRun | None
    flaky: tuple[Name, ...] = ()  # tests that failed alone, and that the base fails of as well by now

    @property
    def late(self) -> bool:
        return any(run is not None and run.limit == "time" for run in (self.new_test, self.alarm, self.alone))


@dataclass(frozen=True, slots=True, kw_only=True)
class Recheck:
    """Not to be shared between base revisions."""

    settings: Settings
    repository: Repository
    revision: str
    runner: Runner  # of the base
    _evaluation_ahead: list[Evaluation] = field(default_factory=list)  # one at most, of the proposal that is next
    _tests_ahead: list[FreshTests] = field(default_factory=list)  # the same

    def of(self, proposal: Proposal, measured: Measured, *, pace: Pace | None) -> Measured:
        """With what the fresh start showed, then or ahead."""
        found = next(iter(self._evaluation_ahead), None)
        tests = next(iter(self._tests_ahead), None)
        lanes = self.runner.lanes
        evaluating = partial(self._evaluation, proposal, lanes)
        if found is None and tests is None and measured.evaluations:
            found, tests = lanes.both(evaluating, partial(self._tests, proposal, replace(lanes, count=1)))
        if found is None and measured.evaluations:
            found = evaluating()
        if tests is None:
            tests = self._tests(proposal, lanes)
        candidate = proposal.placed.finding.candidate
        told = None
        if found is not None:
            told = evaluated(found, candidate.analyzer, candidate.subject, self.settings, pace)
        again = Rechecked(new_test=tests.new_test, alarm=tests.alarm, evaluated=told, tests_alone=tests.alone)
        return replace(measured, rechecked=again, flaky=tuple(dict.fromkeys((*measured.flaky, *tests.flaky))))

    def forget(self) -> None:
        """What was made ahead for the proposal before."""
        self._evaluation_ahead.clear()
        self._tests_ahead.clear()

    def evaluate_ahead(self, proposal: Proposal, lanes: Lanes) -> None:
        """Ended by the stop of `lanes`. One that comes to its limit of time beside others is made again, alone."""
        found = self._evaluation(proposal, lanes)
        if found.run.limit != "time":
            self._evaluation_ahead.append(found)

    def test_ahead(self, proposal: Proposal, lanes: Lanes) -> None:
        """The same of the tests."""
        found = self._tests(proposal, lanes)
        if not found.late:
            self._tests_ahead.append(found)

    def _evaluation(self, proposal: Proposal, lanes: Lanes) -> Evaluation:
        with self._fresh(proposal, "fresh-evaluation", lanes) as runner:
            confined = runner.sandbox.kind != "none"  # else what has effects outside must be told that this is a replay
            keep = runner.under / "fresh.telemetry"
            made = evaluate(runner, self.settings.target, _HEAD, keep=keep, marked=not confined)
            return replace(made, shown=Shown.of(made.telemetry, self.settings))

    def _tests(self, proposal: Proposal, lanes: Lanes) -> FreshTests:
        with self._fresh(proposal, "fresh", lanes) as runner:

            def new_test() -> tuple[CommandRun, CommandRun | None]:
                run = run_tests(runner, self.settings.target, _HEAD, proposal.new_test.path).run
                return run, self._alarm(runner, proposal)

            def alone() -> tuple[CommandRun | None, tuple[Name, ...]]:
                return self._without_the_new_test(proposal, lanes) if proposal.author == "model" else (None, ())

            (run, alarm), (rest, flaky) = lanes.both(new_test, alone)
        return FreshTests(new_test=run, alarm=alarm, alone=rest, flaky=flaky)

    @contextmanager
    def _fresh(self, proposal: Proposal, name: str, lanes: Lanes) -> Iterator[Runner]:
        """Runs in copies of a worktree that git fills with the change."""
        test = proposal.new_test
        files = {**{edit.path: edit.after for edit in proposal.edits}, test.path: test.text}
        change = self.repository.write_commit(self.revision, files, proposal.title)
        with self.repository.worktree(change, self.runner.under / name) as fresh:
            harness = replace(self.runner.harness, base=fresh)
            yield replace(self.runner, base=fresh, harness=harness, lanes=lanes, dress=OTHER)

    def _without_the_new_test(self, proposal: Proposal, lanes: Lanes) -> tuple[CommandRun, tuple[Name, ...]]:
        """A new test is code that runs among the others, and could make them pass. A recipe's is a template's.

        What fails runs again, and the base with it: a test may fail by chance, and another may tell the hour.
        """
        change = replace(_HEAD, files={edit.path: edit.after for edit in proposal.edits})
        tests = partial(run_tests, replace(self.runner, lanes=lanes), self.settings.target)
        found = tests(change)
        if found.run.exit_code == 0 or found.run.limit is not None:
            return found.run, ()
        again = tests(change)
        now = None if again.run.exit_code == 0 else tests(BASE).outcomes
        return again.run, () if now is None else first(now.failed)

    def _alarm(self, runner: Runner, proposal: Proposal) -> CommandRun | None:
        """None where it tells nothing: no Python, or a runner that does not find it at the base either."""
        path = proposal.new_test.path
        if not path.endswith(".py"):
            return None
        files = {path: _imports(proposal.new_test.text) + _named_alike(proposal.new_test.text)}
        run = run_tests(runner, self.settings.target, replace(_HEAD, files=files), path).run
        if run.exit_code != 0:
            return run
        at_base = replace(self.runner, lanes=runner.lanes)
        on_base = run_tests(at_base, self.settings.target, replace(BASE, files={path: _ALARM}), path).run
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
