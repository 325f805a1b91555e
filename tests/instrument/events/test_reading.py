"""Reading a log back, whole and as it grows."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from metabot_instrument import configure, emit_event
from metabot_instrument.events.reading import follow, read, selected, unix_time
from metabot_instrument.lines import rotated
from metabot_instrument.lines.file import LineFile


def _line(number: int) -> bytes:
    return json.dumps({"n": number}).encode() + b"\n"


@contextmanager
def _following(path: Path, *, from_start: bool = False) -> Iterator[list[int]]:
    """The numbers that a follower has seen so far; it has begun when the block does."""
    seen: list[int] = []
    end = threading.Event()
    looked = threading.Event()

    def stopped() -> bool:
        looked.set()
        return end.is_set()

    def run() -> None:
        for event in follow(path, from_start=from_start, poll=0.01, stopped=stopped):
            seen.append(event["n"])

    thread = threading.Thread(target=run)
    thread.start()
    assert looked.wait(10)
    try:
        yield seen
    finally:
        end.set()
        thread.join(10)


def _comes(seen: list[int], expected: list[int]) -> bool:
    until = time.monotonic() + 20  # a busy machine is no failure
    while seen != expected and time.monotonic() < until:
        time.sleep(0.01)
    return seen == expected


def test_reads_rotated_files_oldest_first(tmp_path: Path) -> None:
    """Ten rotations, in order, the tenth file after the ninth."""
    file = LineFile(tmp_path / "log", rotate_bytes=1, keep=20)
    for number in range(12):
        file.append(_line(number))
    assert [event["n"] for event in read(tmp_path / "log")] == list(range(12))


@pytest.mark.parametrize(
    ("content", "numbers"),
    [
        pytest.param(_line(1) + b'{"n": 2', [1], id="a line without an end"),
        pytest.param(_line(1) + b"no json\n[1]\n5\n\n\xff\n" + _line(2), [1, 2], id="lines that are no objects"),
        pytest.param(b"[" * 100_000 + b"\n" + _line(2), [2], id="a line that nests too deep"),
        pytest.param(
            b'{"n": 3, "x": "' + b"y" * 600_000 + b'"}\n' + _line(4), [3, 4], id="a line longer than one look"
        ),
        pytest.param(b"", [], id="an empty log"),
    ],
)
def test_reads_whole_lines_only(tmp_path: Path, content: bytes, numbers: list[int]) -> None:
    """What is no event is passed over."""
    (tmp_path / "log").write_bytes(content)
    assert [event["n"] for event in read(tmp_path / "log")] == numbers


def test_no_log_is_an_empty_one(tmp_path: Path) -> None:
    """It may come yet."""
    assert list(read(tmp_path / "log")) == []


def test_reading_ends_where_the_log_ended_when_it_began(tmp_path: Path) -> None:
    """A reader that writes into the log that it reads does not read for ever."""
    file = LineFile(tmp_path / "log")
    file.append(b'{"n": 1, "x": "%b"}\n' % (b"y" * 200_000) * 3)  # more than one look
    numbers = []
    for event in read(tmp_path / "log"):
        file.append(_line(2))
        numbers.append(event["n"])
    assert numbers == [1, 1, 1]


def test_follows_from_the_end(tmp_path: Path) -> None:
    """What is there already is not new; what comes is, within a second."""
    file = LineFile(tmp_path / "log")
    file.append(_line(1))
    with _following(tmp_path / "log") as seen:
        file.append(_line(2))
        assert _comes(seen, [2])


def test_follows_from_the_start(tmp_path: Path) -> None:
    """First what rotated files hold, then what comes."""
    file = LineFile(tmp_path / "log", rotate_bytes=1, keep=9)
    for number in range(4):
        file.append(_line(number))
    with _following(tmp_path / "log", from_start=True) as seen:
        file.append(_line(4))
        assert _comes(seen, [0, 1, 2, 3, 4])


def test_follows_a_log_that_is_not_there_yet(tmp_path: Path) -> None:
    """From its first line, even where its folder comes later."""
    with _following(tmp_path / "new" / "log") as seen:
        LineFile(tmp_path / "new" / "log").append(_line(1))
        assert _comes(seen, [1])


def test_follows_over_rotations(tmp_path: Path) -> None:
    """Each line is a file of its own: none is missed and none comes twice."""
    file = LineFile(tmp_path / "log", rotate_bytes=1, keep=99)
    with _following(tmp_path / "log") as seen:
        for number in range(40):
            file.append(_line(number))
        assert _comes(seen, list(range(40)))


def test_follows_what_came_just_before_a_rotation(tmp_path: Path) -> None:
    """A line that the old file got after the last look is not passed over."""
    log = tmp_path / "log"
    LineFile(log).append(_line(1))
    events = follow(log, from_start=True, poll=0.01)
    assert next(events) == {"n": 1}
    LineFile(log).append(_line(2))
    LineFile(log, rotate_bytes=1).append(_line(3))
    assert list(islice(events, 2)) == [{"n": 2}, {"n": 3}]


def test_follows_over_truncation_and_replacement(tmp_path: Path) -> None:
    """Somebody empties the log, somebody deletes it: it goes on with what comes after."""
    log = tmp_path / "log"
    with _following(log) as seen:
        LineFile(log).append(_line(11111))
        assert _comes(seen, [11111])
        log.write_bytes(b"")
        time.sleep(0.1)
        LineFile(log).append(_line(2))
        assert _comes(seen, [11111, 2])
        log.unlink()
        LineFile(log).append(_line(3))
        assert _comes(seen, [11111, 2, 3])


def test_following_stops_amid_what_came_at_once(tmp_path: Path) -> None:
    """A log may be written faster than it is read; who stops gets no event more."""
    path, seen = tmp_path / "log", []
    path.write_bytes(b"".join(_line(number) for number in range(5)))
    for event in follow(path, from_start=True, poll=0.01, stopped=lambda: len(seen) == 2):
        seen.append(event["n"])
    assert seen == [0, 1]


def test_a_torn_tail_is_not_followed(tmp_path: Path) -> None:
    """Half a line is none, and the line that replaces it is."""
    log = tmp_path / "log"
    log.write_bytes(_line(1) + b'{"n": 99')
    with _following(log, from_start=True) as seen:
        assert _comes(seen, [1])
        LineFile(log).append(_line(2))
        assert _comes(seen, [1, 2])


def test_an_emitted_event_is_followed_within_a_second(log: Path) -> None:
    """Written to readable, buffered, with the settings and the follower as they come."""
    configure(events_buffered=True)
    events = follow(log, from_start=True)
    emit_event("eval")
    began = time.monotonic()
    assert [event["event"] for event in islice(events, 1)] == ["eval"]
    assert time.monotonic() - began < 1


_EVENTS: list[dict[str, Any]] = [
    {"event": "alert_triggered", "task_id": "a", "unix_time": 10},
    {"event_type": "alert_resolved", "session_id": "s", "timestamp": "1970-01-01T00:00:20+00:00"},
    {"event": "eval", "task_id": "b"},
]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, [0, 1, 2]),
        ({"types": ["alert_*"]}, [0, 1]),
        ({"types": ["eval", "*_resolved"]}, [1, 2]),
        ({"task_id": "a"}, [0]),
        ({"session_id": "s"}, [1]),
        ({"since": 10}, [0, 1]),
        ({"since": 10.5}, [1]),
        ({"types": ["alert_*"], "task_id": "b"}, []),
    ],
)
def test_selects_what_is_asked_for(asked: dict[str, Any], found: list[int]) -> None:
    """By type, task, session and time; what has no time is not since any."""
    assert list(selected(_EVENTS, **asked)) == [_EVENTS[number] for number in found]


ABSURD: list[dict[str, Any]] = [
    {},
    {"unix_time": True},
    {"unix_time": 1768305606123},
    {"unix_time": 10**400},
    {"unix_time": float("nan")},
    {"ts": float("inf")},
    {"timestamp": "9999-12-31T23:59:59-23:00"},
    {"timestamp": "0001-01-01T00:00:00+23:00"},
    {"timestamp": "yesterday"},
]


@pytest.mark.parametrize(
    ("event", "at"),
    [
        pytest.param({"ts": 10.5}, 10.5, id="its short name"),
        pytest.param({"ts": "1970-01-01T01:00:05+01:00", "unix_time": 7}, 5, id="ISO before seconds"),
        pytest.param({"timestamp": "1970-01-01T00:00:09"}, 9, id="without a zone in UTC"),
        pytest.param({"timestamp": "yesterday", "unix_time": 7}, 7, id="the next where one is none"),
    ],
)
def test_a_time_stands_under_one_of_three_names(event: dict[str, Any], at: float) -> None:
    """As metabot loads it."""
    assert unix_time(event) == at


@pytest.mark.parametrize("event", ABSURD)
def test_a_time_that_cannot_be_told_is_unknown(event: dict[str, Any]) -> None:
    """No zone is guessed."""
    assert unix_time(event) is None


def test_a_file_that_is_being_moved_on_hides_none_of_the_older_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look into the folder came before the first rotation, and `log.1` is on its way to `log.2`."""
    log = tmp_path / "log"
    stale, look = [0], rotated._last
    monkeypatch.setattr(rotated, "_last", lambda name: stale.pop() if stale else look(name))
    log.write_bytes(_line(2))
    (tmp_path / "log.2").write_bytes(_line(1))
    assert [event["n"] for event in read(log)] == [1, 2]
