"""The buffer: what it holds, what it does when it is full, and what it says of what it lost."""

from __future__ import annotations

import fcntl
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from metabot_instrument.boundary import failures
from metabot_instrument.lines.buffered import BufferedLines
from metabot_instrument.lines.file import LineFile
from metabot_instrument.lines.writers import flush
from metabot_instrument.settings import Overflow


def _buffered(
    path: Path, *, size: int = 100, seconds: float = 60.0, overflow: Overflow = "wait", kind: str = "lines_lost"
) -> BufferedLines[int]:
    return BufferedLines(
        LineFile(path), size=size, seconds=seconds, overflow=overflow, encode=lambda n: b'{"n":%d}' % n, kind=kind
    )


def _numbers(path: Path) -> list[int]:
    return [json.loads(line)["n"] for line in path.read_bytes().splitlines()]


def _soon(path: Path, numbers: list[int]) -> bool:
    """Whether the log holds these within a second."""
    until = time.monotonic() + 1
    while not (path.exists() and _numbers(path) == numbers) and time.monotonic() < until:
        time.sleep(0.01)
    return _numbers(path) == numbers


@contextmanager
def _held_up(path: Path) -> Iterator[None]:
    """Nobody can write meanwhile."""
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def test_lines_come_in_order_with_writer_and_number(tmp_path: Path) -> None:
    """One writer, numbered from one."""
    lines = _buffered(tmp_path / "log")
    for number in range(3):
        lines.put(number)
    assert lines.flush()
    written = [json.loads(line) for line in (tmp_path / "log").read_bytes().splitlines()]
    assert [(line["n"], line["seq"]) for line in written] == [(0, 1), (1, 2), (2, 3)]
    assert {len(line["writer"]) for line in written} == {8}


def test_a_line_waits_no_longer_than_it_may(tmp_path: Path) -> None:
    """Nobody flushes: it is readable in well under a second."""
    lines = _buffered(tmp_path / "log", seconds=0.05)
    lines.put(7)
    assert _soon(tmp_path / "log", [7])


def test_a_half_full_buffer_is_written_at_once(tmp_path: Path) -> None:
    """The interval is for quiet times."""
    lines = _buffered(tmp_path / "log", size=40, seconds=60)
    lines.put(0)
    time.sleep(0.1)
    for number in range(1, 20):
        lines.put(number)
    assert _soon(tmp_path / "log", list(range(20)))


@pytest.mark.parametrize(
    ("overflow", "kept"),
    [("drop_oldest", [0, 4, 5]), ("drop_newest", [0, 1, 2])],
)
def test_a_full_buffer_drops_and_counts(tmp_path: Path, overflow: Overflow, kept: list[int]) -> None:
    """One line is being written and two wait: of the next three, all or the oldest fall away, as was said."""
    kind = f"lost by {overflow}"
    lines = _buffered(tmp_path / "log", size=3, seconds=0, overflow=overflow, kind=kind)
    with _held_up(tmp_path / "log"):
        lines.put(0)
        time.sleep(0.2)
        for number in (1, 2):
            lines.put(number)
        flushed: list[bool] = []
        flushing = threading.Thread(target=lambda: flushed.append(lines.flush(1)))
        flushing.start()
        time.sleep(0.1)
        for number in (3, 4, 5):
            lines.put(number)
    flushing.join()
    assert lines.flush()
    assert (_numbers(tmp_path / "log"), flushed) == (kept, [True])
    assert failures()[kind] == 3


def test_a_full_buffer_holds_the_caller_up(tmp_path: Path) -> None:
    """With `wait`, who puts waits until there is room, and nothing is lost."""
    lines = _buffered(tmp_path / "log", size=2, seconds=0, kind="lost by waiting")
    with _held_up(tmp_path / "log"):
        putting = threading.Thread(target=lambda: [lines.put(number) for number in range(5)])
        putting.start()
        time.sleep(0.2)
        assert putting.is_alive()
    putting.join()
    assert lines.flush()
    assert _numbers(tmp_path / "log") == list(range(5))
    assert "lost by waiting" not in failures()


@pytest.mark.slow
def test_nobody_is_held_up_for_ever(tmp_path: Path) -> None:
    """A log that stays locked costs two seconds and one counted line, not the application."""
    lines = _buffered(tmp_path / "log", size=1, seconds=0, kind="lost at last")
    with _held_up(tmp_path / "log"):
        began = time.monotonic()
        for number in range(2):
            lines.put(number)
        assert 1.5 < time.monotonic() - began < 10
        assert not lines.flush(0.1)
    assert lines.flush()
    assert _numbers(tmp_path / "log") == [0]
    assert failures()["lost at last"] == 1


