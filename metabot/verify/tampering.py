"""Whether what measures a change was left alone, and whether a fresh start says the same: the conditions. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median
from typing import Final

from metabot.verify.figures import TIMED
from metabot.verify.measured import CommandRun, Evaluated, Measured
from metabot.verify.sound import head_tests_unmet
from metabot.verify.unmet import Unmet, quoted

_KEPT_SHARE: Final = 0.5  # of a counted gain that the fresh start must show, too


def tampering_unmet(runs: Iterable[CommandRun]) -> Unmet | None:
    """No run rewrote what measures it."""
    for run in runs:
        if run.rewritten:
            what = f"A run at {run.revision} rewrote what measures it: {', '.join(run.rewritten[:10])}."
            return Unmet("sound", "measurement tampered", f"{what} Mend the change. {quoted(run)}")
    return None


def runs_of(measured: Measured) -> tuple[CommandRun, ...]:
    timed = (*(one.run for one in measured.evaluations), *(one.run for one in measured.benchmarks))
    return (measured.head_tests, measured.new_test_on_base, *measured.new_test_on_head, *timed)


def rechecked_unmet(measured: Measured) -> Unmet | None:
    """What was run again from a fresh worktree agrees; true where nothing was run again yet."""
    again = measured.rechecked
    if again is None:
        return None
    if again.alarm is not None and again.alarm.exit_code == 0:
        what = "With the change a test that must fail passes: no result of a test can be believed. Mend the change."
        return Unmet("sound", "measurement tampered", f"{what} {quoted(again.alarm)}")
    if again.new_test.exit_code != 0:
        where = "From a fresh worktree, with another host name, user, home and place of the repository,"
        what = f"{where} the new test fails with the change, where it passed before. Mend the change."
        return Unmet("sound", "not reproduced", f"{what} {quoted(again.new_test)}")
    if again.tests_alone is not None and (unmet := head_tests_unmet(again.tests_alone, None, measured.flaky)):
        what = "Without the new test the repository's tests do not pass with the change: it hides that."
        return unmet if again.tests_alone.limit else Unmet("sound", "measurement tampered", f"{what} {unmet.detail}")
    return None if again.evaluated is None else _evaluation_unmet(measured, again.evaluated)


def _evaluation_unmet(measured: Measured, again: Evaluated) -> Unmet | None:
    what = "The evaluation from a fresh worktree, in a sandbox of another look that does not say that a replay answers,"
    todo = "Mend the change: it must not depend on where it runs, or on whether it is measured."
    needs_metric = not measured.benchmarks  # which tell the gain in its place
    if again.run.exit_code != 0 or (needs_metric and again.metric is None):
        return Unmet("better", "not reproduced", f"{what} tells nothing. {todo} {quoted(again.run)}")
    before = [one.metric.value for one in measured.base if one.metric is not None]
    after = [one.metric.value for one in measured.head if one.metric is not None]
    if needs_metric and again.metric is not None and before and after:
        share = 0.0 if again.metric.unit in TIMED and not again.paced else _KEPT_SHARE
        most = median(before) - share * (median(before) - median(after))
        if again.metric.value >= most and again.metric.value > median(after):
            figures = f"{median(before):g} → {median(after):g} before, now {again.metric.value:g} {again.metric.unit}"
            return Unmet("better", "not reproduced", f"{what} does not show the gain: {figures}. {todo}")
    scores = [one.score for one in measured.head if one.score is not None]
    if scores and (again.score is None or again.score < min(scores)):
        score = "none" if again.score is None else f"{again.score:g}"
        return Unmet("better", "not reproduced", f"{what} scores less: {min(scores):g} before, now {score}. {todo}")
    return None
