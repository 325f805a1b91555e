"""From the runs of tests and their reports to sound or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import pytest

from analyzers.untrusted import Name
from metabot.verify.measured import CommandRun
from metabot.verify.sound import (
    base_tests_unmet,
    head_tests_unmet,
    lost_unmet,
    new_test_on_base_unmet,
    new_test_on_head_unmet,
)
from metabot.verify.tested import MOST_NAMES, TestReport

Revision = Literal["base", "head"]


def run(*failures: str, revision: Revision = "base", told: bool = True, **given: Any) -> CommandRun:
    """A run in which the given tests fail, and nine pass; its report tells so unless `told` is False."""
    report = TestReport(passed=9, failed=len(failures), skipped=0, failures=tuple(map(Name, failures)))
    known: dict[str, Any] = {
        "exit_code": int(bool(failures)),
        "seconds": 1.0,
        "limit": None,
        "output": "said\n",
        "report": report if told else None,
    }
    return CommandRun(command=("pytest",), revision=revision, **(known | given))


def flaky(*tests: str) -> Sequence[Name]:
    return tuple(map(Name, tests))


GREEN = run()


@pytest.mark.parametrize(
    ("first", "again", "differ", "reason"),
    [
        pytest.param(GREEN, GREEN, (), None, id="green"),
        pytest.param(run("a"), run("a"), (), "base is red", id="red"),
        pytest.param(run("a"), GREEN, flaky("a"), None, id="one test differs"),
        pytest.param(run("a"), run("b"), flaky("a", "b"), None, id="another one each time"),
        pytest.param(run("a", "b"), run("b"), flaky("a"), "base is red", id="one differs, one always fails"),
        pytest.param(run("a", told=False), GREEN, (), "base is flaky", id="no report of the failing run"),
        pytest.param(run("a", told=False), run("a", told=False), (), "base is red", id="red without a report"),
        pytest.param(run(exit_code=3), run(exit_code=3), (), "base is red", id="fails, and no test did"),
        pytest.param(run(limit="time"), None, (), "out of time", id="out of time"),
        pytest.param(GREEN, run(limit="memory"), (), "out of memory", id="out of memory the second time"),
    ],
)
def test_base(first: CommandRun, again: CommandRun | None, differ: Sequence[Name], reason: str | None) -> None:
    """What differs between two runs of the base is flaky and not red; what no report explains is."""
    unmet = base_tests_unmet(first, again, differ)
    assert (unmet and unmet.reason) == reason


def at_head(*failures: str, **given: Any) -> CommandRun:
    return run(*failures, revision="head", **given)


@pytest.mark.parametrize(
    ("first", "again", "differ", "reason"),
    [
        pytest.param(at_head(), None, (), None, id="green"),
        pytest.param(at_head("a"), None, flaky("a"), None, id="a test that is flaky at base"),
        pytest.param(at_head("a"), at_head("a"), (), "head is red", id="red"),
        pytest.param(at_head("a", "b"), at_head("b"), flaky("a"), "head is red", id="red beside a flaky test"),
        pytest.param(at_head("b"), at_head(), flaky("a"), "flaky at head", id="another test than at base"),
        pytest.param(at_head("b"), at_head("c"), (), "flaky at head", id="another one each time"),
        pytest.param(at_head("b", told=False), at_head(), (), "flaky at head", id="no report"),
        pytest.param(at_head("b", told=False), at_head("b", told=False), (), "head is red", id="red without a report"),
        pytest.param(at_head("a", exit_code=1), None, (), "head is red", id="not run again"),
        pytest.param(at_head("b"), at_head(limit="time"), (), "out of time", id="out of time the second time"),
    ],
)
def test_head(first: CommandRun, again: CommandRun | None, differ: Sequence[Name], reason: str | None) -> None:
    """A new flakiness is the change's own, and stops it as a failure does."""
    unmet = head_tests_unmet(first, again, differ)
    assert (unmet and unmet.reason) == reason


def test_flaky_tests_excuse_only_what_the_report_names() -> None:
    """Where more tests failed than are named, or none is named, a flaky one explains nothing."""
    many = TestReport(passed=0, failed=101, skipped=0, failures=flaky("a"))
    for failed in (at_head("a", report=many), at_head(exit_code=1)):
        unmet = head_tests_unmet(failed, failed, flaky("a"))
        assert unmet is not None
        assert unmet.reason == "head is red"


def test_lost_tests_are_named() -> None:
    """The first ten, and how many more."""
    assert lost_unmet(()) is None
    unmet = lost_unmet(flaky(*(f"t{number:02}" for number in range(12))))
    assert unmet is not None
    assert (unmet.reason, "t09 and 2 more" in unmet.detail) == ("fewer tests", True)
    unmet = lost_unmet(flaky(*(f"t{number:02}" for number in range(MOST_NAMES))))
    assert unmet is not None
    assert "t09 and at least 90 more" in unmet.detail


