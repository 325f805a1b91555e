"""Runs by what they are, whatever the order in which they ended."""

from __future__ import annotations

from dataclasses import replace

from metabot.cli.proposal_runs import numbered
from tests.tried import tried

EVALUATION = ("{env}/bin/python", "-m", "app.evaluate")


def test_an_evaluation_that_ended_first_is_not_taken_for_the_tests() -> None:
    """The tests are the command that is run for the new test alone as well."""
    made = tried()
    evaluation = replace(made.runs_before[0], command=EVALUATION, report=None)
    before = (evaluation, *made.runs_before)
    whats = [one.what for one in numbered(replace(made, runs_before=before))]
    assert whats[:2] == ["measurement", "tests"]
    assert "new test" in whats[2:]


def test_before_the_new_test_was_run_a_report_tells_the_tests() -> None:
    """Of a proposal that the base's red tests stopped."""
    made = tried(stop=("sound", "base is red"))
    (base,) = made.runs_before
    before = (replace(base, command=EVALUATION, report=None), base)
    assert [one.what for one in numbered(replace(made, runs=(), runs_before=before))] == ["measurement", "tests"]
