"""What a pull request says of tests beside their ends."""

from __future__ import annotations

from dataclasses import replace

import proposals

from analyzers.untrusted import Name
from metabot.publish.tested import executed, untested
from metabot.verify.tested import Coverage

TOLD = proposals.measured()
PLAIN = replace(TOLD, base_tests=replace(TOLD.base_tests, report=None))


def test_nothing_is_left_open() -> None:
    """A report, no flaky test, every changed line executed."""
    found = replace(TOLD, coverage=Coverage(of="suite", lines=3, covered=3, missed=()))
    assert list(untested(found)) == []
    assert list(executed(found)) == [("Changed lines that the suite executes", "", "3 of 3")]


def test_what_is_left_open_is_named() -> None:
    """Flaky tests by name, lines by place, which is somebody's file name and stands as code; ten of each are enough."""
    missed = tuple(f"app/a.py:{line}" for line in range(1, 13))
    coverage = Coverage(of="new test", lines=14, covered=2, missed=missed)
    flaky, lines = untested(replace(TOLD, flaky=(Name("a::b"),), coverage=coverage))
    assert flaky.endswith("without the change: a::b.")
    assert lines.endswith("`app/a.py:10` and 2 more.")
    assert next(executed(replace(TOLD, coverage=coverage)))[0] == "Changed lines that the new test alone executes"


def test_what_was_not_measured_is_said() -> None:
    """No report, no coverage, and why."""
    coverage = Coverage(of="suite", lines=0, covered=0, missed=(), unknown="the change edits no Python file")
    report, lines = untested(replace(PLAIN, coverage=coverage))
    assert "leaves no report" in report
    assert lines.endswith("execute: the change edits no Python file.")
    assert list(executed(replace(PLAIN, coverage=coverage))) == []