@pytest.mark.slow
def test_nobody_is_dropped_while_lines_are_being_written(tmp_path: Path) -> None:
    """Twelve callers and room for one: the last is held up for longer than anybody is when nothing gets written."""

    def slowly(number: int) -> bytes:
        time.sleep(0.25)
        return b'{"n":%d}' % number

    lines = BufferedLines(LineFile(tmp_path / "log"), size=1, seconds=60.0, overflow="wait", encode=slowly)
    callers = [threading.Thread(target=lines.put, args=(number,)) for number in range(12)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert lines.close()
    assert sorted(_numbers(tmp_path / "log")) == list(range(12))


def test_what_cannot_be_written_is_counted(tmp_path: Path) -> None:
    """A folder stands in the log's place: every line is lost, and said to be."""
    (tmp_path / "log").mkdir()
    lines = _buffered(tmp_path / "log", kind="lost to a folder")
    for number in range(5):
        lines.put(number)
    assert lines.flush()
    assert failures()["lost to a folder"] == 5


def test_what_cannot_be_encoded_is_counted(tmp_path: Path) -> None:
    """One line that fails takes no other with it."""
    lines = BufferedLines[int](
        LineFile(tmp_path / "log"),
        size=10,
        seconds=60,
        overflow="wait",
        encode=lambda n: b'{"n":%d}' % (6 // n),
        kind="not encoded",
    )
    for number in (3, 0, 2):
        lines.put(number)
    assert lines.flush()
    assert _numbers(tmp_path / "log") == [2, 3]
    assert failures()["not encoded"] == 1


def test_closed_it_writes_at_once_and_leaves_nothing_beside_the_log(tmp_path: Path) -> None:
    """What comes after the end is not lost."""
    lines = _buffered(tmp_path / "closed")
    lines.put(1)
    (writer,) = [thread for thread in threading.enumerate() if thread.name == "lines of closed"]
    assert lines.close()
    lines.put(2)
    writer.join(5)
    assert not writer.is_alive()
    assert _numbers(tmp_path / "closed") == [1, 2]
    assert [path.name for path in tmp_path.iterdir()] == ["closed"]


def test_who_puts_while_it_starts_starts_it_no_second_time(tmp_path: Path) -> None:
    """A signal handler may come at any moment: one writer, and both lines."""

    class Interrupted(LineFile):
        @property
        def path(self) -> Path:
            if waiting:
                lines.put(waiting.pop())
            return tmp_path / "log"

        @path.setter
        def path(self, path: Path) -> None:
            """It is always the same."""

    waiting: list[int] = []
    before = threading.active_count()
    lines = BufferedLines(
        Interrupted(tmp_path / "log"), size=9, seconds=60.0, overflow="wait", encode=lambda n: b'{"n":%d}' % n
    )
    waiting.append(1)
    lines.put(2)
    assert threading.active_count() == before + 1
    assert lines.close()
    assert _numbers(tmp_path / "log") == [1, 2]


def test_everything_open_is_flushed_at_once(tmp_path: Path) -> None:
    """One call for every log of the process."""
    several = [_buffered(tmp_path / name) for name in "abc"]
    for number, lines in enumerate(several):
        lines.put(number)
    assert flush()
    assert [_numbers(tmp_path / name) for name in "abc"] == [[0], [1], [2]]


def test_a_full_disk_stops_no_program_that_buffers(small_disk: Path) -> None:
    """The small file that counts a kill's loss finds no room either: that is counted, and the program goes on."""
    program = """
import os, sys
import metabot_instrument as instrument
with open("fill", "wb", 0) as file:
    try:
        while True: file.write(bytes(4096))
    except OSError: pass
instrument.configure(events_path="events.jsonl", events_buffered=True)
instrument.emit_event("eval")
instrument.flush()
assert set(instrument.failures()) == {"lost_unknown", "events_lost"}, instrument.failures()
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=small_disk, check=False)
    assert done.returncode == 0
    assert not list(small_disk.glob(".*.new"))


def test_a_log_handler_that_emits_meets_no_deadlock(tmp_path: Path) -> None:
    """What is lost is said by a warning, and an application may turn warnings into events, under a lock of its own."""
    program = """
import faulthandler, logging, sys, threading, time
import metabot_instrument as instrument
faulthandler.dump_traceback_later(20, exit=True)
instrument.configure(events_path=sys.argv[1], events_buffered=True, events_buffer_size=2, events_flush_seconds=0.5,
                     events_overflow="drop_newest")
class ToEvents(logging.Handler):
    def emit(self, record):
        time.sleep(0.1)
        instrument.emit_event("eval")
logging.getLogger().addHandler(ToEvents())
instrument.emit_event("eval")
thread = threading.Thread(target=lambda: logging.getLogger("app").warning("x"))
thread.start()
time.sleep(0.03)
for _ in range(10): instrument.emit_event("eval")
thread.join()
"""
    done = subprocess.run([sys.executable, "-c", program, tmp_path / "log"], check=False, capture_output=True)
    assert done.returncode == 0, done.stderr
