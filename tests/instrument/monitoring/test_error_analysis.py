"""Failures of actions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot_instrument.monitoring.error_analysis import ErrorAnalysis
from metabot_instrument.monitoring.observation import Observation
from metabot_instrument.monitoring.shares import wilson


def watched(errors, **settings):
    monitor = ErrorAnalysis(**settings)
    for at, error in enumerate(errors):
        monitor.take(Observation("tool", "search", 1_768_305_600.0 + at, 1.0, error))
    return monitor


def test_errors_by_type_with_their_share_and_its_interval():
    """Wilson's, as the formula gives it for 3 of 10."""
    (told,) = watched([None] * 7 + ["Timeout", "Timeout", "KeyError"]).figures()["actions"].values()
    assert told["types"] == {"Timeout": {"counted": 2, "estimate": 2.0}, "KeyError": {"counted": 1, "estimate": 1.0}}
    assert told["errors"]["counted"] == 3
    assert told["error_share"] == pytest.approx({"share": 0.3, "low": 0.1078, "high": 0.6032}, abs=1e-4)


@given(st.integers(1, 10_000).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole))))
def test_an_interval_holds_its_share(counts):
    """And lies between 0 and 1."""
    share = wilson(*counts)
    assert 0 <= share.low <= share.share + 1e-12
    assert share.share - 1e-12 <= share.high <= 1


def test_an_action_that_fails_often_is_found():
    """With its share, its interval and what it fails with most."""
    (found,) = watched(([None] * 4 + ["Timeout"]) * 20).found()
    assert (found.kind, found.about, found.figures["errors"]) == ("fails_often", "tool:search", 20)
    assert found.says == "tool:search: 20 of 100 failed (20%, 95 % interval 13% to 29%), most often Timeout"


def test_an_error_that_never_came_before_is_found():
    """After a hundred actions without it, with how often it came since."""
    (found,) = watched([None] * 150 + ["KeyError", None, "KeyError"]).found()
    assert (found.kind, found.figures) == ("new_error", {"error": "KeyError", "before": 150, "since": 2})
    assert found.says == "tool:search: KeyError came up after 150 without it, 2 of it since"


@pytest.mark.parametrize("errors", [
    pytest.param(["Timeout", None, None], id="one of three may be chance"),
    pytest.param(([None] * 99 + ["Timeout"]) * 10, id="one of a hundred, from the beginning"),
    pytest.param([None] * 50 + ["KeyError"], id="after too few to call it new"),
    pytest.param([None] * 1_000, id="none"),
])  # fmt: skip
def test_says_nothing_when(errors):
    """Each of these once looked like trouble and is not."""
    assert watched(errors).found() == []


def test_types_without_end_stay_within_bounds():
    """Those beyond fifty are one type, and none of them is told as new."""
    monitor = watched([None] * 100 + [f"E{number}" for number in range(1_000)])
    (told,) = monitor.figures()["actions"].values()
    assert (len(told["types"]), told["types"]["(other)"]["counted"], told["errors"]["counted"]) == (51, 950, 1_000)
    assert len(monitor.found()) == 51


def test_actions_without_end_stay_within_bounds():
    """Those beyond five hundred are one action, and a hundred errors are told as new."""
    monitor = ErrorAnalysis(quiet=1)
    for number in range(1_000):
        for error in (None, "KeyError"):
            monitor.take(Observation("tool", f"search {number}", 1_768_305_600.0, 1.0, error))
    actions = monitor.figures()["actions"]
    assert (len(actions), actions["(other):(other)"]["counted"]) == (501, 1_000)
    assert [found.kind for found in monitor.found()].count("new_error") == 100


def test_a_sample_is_said_to_be_one():
    """In the sentence, too."""
    (found,) = watched(["Timeout"] * 500, sample_rate=0.5).found()
    assert found.says.endswith("(of a sample of 0.5)")
