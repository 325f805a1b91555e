"""Playing a log back."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from metabot_instrument.events.playback import playback, timed


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    path = tmp_path / "recorded.jsonl"
    at = "2026-11-22T00:00:0{}+00:00"
    events = [
        {"event": "task_started", "timestamp": at.format(0), "unix_time": 100.0, "writer": "x", "seq": 1},
        {"event": "eval"},
        {"event": "task_completed", "timestamp": at.format(2), "unix_time": 102.0, "payload": {"q": 1}},
        {"event": "alert_triggered", "unix_time": 101.0},
    ]
    path.write_text("".join(json.dumps(event) + "\n" for event in events))
    return path


def test_keeps_order_and_distances_divided_by_the_speed(recorded: Path) -> None:
    """Two seconds at ten times the speed; an event without a time, or of an earlier one, follows at once."""
    began = time.monotonic()
    sent: list[tuple[str, float]] = []
    number = playback(recorded, speed=10, send=lambda event: sent.append((event["event"], time.monotonic() - began)))
    assert number == 4
    assert [kind for kind, _ in sent] == ["task_started", "eval", "task_completed", "alert_triggered"]
    assert sent[1][1] < 0.15
    assert sent[2][1] >= 0.2


def test_at_speed_nought_everything_comes_at_once(recorded: Path) -> None:
    """And only the types that were asked for."""
    sent: list[dict[str, Any]] = []
    began = time.monotonic()
    assert playback(recorded, speed=0, types=["task_*"], send=sent.append) == 2
    assert time.monotonic() - began < 1
    assert [event["event"] for event in sent] == ["task_started", "task_completed"]


def test_plays_into_the_log_by_itself(recorded: Path, log: Path) -> None:
    """Marked as playback, with the time of now, and the recorded one beside it."""
    playback(recorded, speed=0)
    written = [json.loads(line) for line in log.read_bytes().splitlines()]
    assert [event["event"] for event in written] == ["task_started", "eval", "task_completed", "alert_triggered"]
    assert all(event["playback"] is True and event["unix_time"] > 1e9 for event in written)
    assert written[2]["recorded_at"] == "2026-11-22T00:00:02+00:00"
    assert written[2]["payload"] == {"q": 1}


def test_plays_a_log_into_itself_once(log: Path, recorded: Path) -> None:
    """It does not go on for ever with what it has just written."""
    playback(recorded, speed=0)
    assert playback(log, speed=0) == 4


def test_refuses_to_run_backwards(recorded: Path) -> None:
    """A speed below nought has no meaning."""
    with pytest.raises(ValueError, match="backwards"):
        playback(recorded, speed=-1)


def test_an_absurd_time_waits_for_nothing(tmp_path: Path) -> None:
    """Milliseconds, digits without end, no number, the last year that there is: each event follows at once."""
    times = ("1768305606123", "1" + "0" * 400, "NaN", "Infinity", '"9999-12-31T00:00:00+00:00"')
    path = tmp_path / "absurd.jsonl"
    path.write_text("".join(f'{{"event":"eval","{name}":{at}}}\n' for name in ("ts", "unix_time") for at in times))
    assert playback(path, send=lambda _: None) == 10


@pytest.mark.parametrize(
    ("times", "speed", "due"),
    [
        pytest.param([100, 102, 101, 103], 1, [0, 2, 2, 3], id="an earlier one follows at once"),
        pytest.param([0, 4e9, 4e9 + 1], 1, [0, 3600, 3601], id="at most an hour"),
        pytest.param([4e9, 10, 11], 1, [0, 0, 1], id="a clock that was set back"),
        pytest.param([0, 5], 1e-320, [0, 3600], id="hardly any speed"),
        pytest.param([0, None, 5], 5, [0, 0, 1], id="no time"),
    ],
)
def test_says_when_each_is_due(times: list[float | None], speed: float, due: list[float]) -> None:
    """In seconds after the first, divided by the speed."""
    events = [{"event": "eval", "ts": at} for at in times]
    assert [after for _, after in timed(events, speed)] == due
