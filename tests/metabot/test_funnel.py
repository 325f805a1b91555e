"""The funnel counts every finding once."""

from __future__ import annotations

from itertools import pairwise
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.funnel import STEPS, End, Step, funnel, stopped_at
from metabot.stopped import Reason, Stage


def test_counts_what_came_so_far_and_why_the_others_did_not() -> None:
    """Reasons stand at the step that was not reached, most first; what nothing stopped is counted apart."""
    red = stopped_at("sound", "head is red")
    steps = {
        one.step: one
        for one in funnel([End("opened", None), red, red, stopped_at("sound", "base is red"), End("found", None)])
    }
    assert [one.count for one in steps.values()] == [5, 4, 4, 4, 1, 1, 1]
    assert steps["sound"].stopped == (("head is red", 2), ("base is red", 1))
    assert (steps["placed"].stopped, steps["placed"].left) == ((), 1)


@pytest.mark.parametrize("stage", get_args(Stage))
def test_a_stop_reached_the_step_before(stage: Stage) -> None:
    """Stopped at written means that nothing was written."""
    end = stopped_at(stage, "not found")
    assert STEPS.index(end.reached) == STEPS.index(stage) - 1


@given(st.lists(st.builds(End, st.sampled_from(STEPS[:-1]), st.sampled_from([None, *get_args(Reason)]))))
def test_nothing_is_lost_between_two_steps(ends: list[End]) -> None:
    """What came to a step, less what stopped or was left, is what came to the next."""
    steps = funnel(ends)
    assert steps[0].count == len(ends)
    for before, after in pairwise(steps):
        assert after.count == before.count - sum(count for _, count in after.stopped) - after.left


def test_no_finding_is_an_empty_funnel() -> None:
    """Every step is there, with nothing in it."""
    assert funnel([]) == tuple(Step(step=step, count=0, stopped=(), left=0) for step in STEPS)