def test_failing_tests_are_counted_beyond_those_whose_names_are_kept() -> None:
    """The runner's report knows how many failed."""
    names = flaky(*(f"t{number:02}" for number in range(MOST_NAMES)))
    red = run(exit_code=1, report=TestReport(passed=1, failed=1_000, skipped=0, failures=names))
    unmet = base_tests_unmet(red, red, ())
    assert unmet is not None
    assert "t09 and 990 more." in unmet.detail


NOTHING = TestReport(passed=0, failed=0, skipped=2, failures=())
FAILED = TestReport(passed=0, failed=1, skipped=0, failures=flaky("n"))


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        pytest.param(run(exit_code=1, report=FAILED), None, id="fails"),
        pytest.param(run(exit_code=1, told=False), None, id="fails, and no report says how"),
        pytest.param(run(exit_code=5, report=NOTHING), "new test runs nothing", id="nothing was collected"),
        pytest.param(run(report=NOTHING), "new test runs nothing", id="all of it skipped"),
        pytest.param(run(), "new test passes on base", id="passes"),
        pytest.param(run(exit_code=1), "new test passes on base", id="passes, and something else fails"),
        pytest.param(run(exit_code=1, limit="time"), "out of time", id="out of time"),
    ],
)
def test_the_new_test_on_base(found: CommandRun, reason: str | None) -> None:
    """It must fail itself: a command that fails for another reason proves nothing."""
    unmet = new_test_on_base_unmet(found)
    assert (unmet and unmet.reason) == reason


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        pytest.param("\nRan 0 tests in 0.000s\n\nOK\n", "new test runs nothing", id="no test"),
        pytest.param("\nRan 0 tests in 0.000s\n\nOK (skipped=1)\n", "new test runs nothing", id="a class is skipped"),
        pytest.param("\nRan 2 tests in 0.001s\n\nOK (skipped=2)\n", "new test runs nothing", id="all are skipped"),
        pytest.param(
            "\nRan 0 tests in 0.000s\n\nNO TESTS RAN (skipped=1)\n", "new test runs nothing", id="newer words"
        ),
        pytest.param("\nRan 2 tests in 0.001s\n\nOK (expected failures=1, skipped=1)\n", None, id="one of two"),
        pytest.param("\nRan 1 test in 0.001s\n\nOK\n", None, id="one"),
        pytest.param("\nRan 1 test in 0.1s\n\nOK\nRan 1 test in 0.1s\n\nOK (skipped=1)\n", None, id="in one of two"),
        pytest.param("1 passed", None, id="another runner's words"),
    ],
)
def test_without_a_report_unittest_says_what_ran(output: str, reason: str | None) -> None:
    """With exit code 0: what skips itself with the change proves nothing."""
    unmet = new_test_on_head_unmet([at_head(told=False, output=output)])
    assert (unmet and unmet.reason) == reason
    failed = new_test_on_base_unmet(run("a", told=False, output=output))
    assert (failed and failed.reason) == reason


@pytest.mark.parametrize(
    ("runs", "reason"),
    [
        pytest.param([at_head()] * 3, None, id="passes"),
        pytest.param([], "new test fails on head", id="never run"),
        pytest.param([at_head(), at_head("n")], "new test fails on head", id="fails once"),
        pytest.param([at_head(report=NOTHING)], "new test runs nothing", id="skipped with the change"),
    ],
)
def test_the_new_test_on_head(runs: Sequence[CommandRun], reason: str | None) -> None:
    """It must run, and pass each time."""
    unmet = new_test_on_head_unmet(runs)
    assert (unmet and unmet.reason) == reason


@pytest.mark.parametrize(
    "said",
    [
        "psycopg.OperationalError: connection to server at 127.0.0.1, port 5432 failed: Connection refused",
        "Error: connect ECONNREFUSED ::1:6379",
        "socket.gaierror: [Errno -3] Temporary failure in name resolution",
        "dial tcp: lookup db: no such host",
    ],
)
def test_tests_that_want_a_service(said: str) -> None:
    """The message says that there is none in the sandbox, and what to do."""
    unmet = base_tests_unmet(run("a", output=said), run("a", output=said), ())
    assert unmet is not None
    assert "no network" in unmet.detail
    assert "target.test" in unmet.detail


@pytest.mark.parametrize(
    ("output", "named"),
    [
        ("bwrap: execvp tox: No such file or directory", "tox"),
        ("sh: 1: pytest: not found", "pytest"),
        ("make: 3: uv: command not found", "uv"),
        ("/usr/bin/python3: No module named pytest", "pytest"),
        ("ModuleNotFoundError: No module named 'openai'", "openai"),
    ],
)
def test_a_program_that_is_not_there_is_named(output: str, named: str) -> None:
    """The tests did not fail: they were not run."""
    red = run(exit_code=1, output=output, report=None)
    unmet = base_tests_unmet(red, red, ())
    assert unmet is not None
    assert f" {named} is not there: let target.setup install it" in unmet.detail
