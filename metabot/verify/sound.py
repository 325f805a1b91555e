"""Whether the tests show the change to be sound: the conditions on their runs, one function each.

The exit code decides; the runner's report, where there is one, tells which tests are meant. A failing run counts as
passed only where its report names every failure and each is of a test that differs between two runs of the base.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from analyzers.untrusted import Name
from metabot.stopped import Reason
from metabot.verify.measured import CommandRun, Measured
from metabot.verify.tested import MOST_NAMES
from metabot.verify.unmet import Unmet, over_limit, quoted, wants_network

_NAMED: Final = 10  # tests that a message names
_NO_NETWORK: Final = (
    "It asks for a service: in the sandbox there is no network, and nothing runs beside the tests. "
    "Leave such tests out in target.test, or let it start what they need."
)


_MISSING: Final = re.compile(
    r"execvp (\S+): No such file|(?:^|: )(\S+): (?:command )?not found|No module named '?([\w.]+)", re.MULTILINE
)
_RAN: Final = re.compile(r"^Ran (\d+) tests? in \d", re.MULTILINE)
_SKIPPED: Final = re.compile(r"^(?:OK|FAILED|NO TESTS RAN) \((?:[^)\n]*, )?skipped=(\d+)", re.MULTILINE)
_INSTALL: Final = "let target.setup install it into {env}, whose bin comes first on PATH, or target.test name it there."


def tests_unmet(measured: Measured) -> Unmet | None:
    """The first condition on the runs of the tests that does not hold."""
    return (
        base_tests_unmet(measured.base_tests, measured.base_tests_again, measured.flaky)
        or head_tests_unmet(measured.head_tests, None, measured.flaky)
        or lost_unmet(measured.lost)
        or new_test_on_base_unmet(measured.new_test_on_base)
        or new_test_on_head_unmet(measured.new_test_on_head)
    )


def base_tests_unmet(first: CommandRun, again: CommandRun | None, flaky: Sequence[Name]) -> Unmet | None:
    runs = (first,) if again is None else (first, again)
    if over := next((run for run in runs if run.limit is not None), None):
        return over_limit(over, "sound")
    red = [run for run in runs if not _passes_but_for(run, flaky)]
    if not red:
        return None
    if len(red) == len(runs):
        return _red(red[0], "base is red", "The repository's tests fail before any change. Mend them first.")
    what = "The repository's tests pass in one of two runs before any change, and no report says which test differs."
    return _red(red[0], "base is flaky", f"{what} Mend them, or let target.test write a JUnit report to {{report}}.")


def head_tests_unmet(first: CommandRun, again: CommandRun | None, flaky: Sequence[Name]) -> Unmet | None:
    """`again` is a second run, made where the first one failed."""
    runs = (first,) if again is None else (first, again)
    if over := next((run for run in runs if run.limit is not None), None):
        return over_limit(over, "sound")
    if _passes_but_for(first, flaky):
        return None
    if again is None or (not _passes_but_for(again, flaky) and not _nothing_in_common(first, again, flaky)):
        return _red(first, "head is red", "The repository's tests fail with the change. Mend the change.")
    what = "The repository's tests differ between two runs with the change, and did not between two runs before it."
    return _red(first, "flaky at head", f"{what} Mend the change: what it adds depends on time, order or chance.")


def lost_unmet(lost: Sequence[Name]) -> Unmet | None:
    if not lost:
        return None
    what = f"Tests that run before the change do not run with it: {named(lost)}. Mend the change so that they do."
    return Unmet("sound", "fewer tests", what)


def new_test_on_base_unmet(run: CommandRun) -> Unmet | None:
    if run.limit is not None:
        return over_limit(run, "sound")
    if unmet := _nothing_ran(run):
        return unmet
    fails_for_another_reason = run.report is not None and run.report.failed == 0
    if run.exit_code == 0 or fails_for_another_reason:
        detail = "The new test passes without the change, so it proves nothing. Write one that fails there."
        return Unmet("sound", "new test passes on base", f"{detail} {quoted(run)}" if run.exit_code else detail)
    return None


def new_test_on_head_unmet(runs: Sequence[CommandRun]) -> Unmet | None:
    if not runs:
        return Unmet("sound", "new test fails on head", "The new test was never run with the change. Verify again.")
    return next((unmet for run in runs if (unmet := _new_test_unmet(run))), None)


def _new_test_unmet(run: CommandRun) -> Unmet | None:
    if run.limit is not None:
        return over_limit(run, "sound")
    if run.exit_code == 0:
        return _nothing_ran(run)
    what = "The new test fails with the change. Mend the change or the test, or let target.test take a test's path."
    return _red(run, "new test fails on head", what)


def _nothing_ran(run: CommandRun) -> Unmet | None:
    none = _says_that_none_ran(run.output) if run.report is None else run.report.ran == 0
    if not none:
        return None
    what = f"The new test's file runs no test at {run.revision}. Name its tests as the runner finds them; skip none."
    return Unmet("sound", "new test runs nothing", f"{what} {quoted(run)}")


def _says_that_none_ran(output: str) -> bool:
    """By unittest's own last lines, which stand in for a report: it counts what it skips among what it ran."""
    ran = [int(count) for count in _RAN.findall(output)]
    return bool(ran) and sum(ran) <= sum(int(count) for count in _SKIPPED.findall(output))


def _passes_but_for(run: CommandRun, flaky: Sequence[Name]) -> bool:
    failures = _failures(run)
    return run.exit_code == 0 or (failures is not None and failures <= set(flaky))


def _nothing_in_common(first: CommandRun, again: CommandRun, flaky: Sequence[Name]) -> bool:
    """Both runs fail, of different tests each time."""
    one, two = _failures(first), _failures(again)
    return one is not None and two is not None and not (one & two) - set(flaky)


def _failures(run: CommandRun) -> set[Name] | None:
    """The tests that failed; None where the report does not name each, or names none."""
    if run.report is None or not run.report.failures or len(run.report.failures) != run.report.failed:
        return None
    return set(run.report.failures)


def _red(run: CommandRun, reason: Reason, what: str) -> Unmet:
    report = run.report
    failed = f" Failed: {named(report.failures, report.failed)}." if report is not None and report.failures else ""
    network = f" {_NO_NETWORK}" if wants_network(run) else ""
    missing = _MISSING.search(run.output) if reason == "base is red" else None
    program = f" {next(filter(None, missing.groups()))} is not there: {_INSTALL}" if missing else ""
    return Unmet("sound", reason, f"{what}{failed}{network}{program} {quoted(run)}")


def named(tests: Sequence[Name], count: int | None = None) -> str:
    """The first ten, and how many more; `count`: of all of them, where not all names were kept."""
    shown, of = ", ".join(tests[:_NAMED]), len(tests) if count is None else count
    least = "at least " if count is None and len(tests) == MOST_NAMES else ""
    return shown if of <= _NAMED else f"{shown} and {least}{of - _NAMED:,} more"
