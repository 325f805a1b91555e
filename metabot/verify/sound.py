"""Whether the tests show the change to be sound: the conditions on their runs, one function each."""

from __future__ import annotations

from collections.abc import Sequence

from metabot.stopped import Reason
from metabot.verify.measured import CommandRun, Measured
from metabot.verify.unmet import Unmet, over_limit, quoted


def tests_unmet(measured: Measured) -> Unmet | None:
    """The first condition on the runs of the tests that does not hold."""
    return (
        base_tests_unmet(measured.base_tests)
        or head_tests_unmet(measured.head_tests)
        or new_test_on_base_unmet(measured.new_test_on_base)
        or new_test_on_head_unmet(measured.new_test_on_head)
    )


def base_tests_unmet(run: CommandRun) -> Unmet | None:
    return _red(run, "base is red", "The repository's tests fail before any change. Mend them first.")


def head_tests_unmet(run: CommandRun) -> Unmet | None:
    return _red(run, "head is red", "The repository's tests fail with the change. Mend the change.")


def new_test_on_base_unmet(run: CommandRun) -> Unmet | None:
    if run.limit is not None:
        return over_limit(run, "sound")
    if run.exit_code == 0:
        detail = "The new test passes without the change, so it proves nothing. Write one that fails there."
        return Unmet("sound", "new test passes on base", detail)
    return None


def new_test_on_head_unmet(runs: Sequence[CommandRun]) -> Unmet | None:
    if not runs:
        return Unmet("sound", "new test fails on head", "The new test was never run with the change. Verify again.")
    what = "The new test fails with the change. Mend the change or the test."
    return next((unmet for run in runs if (unmet := _red(run, "new test fails on head", what))), None)


def _red(run: CommandRun, reason: Reason, what: str) -> Unmet | None:
    if run.limit is not None:
        return over_limit(run, "sound")
    return Unmet("sound", reason, f"{what} {quoted(run)}") if run.exit_code != 0 else None
