"""Which declared types and which instrumented points fired."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from metabot_instrument.events.coverage import coverage
from metabot_instrument.events.points import points

_SOURCE = """
from metabot_instrument import *
import metabot_instrument as m

@tracer.span("altitude", "plan")
def plan(kind):
    emit_event("task_started", {})
    m.emit_event(type="eval")
    emit_event(kind)
    append_event({"quality": 1, "event": "rune"})
    append_ledger({"event_type": "replan"})
    emit_task_lifecycle("failed", "t1")
    emit_alert("warning", "x")
    emit_system_event("migration", "x")
    emit_monitoring_snapshot({})
    with m.tracer.span(layer="mem", operation="read"):
        tracer.event("foc", "gate_check")
    match.span("altitude", "plan")
    append_event(dict(event="eval"))
    emit_task_lifecycle(kind, "t1")
    tracer.span(kind, "x")
"""


@pytest.fixture
def app(tmp_path: Path) -> Path:
    folder = tmp_path / "app"
    (folder / ".venv").mkdir(parents=True)
    (folder / "agent.py").write_text(_SOURCE)
    (folder / "broken.py").write_text("def (")
    (folder / "strange.py").write_bytes(b"\0\xff")
    (folder / ".venv" / "installed.py").write_text("emit_event('eval')")
    return folder


def _log(path: Path, *lines: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_finds_the_points_in_the_source(app: Path) -> None:
    """Each call with its line, and what it emits where that stands there; what is installed or broken is left out."""
    found = {(point.line, point.kind, point.name) for point in points([app])}
    assert found == {
        (5, "span", "altitude/plan"),
        (7, "event", "task_started"),
        (8, "event", "eval"),
        (9, "event", None),
        (10, "event", "rune"),
        (11, "event", "replan"),
        (12, "event", "task_failed"),
        (13, "event", "alert_triggered"),
        (14, "event", "migration"),
        (15, "event", "performance_metric"),
        (16, "span", "memory/read"),
        (17, "span", "focus/gate_check"),
        (19, "event", None),
        (20, "event", None),
        (21, "span", None),
    }


def test_tells_what_fired_and_what_never_did(app: Path, tmp_path: Path) -> None:
    """Of eleven points that can be told four fired; long and short names of a layer are one."""
    events = _log(tmp_path / "e", *[{"event": "eval"}] * 3, {"event_type": "rune"}, {"event": "coffee_made"})
    spans = _log(
        tmp_path / "t",
        {"hrm_layer": "alt", "operation": "plan"},
        {"hrm_layer": "memory", "operation": "read"},
        {"hrm_layer": "own", "operation": "x"},
    )
    report = coverage([app], logs=[events], traces=[spans])
    assert report.fired_types == {"eval": 3, "rune": 1}
    assert "task_started" in report.never_types
    assert report.undeclared_types == {"coffee_made": 1}
    assert {point.name: number for point, number in report.fired.items()} == {
        "altitude/plan": 1,
        "eval": 3,
        "rune": 1,
        "memory/read": 1,
    }
    assert [point.line for point in report.never if point.kind == "event"] == [7, 11, 12, 13, 14, 15]
    assert (len(report.never), len(report.untold)) == (7, 4)
    assert report.share == pytest.approx(4 / 11)
    assert not report.reached


def test_an_application_that_fired_all_of_it_reaches_the_aim(tmp_path: Path) -> None:
    """One file may be named itself."""
    source = tmp_path / "one.py"
    source.write_text("emit_event('eval')")
    report = coverage([source], logs=[_log(tmp_path / "e", {"event": "eval"})], traces=[])
    assert (report.share, report.reached, report.never) == (1.0, True, ())


def test_what_no_file_tells_of_is_untold(app: Path, tmp_path: Path) -> None:
    """A span of which no trace file was read is no span that never fired; an event likewise."""
    log = _log(tmp_path / "e", {"event": "eval"})
    report = coverage([app], logs=[log], traces=[tmp_path / "absent"])
    assert (report.logs_read, report.traces_read) == (True, False)
    assert {point.kind for point in (*report.fired, *report.never)} == {"event"}
    assert {point.line for point in report.untold if point.kind == "span"} == {5, 16, 17, 21}
    neither = coverage([app], logs=[tmp_path / "absent"], traces=[])
    assert (neither.share, neither.never, len(neither.untold)) == (None, (), 15)


def test_without_points_the_share_is_unknown(tmp_path: Path, log: Path) -> None:
    """Nothing is no hundred percent; by default the logs are those of the settings."""
    report = coverage([tmp_path], traces=[])
    assert (report.share, report.reached, report.types_share) == (None, False, 0.0)
