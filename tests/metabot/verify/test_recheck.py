"""What only a verdict that is better asks for: made before it where that is quick, after it elsewhere, and once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from repositories import commit

from analyzers.untrusted import Name
from metabot.config import Settings
from metabot.generate.proposal import NewTest, Proposal
from metabot.stopped import Stopped
from metabot.verify import recheck, side_by_side, trials
from metabot.verify.junit import Outcomes
from metabot.verify.measured import CommandRun, VerifiedProposal
from metabot.verify.runner import Result
from metabot.verify.suite import run_tests
from metabot.verify.tested import TestReport
from metabot.verify.verification import Bench

TEST = "{python} -m unittest"
EVALUATE = "{python} -m app.evaluate"
AGAIN = "once more from a fresh worktree"
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("nothing_is_left", "proved")]


@pytest.fixture
def bench(some_settings: Callable[..., Settings], tmp_path: Path, toy_files: dict[str, str]) -> Settings:
    commit(tmp_path / "target", toy_files)
    target = {
        "repository": str(tmp_path / "target"),
        "test": TEST,
        "evaluate": EVALUATE,
        "environment": {"TELEMETRY": "{telemetry}"},
    }
    return some_settings(target=target)


class Pass:
    """The second proposal of a pass: how long the base's tests take is known by then."""

    def __init__(self, settings: Settings, first: Proposal, second: Proposal) -> None:
        said: list[int] = []  # how many runs of the second one had ended when the fresh start was begun
        with Bench.of_pass(settings, progress=lambda line: said.append(made()) if line == AGAIN else None) as bench:

            def made() -> int:
                return sum(len(kept) for kept in bench._kept.values())

            bench.verify(first)
            self._before = made()
            self.found = bench.verify(second)
            (kept,) = bench._kept.values()
            self.runs = [one.run for one in kept[self._before :]]
        self.ahead = said[-1] - self._before if len(said) == 2 else None

    def at_once(self) -> bool:
        """Whether two of them ran beside each other, by when each began."""
        spans = sorted((run.started, run.started + run.seconds) for run in self.runs if run.started is not None)
        assert len(spans) == len(self.runs)
        return any(one[1] > other[0] + 0.01 for one, other in pairwise(spans))

    def told(self) -> list[tuple[str, str, int]]:
        return sorted((run.revision, " ".join(run.command), run.exit_code) for run in self.runs)


def test_the_same_runs_are_made_ahead_and_afterwards(
    mending: Callable[..., Proposal], bench: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model's change: the new test and one that must fail from a fresh worktree, the suite without the new test."""
    change = mending(author="model", recipe=None)
    ahead = Pass(bench, change, change)
    monkeypatch.setattr(trials, "QUICK_SECONDS", 0.0)
    tests_after = Pass(bench, change, change)
    monkeypatch.setattr(side_by_side, "_AT_ONCE", 1)
    all_after = Pass(bench, change, change)
    assert all(isinstance(one.found, VerifiedProposal) for one in (ahead, tests_after, all_after))
    assert ahead.told() == tests_after.told() == all_after.told()
    assert [one.at_once() for one in (ahead, tests_after, all_after)] == [True, True, False]
    count = len(ahead.runs)
    assert (ahead.ahead, tests_after.ahead, all_after.ahead) == (count, count - 3, count - 4)


def test_what_comes_to_the_limit_of_time_beside_others_is_made_again(
    mending: Callable[..., Proposal], bench: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first look from a fresh worktree is late, for once; the second, with nothing beside it, is what counts."""
    fresh: list[CommandRun] = []

    def late_at_first(runner: Any, target: Any, revision: Any, test: str | None = None) -> Result:
        result = run_tests(runner, target, revision, test)
        fresh.append(result.run)
        return replace(result, run=replace(result.run, limit="time")) if len(fresh) == 3 else result

    monkeypatch.setattr(recheck, "run_tests", late_at_first)
    one = Pass(bench, mending(), mending())
    assert isinstance(one.found, VerifiedProposal)
    # First proposal: the new test and the one that must fail, in the second proposal twice.
    assert [run.exit_code for run in fresh] == [0, 1, 0, 1, 0, 1]
    assert one.found.measured.rechecked is not None
    assert one.found.measured.rechecked.new_test.limit is None


TELLS = Name("tests.test_lookup.TestLookup.test_finds")
RED = TestReport(passed=0, failed=1, skipped=0, failures=(TELLS,))


def red(result: Result) -> Result:
    failed = Outcomes(passed=frozenset(), failed=frozenset({TELLS}), skipped=frozenset())
    return replace(result, run=replace(result.run, exit_code=1, report=RED), outcomes=failed)


@pytest.mark.parametrize(
    "case",
    [
        pytest.param((1, "passes", ()), id="once"),
        pytest.param((2, "fails", (TELLS,)), id="twice, and the base by now as well"),
        pytest.param((2, "passes", None), id="twice, and the base does not"),
    ],
)
def test_the_suite_without_the_new_test_is_run_again_where_it_fails(
    mending: Callable[..., Proposal],
    bench: Settings,
    monkeypatch: pytest.MonkeyPatch,
    case: tuple[int, str, tuple[Name, ...] | None],
) -> None:
    """A test may fail by chance, and another may tell the hour: neither shows that the new test hides anything."""
    fails, base, flaky = case
    alone: list[Result] = []

    def runs(runner: Any, target: Any, revision: Any, test: str | None = None) -> Result:
        result = run_tests(runner, target, revision, test)
        if test is not None:
            return result
        if revision.name == "base":
            return red(result) if base == "fails" else result
        alone.append(result)
        return red(result) if len(alone) <= fails else result

    monkeypatch.setattr(recheck, "run_tests", runs)
    with Bench.of_pass(bench, progress=lambda _: None) as trying:
        found = trying.verify(mending(author="model", recipe=None))
    assert len(alone) == 2
    if flaky is None:
        assert isinstance(found, Stopped)
        assert found.reason == "measurement tampered"
    else:
        assert isinstance(found, VerifiedProposal), found
        assert found.measured.flaky == flaky


CHANGED = """
import unittest
from app import lookup
class TestChanged(unittest.TestCase):
    def test_changed(self) -> None:
        self.assertTrue(lookup.CHANGED)
"""


def test_what_was_made_ahead_for_one_change_does_not_count_for_the_next(
    mending: Callable[..., Proposal], bench: Settings
) -> None:
    """The first one is sound and no better: nothing asks for what a fresh start showed of it."""
    (edit,) = mending().edits
    useless = mending(
        edits=(replace(edit, after=f"{edit.before}\nCHANGED = True\n"),),
        new_test=NewTest(path="tests/test_changed.py", text=CHANGED),
    )
    with Bench.of_pass(bench, progress=lambda _: None) as trying:
        stopped = trying.verify(useless)
        found = trying.verify(mending())
    assert isinstance(stopped, Stopped)
    assert stopped.stage == "better"
    assert isinstance(found, VerifiedProposal), found
