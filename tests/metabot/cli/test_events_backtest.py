"""`metabot events backtest`, on logs and histories as files."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.analyzers.usage.test_plans import logged
from tests.metabot.cli.command import metabot

_BEGIN = 1_795_240_800
_WORDS = {1: "low", 2: "medium", 3: "high"}


def write_log(path: Path, events: list[dict[str, Any]]) -> None:
    path.write_text("".join(f"{json.dumps(event)}\n" for event in events))


def plan_events(count: int, effect: float, kind: str = "plan_proposed") -> tuple[list[dict[str, Any]], str]:
    """A log of plans, and the gauge's history as Prometheus' text."""
    plans, (gauge,) = logged(count, effect=effect)
    events = [
        {
            "event": kind,
            "service": "desk",
            "unix_time": _BEGIN + plan.time_ns / 1e9,
            "payload": {"priority": _WORDS[int(plan.priority)]},
        }
        for plan in plans
    ]
    samples = zip(gauge.times_ns, gauge.values, strict=True)
    text = "".join(f"pforge_efficiency {value} {_BEGIN * 1000 + at // 10**6}\n" for at, value in samples)
    return events, f"# TYPE pforge_efficiency gauge\n{text}"


def told(folder: Path, *arguments: str) -> dict[str, Any]:
    done = metabot("events", "backtest", "--log", "log.jsonl", "--format", "json", *arguments, cwd=folder)
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


@pytest.mark.parametrize("kind", ["plan_proposed", "PLAN.PROPOSED"])
def test_an_effect_is_said_with_its_figures(tmp_path: Path, kind: str) -> None:
    """In one screen: how many plans, the correlation with its interval, words, and a bar a priority."""
    events, text = plan_events(80, 1.0, kind)
    write_log(tmp_path / "log.jsonl", events)
    (tmp_path / "history.prom").write_text(text)
    done = metabot(
        "events", "backtest", "--log", "log.jsonl", "--metrics", "history.prom", "--horizon", "60", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "80 plans compared: priority with the change of pforge_efficiency within 60 s"
    assert re.match(r"rank correlation \+0\.\d\d \(95 % CI \+0\.\d\d to \+0\.\d\d, n = 80\)", lines[1])
    assert lines[2].startswith("Plans of higher priority moved pforge_efficiency up more than")
    assert [line.split()[1] for line in lines[-3:]] == ["high", "medium", "low"]
    assert max(map(len, lines)) <= 80


def test_without_an_effect_it_says_that_nothing_can_be_said(tmp_path: Path) -> None:
    """The interval holds 0."""
    events, text = plan_events(60, 0.0)
    write_log(tmp_path / "log.jsonl", events)
    (tmp_path / "history.prom").write_text(text)
    said = told(tmp_path, "--metrics", "history.prom", "--horizon", "60")
    assert said["verdict"] is None
    assert said["interval"][0] < 0 < said["interval"][1]


def test_the_history_may_stand_in_the_log_itself(tmp_path: Path) -> None:
    """As performance_metric events, by the gauge's whole name or its last word; what is no number is not there."""
    events: list[dict[str, Any]] = []
    for number, (priority, change) in enumerate([(1, 0.1), (3, 0.5), ("7", 0.9), ("P1", 0.2), (None, 0.1)]):
        at = _BEGIN + number * 1000
        events += [
            {"event": "performance_metric", "unix_time": at - 5, "payload": {"efficiency": 0}},
            {"event": "plan_proposed", "unix_time": at, "payload": {"priority": priority}},
            {"event": "performance_metric", "unix_time": at + 5, "payload": {"metrics": {"pforge_efficiency": change}}},
            {"event": "performance_metric", "unix_time": at + 6, "payload": {"efficiency": "high"}},
        ]
    events.append({"event": "plan_proposed", "payload": {"priority": 1}})
    events.append({"event": "plan_proposed", "unix_time": _BEGIN, "payload": {"priority": "high"}})
    write_log(tmp_path / "log.jsonl", events)
    said = told(tmp_path, "--horizon", "60")
    assert (said["plans"], said["groups"]) == (3, 3)
    assert said["left_out"] == {"no priority": 2, "no time": 1, "priority of another kind": 1}
    assert [level["mean_change"] for level in said["levels"]] == [0.1, 0.5, 0.9]


def test_prometheus_own_answer_is_read(tmp_path: Path) -> None:
    """Of a range query: a matrix, whose values are texts; a gauge of another name is not taken."""
    write_log(tmp_path / "log.jsonl", [{"event": "plan_proposed", "unix_time": _BEGIN, "payload": {"priority": 1}}])
    result = [
        {
            "metric": {"__name__": "pforge_efficiency", "job": "desk"},
            "values": [[_BEGIN - 1, "0.5"], [_BEGIN + 1, "0.7"]],
        },
        {"metric": {"__name__": "pforge_entropy"}, "values": [[_BEGIN - 1, "5"], [_BEGIN + 1, "NaN"]]},
    ]
    (tmp_path / "answer.json").write_text(json.dumps({"status": "success", "data": {"result": result}}))
    said = told(tmp_path, "--metrics", "answer.json")
    assert (said["plans"], said["series"]) == (1, 1)
    assert said["levels"][0]["mean_change"] == pytest.approx(0.2)


def test_one_plan_is_no_backtest(tmp_path: Path) -> None:
    """It says so, and why."""
    events, text = plan_events(1, 1.0)
    write_log(tmp_path / "log.jsonl", events)
    (tmp_path / "history.prom").write_text(text)
    done = metabot(
        "events", "backtest", "--log", "log.jsonl", "--metrics", "history.prom", "--horizon", "60", cwd=tmp_path
    )
    assert "rank correlation: none, since there are not two plans to compare" in done.stdout
    assert "are too few" in done.stdout


def test_the_stores_samples_are_taken_when_asked_for(tmp_path: Path) -> None:
    """Of the configured store, as metabot load filled it."""
    events, text = plan_events(25, 1.0)
    write_log(tmp_path / "log.jsonl", events)
    (tmp_path / "history.prom").write_text(text)
    (tmp_path / "config.toml").write_text("")
    assert metabot("load", "history.prom", cwd=tmp_path).returncode == 0
    assert told(tmp_path, "--store", "--horizon", "60")["plans"] == 25


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(None, "cannot be read", id="no file"),
        pytest.param('{"data": 1}', "is no answer to a range query", id="another answer"),
        pytest.param('{"data": {"result": [{"metric": {}, "values": [[1]]}]}}', "is no answer", id="half a value"),
        pytest.param("{" * 100_000, "is no answer", id="braces without end"),
    ],
)
def test_a_history_that_cannot_be_read_says_what_to_name(tmp_path: Path, content: str | None, says: str) -> None:
    """With exit code 2."""
    write_log(tmp_path / "log.jsonl", [])
    if content is not None:
        (tmp_path / "answer.json").write_text(content)
    done = metabot("events", "backtest", "--log", "log.jsonl", "--metrics", "answer.json", cwd=tmp_path)
    assert (done.returncode, says in done.stderr) == (2, True)


def test_a_log_that_is_not_there_says_so(tmp_path: Path) -> None:
    """And how to name one."""
    done = metabot("events", "backtest", "--log", "none.jsonl", cwd=tmp_path)
    assert (done.returncode, "--log" in done.stderr) == (2, True)
