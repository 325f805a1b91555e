"""What evaluations and users said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.untrusted import Untrusted
from analyzers.usage.scores import scores
from tests.builders import failing, frames, model, scored, tool, trace


def seen(*traces):
    recorded = frames(*traces)
    return scores(recorded.spans, recorded.events)


def run(value, *others, name="reward"):
    return trace(scored(model(), name, value), *others)


def test_runs_that_passed_with_and_without_a_failed_tool():
    """A tool's error need not be the run's."""
    found = seen(run(1, failing(tool("book"))), run(0, failing(tool("book"))), run(1, tool("book")), run(0))
    (reward,) = found.names
    runs = reward.runs
    assert (found.count, found.traces, reward.values, reward.mean) == (4, 4, 4, 0.5)
    assert (runs.scored, runs.passed, runs.failed) == (4, 2, 2)
    assert (runs.with_failed_tool, runs.passed_with_failed_tool) == (2, 1)
    assert (runs.without_failed_tool, runs.passed_without_failed_tool) == (2, 1)


def test_verdicts_are_told_from_marks():
    """Labels of faults beside marks out of five: one mark of 1 is no verdict."""
    node = scored(scored(scored(model(), "fault", 0), "mark", 1), "mark", 4)
    found = seen(trace(node, scored(model(), "comment", None, "fine")))
    assert (found.count, found.verdicts) == (4, 1)


def test_every_score_of_a_name_has_to_pass():
    """A run that passed one check of three did not pass."""
    one = trace(scored(scored(model(), "check", 1), "check", 0))
    assert seen(one).names[0].runs.failed == 1


@pytest.mark.parametrize("value", [None, 4, -1, 0.5, float("nan")])
def test_what_is_no_verdict_passes_nothing(value):
    """A mark out of five, a likelihood, or no number: nobody said what would be enough."""
    (score,) = seen(run(value)).names
    assert score.runs is None


def test_labels_that_come_again_are_counted():
    """A comment that was given once is a comment, and is not shown."""
    node = scored(scored(scored(model(), "fault", 0, "bad plan"), "fault", 0, "bad plan"), "fault", 0, "you fool")
    found = seen(trace(node))
    assert found.names[0].labels == ((Untrusted("bad plan"), 2),)
    assert found.with_text == 3


def test_nothing_scored_is_nothing_said():
    """Most recordings carry no score."""
    found = seen(trace(model()))
    assert (found.count, found.traces, found.names) == (0, 0, ())


@given(st.lists(st.tuples(st.sampled_from([0, 1]), st.booleans()), min_size=1, max_size=8))
def test_runs_add_up(drawn):
    """Each run is counted once, whatever became of it."""
    traces = [run(value, *([failing(tool("t"))] if broke else [])) for value, broke in drawn]
    runs = seen(*traces).names[0].runs
    assert runs.scored == len(drawn) == runs.passed + runs.failed
    assert runs.scored == runs.with_failed_tool + runs.without_failed_tool
    assert runs.passed == runs.passed_with_failed_tool + runs.passed_without_failed_tool
