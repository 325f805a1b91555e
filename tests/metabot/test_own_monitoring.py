"""Monitors over metabot's own calls."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from metabot import life
from metabot.config import Settings, parse
from metabot.errors import SettingsError
from metabot_instrument import Action, ValidationPipeline


def settings(tmp_path: Path, *monitors: dict[str, object]) -> Settings:
    return parse({"monitoring": {"monitors": list(monitors)}}, name="config.toml", root=tmp_path)


def found(tmp_path: Path) -> list[dict[str, str]]:
    lines = (tmp_path / ".metabot" / life.EVENTS).read_text(encoding="utf-8").splitlines()
    return [one["payload"] for one in map(json.loads, lines) if one["event"] == "anomaly_detected"]


def decide(number: int) -> None:
    """So many decisions, of which the first one approves."""
    pipeline = ValidationPipeline.configured([{"type": "rate_limit", "requests_per_minute": 1, "on_limit": "reject"}])
    for _ in range(number):
        pipeline.validate(Action("model_call", "m"))


def test_what_they_find_in_a_pass_is_an_event_of_its_life(tmp_path: Path) -> None:
    """With the figure, and without anybody's words."""
    with life.of_pass(settings(tmp_path, {"type": "error_analysis", "least": 20}), 1):
        decide(40)
    (one,) = found(tmp_path)
    assert (one["metric"], one["about"]) == ("error_analysis.fails_often", "validator:rate_limit")
    assert one["says"].startswith("validator:rate_limit: 39 of 40 failed (")


def test_they_watch_during_a_pass_alone(tmp_path: Path) -> None:
    """And find nothing where there is nothing."""
    chosen = settings(tmp_path, {"type": "error_analysis"}, {"type": "usage_patterns"})
    with life.of_pass(chosen, 1):
        pass
    decide(40)
    with life.of_pass(chosen, 2):
        pass
    assert found(tmp_path) == []


def test_one_that_cannot_be_made_is_an_error_of_the_settings(tmp_path: Path) -> None:
    """With where it stands and what to do."""
    with (
        pytest.raises(SettingsError, match=r"\[monitoring\] monitors, number 1"),
        life.of_pass(settings(tmp_path, {"type": "performance", "sample_rate": 7}), 1),
    ):
        pass


def test_a_pass_whose_calls_could_not_be_checked_does_not_begin(tmp_path: Path) -> None:
    """The error says which table it is."""
    chosen = parse({"monitoring": {"validators": [{"type": "rate_limit"}]}}, name="config.toml", root=tmp_path)
    with pytest.raises(SettingsError, match=r"\[monitoring\] validators, number 1"), life.of_pass(chosen, 1):
        pass
