"""`metabot events …`: an application's event log from a shell."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.sync.client import connect

from metabot.cli.events_lines import EventLines, as_json
from metabot_instrument.vocabulary.event_types import EVENT_TYPES
from tests.metabot.cli.command import Done, metabot

ROOT = Path(__file__).parents[3]
SOON = 20.0


def events(folder: Path, *arguments: str) -> Done:
    return metabot("events", *arguments, cwd=folder)


def emit(folder: Path, *arguments: str) -> Done:
    return events(folder, "emit", *arguments, "--log", "log.jsonl")


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def write(path: Path, *found: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(event) + "\n" for event in found))
    return path


def test_emits_an_event_with_json_values(tmp_path: Path) -> None:
    """Values are JSON where they parse, else texts; NaN is no JSON; the ids stand beside the payload."""
    values = ("share=0.25", "canary=true", 'list=[1,{"a":null}]', "version=1.4.2", "note=two words", "x=NaN", "empty=")
    done = emit(tmp_path, "deployment", *values, "--task-id", "t", "--session-id", "s", "--persona-id", "p")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    (event,) = lines(tmp_path / "log.jsonl")
    assert event["payload"] == {
        "share": 0.25, "canary": True, "list": [1, {"a": None}], "version": "1.4.2", "note": "two words", "x": "NaN",
        "empty": "",
    }  # fmt: skip
    assert (event["event"], event["task_id"], event["session_id"], event["persona_id"]) == ("deployment", "t", "s", "p")


def test_an_unknown_type_is_written_and_said(tmp_path: Path) -> None:
    """With the nearest declared one; the exit code is 0."""
    done = emit(tmp_path, "task_startd")
    assert done.returncode == 0
    assert "did you mean task_started?" in done.stderr
    assert lines(tmp_path / "log.jsonl")[0]["unknown_type"] is True


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        pytest.param(["emit", "eval", "novalue"], 2, "KEY=VALUE", id="a word that is no pair"),
        pytest.param(["emit", "eval", "--log", "."], 5, "could not be written", id="a log that cannot be written"),
        pytest.param(["tail", "--no-follow", "--log", "."], 2, "cannot be read", id="a log that cannot be read"),
        pytest.param(["playback", "absent.jsonl"], 2, "no such event log", id="a recording that is not there"),
        pytest.param(["playback", "log.jsonl", "--into", "log.jsonl"], 2, "Name another", id="played into itself"),
        pytest.param(["coverage", "absent"], 2, "is not there", id="sources that are not there"),
        pytest.param(["stream", "--host", "0.0.0.0"], 2, "--token-env", id="a stream that is open to everybody"),
        pytest.param(["stream", "--token-env", "NOT_SET"], 2, "NOT_SET", id="a token that is not set"),
    ],
)
def test_wrong_use_says_what_to_do(tmp_path: Path, arguments: list[str], code: int, said: str) -> None:
    """On standard error, without a traceback; nothing is printed as data."""
    write(tmp_path / "log.jsonl", {"event": "eval"})
    done = events(tmp_path, *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert "\n  " in done.stderr


def test_a_failure_is_of_its_own_event(tmp_path: Path) -> None:
    """What could not be written before does not make the next one fail in the same process."""
    assert events(tmp_path, "emit", "eval", "--log", ".").returncode == 5
    assert emit(tmp_path, "eval").returncode == 0


def test_lists_the_catalogue(tmp_path: Path) -> None:
    """Every declared type, by group, in 80 columns; as JSON with all that is known of it."""
    table = events(tmp_path, "types").stdout
    assert all(f"  {name}" in table for name in EVENT_TYPES)
    assert max(map(len, table.splitlines())) <= 80
    values = json.loads(events(tmp_path, "types", "--format", "json").stdout)
    assert [one["type"] for one in values["types"]] == list(EVENT_TYPES)


RECORDED = (
    {"event": "task_started", "unix_time": 1795240800.0, "task_id": "t1", "payload": {"goal": "a b"}},
    {"event": "alert_triggered", "unix_time": 1795240800.2, "session_id": "s1", "payload": {"severity": "warning"}},
    {"event_type": "eval", "timestamp": "2026-11-21T09:00:01+01:00", "quality": 0.5, "unknown_type": True},
    {"event": "task_failed", "timestamp": "yesterday", "task_id": "t1", "payload": "all\x1b[31m \u202eof it"},
)


def test_prints_the_last_events(tmp_path: Path) -> None:
    """In 80 columns: the day once, the time, type, what it belongs to and its payload; control characters are shown."""
    write(tmp_path / "log.jsonl", *RECORDED)
    done = events(tmp_path, "tail", "--no-follow", "--log", "log.jsonl")
    assert done.stdout.splitlines() == [
        "2026-11-21 (UTC)",
        '06:00:00.000 task_started task=t1 goal="a b"',
        "06:00:00.200 alert_triggered session=s1 severity=warning",
        "08:00:01.000 eval (unknown type) quality=0.5",
        'no time      task_failed task=t1 payload="all\\u001b[31m \N{REPLACEMENT CHARACTER}of it"',
    ]


def test_shows_a_time_by_any_of_its_names(tmp_path: Path) -> None:
    """`ts` as well; one that no clock has is none."""
    write(tmp_path / "log.jsonl", {"event": "eval", "ts": 1795240800.25}, {"event": "eval", "ts": 1795240800250})
    done = events(tmp_path, "tail", "--no-follow", "--log", "log.jsonl")
    assert done.stdout.splitlines() == ["2026-11-21 (UTC)", "06:00:00.250 eval", "no time      eval"]


@pytest.mark.parametrize(
    ("arguments", "types"),
    [
        pytest.param(["--type", "alert_*"], ["alert_triggered"], id="a glob"),
        pytest.param(["--type", "alert_*", "--type", "eval"], ["alert_triggered", "eval"], id="two of them"),
        pytest.param(["--task", "t1"], ["task_started", "task_failed"], id="a task"),
        pytest.param(["--session", "s1"], ["alert_triggered"], id="a session"),
        pytest.param(["--task", "t1", "--last", "1"], ["task_failed"], id="the last one of a task"),
    ],
)
def test_chooses(tmp_path: Path, arguments: list[str], types: list[str]) -> None:
    """The last ones are counted after choosing; JSON is one event a line as it was recorded, in ASCII."""
    write(tmp_path / "log.jsonl", *RECORDED)
    done = events(tmp_path, "tail", "--no-follow", "--format", "json", "--log", "log.jsonl", *arguments)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one.get("event") or one.get("event_type") for one in found] == types
    assert all(one in RECORDED for one in found)
    assert done.stdout.isascii()


def test_plays_back_at_the_recorded_distances(tmp_path: Path) -> None:
    """Ten times as fast, 200 ms take 20; into another log they are marked, with the time of now."""
    write(tmp_path / "log.jsonl", *RECORDED[:2])
    began = time.monotonic()
    done = events(tmp_path, "playback", "log.jsonl", "--speed", "1", "--format", "json")
    assert time.monotonic() - began >= 0.2
    assert [json.loads(line) for line in done.stdout.splitlines()] == list(RECORDED[:2])
    done = events(tmp_path, "playback", "log.jsonl", "--speed", "10", "--type", "alert_*", "--into", "again.jsonl")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "1 event written to again.jsonl\n")
    (again,) = lines(tmp_path / "again.jsonl")
    assert (again["event"], again["session_id"], again["playback"]) == ("alert_triggered", "s1", True)
    assert again["unix_time"] > 1795240800.2
    assert len(lines(tmp_path / "log.jsonl")) == 2


SOURCE = """
emit_event("task_started", {})
emit_event("task_failed", {})
emit_event(computed, {})
tracer.span("altitude", "plan", "agent.py")
"""


def test_tells_what_never_fired(tmp_path: Path) -> None:
    """Points by file and line, with the share of those that fired; 4 where it is below the limit."""
    (tmp_path / "agent.py").write_text(SOURCE)
    write(tmp_path / "log.jsonl", {"event": "task_started"}, {"event": "homemade"})
    asked = ["coverage", "agent.py", "--log", "log.jsonl", "--trace", "log.jsonl"]
    done = events(tmp_path, *asked, "--fail-under", "95")
    assert done.returncode == 4
    assert "1 of 3 instrumented points fired (33.3%; aim 95%)" in done.stdout
    assert "agent.py:3  event  task_failed" in done.stdout
    assert "agent.py:5  span   altitude/plan" in done.stdout
    assert "agent.py:4" in done.stdout.partition("computed")[2]
    assert "homemade (1)" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert events(tmp_path, *asked, "--fail-under", "33").returncode == 0
    values = json.loads(events(tmp_path, *asked, "--format", "json").stdout)
    assert [one["line"] for one in values["points"]["never"]] == [3, 5]
    assert values["types"]["fired"] == {"task_started": 1}


@pytest.mark.parametrize(
    ("source", "under", "code", "said"),
    [
        pytest.param(SOURCE, "50", 0, "reached by those that could be told", id="events alone suffice"),
        pytest.param(SOURCE, "51", 4, "50.0%", id="events alone are too few"),
        pytest.param('tracer.span("altitude", "plan")', "95", 0, "not checked", id="nothing but spans"),
        pytest.param("", "95", 4, "nothing could be told", id="no point at all"),
    ],
)
def test_spans_without_a_trace_file_are_not_known(
    tmp_path: Path, source: str, under: str, code: int, said: str
) -> None:
    """That none was read is said; they neither fired nor failed to."""
    (tmp_path / "agent.py").write_text(source)
    write(tmp_path / "log.jsonl", {"event": "task_started"})
    done = events(tmp_path, "coverage", "agent.py", "--log", "log.jsonl", "--fail-under", under)
    assert done.returncode == code
    assert "no trace file was read: --trace" in done.stderr
    assert said in done.stderr
    assert "altitude/plan" not in done.stdout.partition("never fired:")[2].partition("not known")[0]
    assert "no event log" not in done.stderr


def test_types_without_a_log_are_not_known(tmp_path: Path) -> None:
    """No share of them, and no failure below one."""
    done = events(tmp_path, "coverage", "--fail-under", "95", "--format", "json")
    assert done.returncode == 0
    assert "no event log was read: --log" in done.stderr
    assert "not checked" in done.stderr
    assert json.loads(done.stdout)["types"] == {"share": None, "fired": {}, "never": [], "undeclared": {}}
    assert "is not known" in events(tmp_path, "coverage").stdout


def test_json_is_described(tmp_path: Path) -> None:
    """docs/json.md names every key of what these commands print as JSON."""
    (tmp_path / "agent.py").write_text(SOURCE)
    write(tmp_path / "log.jsonl", *RECORDED)
    page = (ROOT / "docs/json.md").read_text()
    for arguments in (["types"], ["coverage", "agent.py", "--log", "log.jsonl", "--trace", "log.jsonl"]):
        values = json.loads(events(tmp_path, *arguments, "--format", "json").stdout)
        assert values["schema"] in page
        inner = values["types"][0] if "points" not in values else {**values["points"], **values["types"]}
        assert {key for key in (*values, *inner) if f"`{key}" not in page} == set()


@contextmanager
def running(folder: Path, *arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "metabot.cli.main", "events", *arguments],
        cwd=folder, env={**os.environ, "METABOT_EVENTS_PATH": "log.jsonl", **environment}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.slow
def test_follows_a_log_until_ctrl_c(tmp_path: Path) -> None:
    """What is there, then what comes, each as soon as it is written, also into a pipe; then it ends with 0, quietly."""
    write(tmp_path / "log.jsonl", *RECORDED)
    with running(tmp_path, "tail", "--format", "json", "--type", "task_*", "--last", "1") as tail:
        assert tail.stdout is not None
        assert json.loads(tail.stdout.readline())["event"] == "task_failed"
        emit(tmp_path, "eval")
        written = time.monotonic()
        emit(tmp_path, "task_completed")
        assert json.loads(tail.stdout.readline())["event"] == "task_completed"
        assert time.monotonic() - written < 2
        tail.send_signal(signal.SIGINT)
        rest, said = tail.communicate(timeout=SOON)
    assert (tail.returncode, rest, said) == (0, "", "")


@pytest.mark.slow
def test_a_long_wait_of_a_playback_ends_with_ctrl_c(tmp_path: Path) -> None:
    """Quietly, with 0; what is not due was not played."""
    write(tmp_path / "log.jsonl", {"event": "eval", "ts": 0}, {"event": "rune", "ts": 4e9})
    with running(tmp_path, "playback", "log.jsonl", "--format", "json") as player:
        assert player.stdout is not None
        assert json.loads(player.stdout.readline())["event"] == "eval"
        player.send_signal(signal.SIGINT)
        rest, said = player.communicate(timeout=SOON)
    assert (player.returncode, rest, said) == (0, "", "")


@pytest.mark.slow
def test_waits_for_a_log_and_ends_with_its_reader(tmp_path: Path) -> None:
    """A log that is not there yet is no error; a closed pipe ends it without a word."""
    with running(tmp_path, "tail") as tail:
        assert tail.stdout is not None
        assert tail.stderr is not None
        time.sleep(1.0)
        emit(tmp_path, "eval")
        assert "(UTC)" in tail.stdout.readline()
        tail.stdout.close()
        emit(tmp_path, "eval")
        assert tail.wait(SOON) == 0
        assert tail.stderr.read() == ""


@pytest.mark.slow
def test_streams_until_it_is_told_to_end(tmp_path: Path) -> None:
    """It says where; a client with the token of the named variable gets what is emitted; SIGTERM ends it with 0."""
    variables = {"STREAM_TOKEN": "s3cret"}
    with running(tmp_path, "stream", "--port", "0", "--token-env", "STREAM_TOKEN", **variables) as stream:
        assert stream.stderr is not None
        address = next(word for word in stream.stderr.readline().split() if word.startswith("ws://"))
        with connect(f"{address}?type=eval", additional_headers={"Authorization": "Bearer s3cret"}) as client:
            assert "listens" in stream.stderr.readline()
            emit(tmp_path, "rune")
            emit(tmp_path, "eval", "quality=0.7")
            assert json.loads(client.recv(SOON))["payload"] == {"quality": 0.7}
        stream.send_signal(signal.SIGTERM)
        _, said = stream.communicate(timeout=SOON)
    assert stream.returncode == 0
    assert said.endswith("2 events to 1 client; 0 dropped as too slow, 0 refused\n")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
_KEYS = st.sampled_from(["event", "event_type", "timestamp", "unix_time", "task_id", "payload", "unknown_type"])


@given(st.dictionaries(_KEYS | st.text(), _JSON))
def test_any_event_prints_in_80_columns(event: dict[str, Any]) -> None:
    """Whatever somebody wrote into the log: a few short lines, of which a terminal acts on nothing."""
    told = EventLines().of(event)
    assert 1 <= len(told) <= 6
    assert all(len(line) <= 80 and line.isprintable() for line in told)
    assert as_json(event).isascii()
    assert as_json(event).isprintable()
