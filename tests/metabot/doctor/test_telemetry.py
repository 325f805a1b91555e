"""Sources and the clock."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from metabot.doctor import clock, telemetry
from tests.metabot.doctor.looked import HOUR, export, lines, made, only


def test_sources_that_are_in_order(tmp_path: Path) -> None:
    """How many files, the format, how old the newest record is."""
    export(tmp_path / "telemetry", ns=time.time_ns() - HOUR)
    state, said = only(telemetry.sources, made(tmp_path, sources=[{"path": "telemetry/*.json"}]))
    assert state == "ok"
    assert "1 file, otlp-json, the newest record of 20" in said


@pytest.mark.parametrize(
    ("source", "said"),
    [
        pytest.param(None, "name no source", id="none is named"),
        pytest.param("absent/*.json", "no file of this name or pattern", id="missing"),
        pytest.param("notes.txt", "none of 1 file is in a format", id="no telemetry"),
        pytest.param("empty", "the folder holds no file", id="an empty folder"),
    ],
)
def test_sources_that_bring_nothing(tmp_path: Path, source: str | None, said: str) -> None:
    """Each is a problem, and none hides another."""
    (tmp_path / "notes.txt").write_text("Dear diary")
    (tmp_path / "empty").mkdir()
    named = [] if source is None else [{"path": source}]
    state, words = only(telemetry.sources, made(tmp_path, sources=named))
    assert (state, said in words) == ("problem", True)


def test_telemetry_that_no_pass_would_look_at(tmp_path: Path) -> None:
    """Older than the window, and of other services than the repository's: it would look like a good run."""
    export(tmp_path / "t", ns=time.time_ns() - 48 * HOUR, service="shop")
    found = lines(telemetry.sources, made(tmp_path, sources=[{"path": "t"}], target={"services": ["desk"]}))
    assert [state for state, _ in found] == ["ok", "warning", "warning"]
    assert "nothing of it is of the last 24 hours" in found[1][1]
    assert "its services (shop) are none of" in found[2][1]


def test_telemetry_without_calendar_time(tmp_path: Path) -> None:
    """A run of an agent that tells its steps' order alone."""
    run = {"trajectory_format": "mini-swe-agent-1", "info": {}, "messages": [{"role": "user", "content": "hello"}]}
    run["messages"] += [{"role": "assistant", "content": "```bash\nls\n```"}, {"role": "user", "content": "a"}]
    (tmp_path / "a.traj.json").write_text(json.dumps(run))
    found = lines(telemetry.sources, made(tmp_path, sources=[{"path": "a.traj.json"}]))
    assert [state for state, _ in found] == ["ok", "warning"]
    assert "no calendar time" in found[1][1]


def test_an_address_is_not_asked(tmp_path: Path) -> None:
    """No network by default; port 1 would refuse."""
    assert only(telemetry.sources, made(tmp_path, sources=[{"path": "http://127.0.0.1:1/metrics"}]))[0] == "ok"


def test_a_clock_that_is_behind(tmp_path: Path) -> None:
    """A file was written after now."""
    export(tmp_path / "t", ns=1)
    settings = made(tmp_path, sources=[{"path": "t"}])
    assert only(clock.clock, settings)[0] == "ok"
    later = time.time() + 7_200
    os.utime(tmp_path / "t/desk.json", (later, later))
    state, said = only(clock.clock, settings)
    assert state == "problem"
    assert "desk.json is of" in said
