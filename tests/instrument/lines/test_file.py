"""Appending whole lines: torn tails, rotation, folders that are not there, disks that are full."""

from __future__ import annotations

import fcntl
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from metabot_instrument.boundary import failures
from metabot_instrument.lines.file import LineFile
from metabot_instrument.lines.rotated import opened, whole_lines


def _lines(path: Path) -> list[bytes]:
    with ExitStack() as files:
        return [line for file in opened(path, files) for line in whole_lines(file)]


def test_makes_the_folder_and_appends(tmp_path: Path) -> None:
    """The first line makes file and folder; every line is on the disk's side of the process when the call returns."""
    file = LineFile(tmp_path / "new" / "log")
    for line in (b"one\n", b"two\nthree\n"):
        file.append(line)
    assert (tmp_path / "new" / "log").read_bytes() == b"one\ntwo\nthree\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(b'whole\n{"torn', b"whole\nnew\n", id="behind a whole line"),
        pytest.param(b'{"torn', b"new\n", id="alone in the file"),
        pytest.param(b"whole\n{" + b"x" * 600_000, b"whole\nnew\n", id="longer than one look"),
        pytest.param(b"whole\n", b"whole\nnew\n", id="no torn tail"),
    ],
)
def test_cuts_off_a_torn_tail(tmp_path: Path, before: bytes, after: bytes) -> None:
    """What a killed writer left without an end is gone when the next one has written."""
    log = tmp_path / "log"
    log.write_bytes(before)
    LineFile(log).append(b"new\n")
    assert log.read_bytes() == after


def test_cuts_off_a_tail_torn_while_it_is_open(tmp_path: Path) -> None:
    """Another process may die in the middle of a line at any time."""
    log = tmp_path / "log"
    file = LineFile(log)
    file.append(b"one\n")
    with log.open("ab") as other:
        other.write(b'{"torn')
    file.append(b"two\n")
    assert log.read_bytes() == b"one\ntwo\n"


def test_rotates_and_keeps_so_many(tmp_path: Path) -> None:
    """Files are moved on before they grow over the limit; the oldest fall away."""
    file = LineFile(tmp_path / "log", rotate_bytes=4, keep=2)
    for number in range(5):
        file.append(b"%d\n" % number * 2)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "log": b"4\n4\n",
        "log.1": b"3\n3\n",
        "log.2": b"2\n2\n",
    }


def test_a_line_longer_than_the_limit_is_written_whole(tmp_path: Path) -> None:
    """An empty file is not rotated for it."""
    file = LineFile(tmp_path / "log", rotate_bytes=3, keep=2)
    file.append(b"too long\n")
    assert [path.name for path in tmp_path.iterdir()] == ["log"]


def test_two_writers_notice_each_others_rotation(tmp_path: Path) -> None:
    """Each line is in the file that bears the name when it is written, whoever rotated."""
    one, other = (LineFile(tmp_path / "log", rotate_bytes=50, keep=99) for _ in range(2))
    for number in range(100):
        (one, other)[number % 2].append(b"%03d\n" % number)
    assert _lines(tmp_path / "log") == [b"%03d" % number for number in range(100)]


def test_a_deleted_log_is_begun_anew(tmp_path: Path) -> None:
    """Nobody writes into a file without a name."""
    file = LineFile(tmp_path / "log")
    file.append(b"one\n")
    (tmp_path / "log").unlink()
    file.append(b"two\n")
    assert (tmp_path / "log").read_bytes() == b"two\n"


def test_a_rotation_that_cannot_be_made_loses_no_line(tmp_path: Path) -> None:
    """A folder stands where the rotated file would go: the log grows on, and that is counted."""
    (tmp_path / "log.1" / "in the way").mkdir(parents=True)
    before = failures().get("rotation", 0)
    file = LineFile(tmp_path / "log", rotate_bytes=3, keep=1)
    for line in (b"one\n", b"two\n"):
        file.append(line)
    assert (tmp_path / "log").read_bytes() == b"one\ntwo\n"
    assert failures()["rotation"] == before + 1


def test_the_path_holds_when_the_working_folder_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path counts from where the process was when the log was named."""
    monkeypatch.chdir(tmp_path)
    file = LineFile("log")
    monkeypatch.chdir("/")
    file.append(b"one\n")
    assert (tmp_path / "log").read_bytes() == b"one\n"


def test_a_folder_in_its_place_is_an_error(tmp_path: Path) -> None:
    """The caller hears of what it cannot write."""
    with pytest.raises(IsADirectoryError):
        LineFile(tmp_path).append(b"one\n")


def test_a_write_that_does_not_fit_leaves_nothing(tmp_path: Path) -> None:
    """The kernel takes a part of the line and no more: the part is taken back, and later lines are whole."""
    file = LineFile(tmp_path / "log")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
        file.append(b"fits\n")
        with pytest.raises(OSError, match="too large"):
            file.append(b"does not fit\n")
        assert (tmp_path / "log").read_bytes() == b"fits\n"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    file.append(b"fits again\n")
    assert (tmp_path / "log").read_bytes() == b"fits\nfits again\n"


def test_a_full_disk_leaves_whole_lines(small_disk: Path) -> None:
    """The line that finds no room is an error, and what was written before stays."""
    file = LineFile(small_disk / "log")
    line = b"x" * 9_999 + b"\n"
    for _ in range(6):
        file.append(line)
    with pytest.raises(OSError, match="No space left"):
        file.append(line)
    assert (small_disk / "log").read_bytes() == line * 6
    file.append(b"small\n")
    assert (small_disk / "log").read_bytes() == line * 6 + b"small\n"
    file.close()


def test_a_signal_handler_that_writes_meets_no_deadlock(tmp_path: Path) -> None:
    """A handler that interrupts a write and writes itself: both lines come, whole."""
    file = LineFile(tmp_path / "log")
    written = 0

    def handler(*_: object) -> None:
        nonlocal written
        file.append(b"handler\n")
        written += 1

    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
    until = time.monotonic() + 0.3
    lines = 0
    while time.monotonic() < until:
        file.append(b"main\n")
        lines += 1
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)
    found = (tmp_path / "log").read_bytes().splitlines()
    assert (found.count(b"main"), found.count(b"handler")) == (lines, written)
    assert written > 0


class _Interrupted(LineFile):
    """A signal handler that writes comes just before the write, every time."""

    def _write(self, lines: bytes, size: int) -> None:
        if lines == b"outer\n":
            self.append(b"inner\n")
        with self.path.open("ab") as other, pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        super()._write(lines, size)


def test_an_interrupting_write_does_not_let_go_of_the_lock(tmp_path: Path) -> None:
    """The interrupted write is still under it, and the line that interrupted comes after."""
    _Interrupted(tmp_path / "log").append(b"outer\n")
    assert (tmp_path / "log").read_bytes() == b"outer\ninner\n"


def test_a_forked_child_waits_for_its_parents_lock(tmp_path: Path) -> None:
    """It has an opening of its own: the inherited one would be locked already. An alarm ends the waiting child."""
    script = f"""
import fcntl, os, signal
from metabot_instrument.lines.file import LineFile
file = LineFile({str(tmp_path / "log")!r})
file.append(b"parent\\n")
fcntl.flock(file._fd, fcntl.LOCK_EX)
child = os.fork()
if not child:
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    file.append(b"child\\n")
    os._exit(0)
assert os.waitpid(child, 0)[1] == signal.SIGALRM
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=30)


@pytest.mark.slow
def test_a_fork_in_the_middle_of_writes_goes_on_in_both(tmp_path: Path) -> None:
    """Threads write while the process forks: the child has its own lock and its own opening of the file."""
    script = f"""
import os, sys, threading
from metabot_instrument.lines.file import LineFile
file = LineFile({str(tmp_path / "log")!r})
stop = threading.Event()
def write():
    while not stop.is_set():
        file.append(b"parent\\n")
threads = [threading.Thread(target=write) for _ in range(4)]
[thread.start() for thread in threads]
for _ in range(20):
    child = os.fork()
    if not child:
        for _ in range(20):
            file.append(b"child\\n")
        os._exit(0)
    os.waitpid(child, 0)
stop.set()
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
    found = (tmp_path / "log").read_bytes().splitlines()
    assert found.count(b"child") == 400
    assert set(found) == {b"parent", b"child"}


def test_many_threads_write_whole_lines(tmp_path: Path) -> None:
    """Every line of every thread is there once, in each thread's order."""
    file = LineFile(tmp_path / "log", rotate_bytes=5_000, keep=99)

    def write(name: int) -> None:
        for number in range(100):
            file.append(b"%d %d\n" % (name, number))

    threads = [threading.Thread(target=write, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = _lines(tmp_path / "log")
    assert len(found) == 800
    for name in range(8):
        assert [line for line in found if line.startswith(b"%d " % name)] == [b"%d %d" % (name, n) for n in range(100)]


def test_a_log_that_is_no_file_is_written_too(tmp_path: Path) -> None:
    """A character device has no size, no tail and no rotation."""
    LineFile(os.devnull, rotate_bytes=1).append(b"gone\n")


def test_a_reader_does_not_join_a_torn_tail_with_what_replaces_it(tmp_path: Path) -> None:
    """The tail is cut off and written over between two looks of one reader: it stops before the tail."""
    log = tmp_path / "log"
    log.write_bytes(b'whole\n{"torn')
    with log.open("rb") as file:
        lines = whole_lines(file)
        assert next(lines) == b"whole"
        LineFile(log).append(b"something new\n")
        assert list(lines) == []
        assert list(whole_lines(file, 6)) == [b"something new"]


def test_a_signal_handler_that_writes_and_ends_the_program_loses_nothing(tmp_path: Path) -> None:
    """Its call returned, whatever became of the one that it interrupted."""
    program = """
import signal, sys
from metabot_instrument.lines.file import LineFile
file = LineFile(sys.argv[1])
def end(*_):
    file.append(b"last\\n")
    sys.exit(3)
signal.signal(signal.SIGALRM, end)
signal.setitimer(signal.ITIMER_REAL, 0.02)
while True:
    file.append(b"line\\n")
"""
    for number in range(10):
        log = tmp_path / f"log{number}"
        ended = subprocess.run([sys.executable, "-c", program, log], check=False, capture_output=True)
        assert (ended.returncode, ended.stderr) == (3, b"")
        lines = log.read_bytes().splitlines()
        assert lines.count(b"last") == 1
        assert set(lines) == {b"line", b"last"}


def test_a_pipe_is_no_log(tmp_path: Path) -> None:
    """One that nobody reads would hold the application up."""
    os.mkfifo(tmp_path / "log")
    with pytest.raises(OSError, match="is a pipe"):
        LineFile(tmp_path / "log").append(b"line\n")


@pytest.mark.parametrize("last", [b'{"revenue": 12}', b"a note of somebody", b"[1, 2"])
def test_a_last_line_of_others_stays(tmp_path: Path, last: bytes) -> None:
    """It only had no end; what is cut off is the beginning of a JSON object."""
    log = tmp_path / "log"
    log.write_bytes(b"first\n" + last)
    LineFile(log).append(b'{"event":"eval"}\n')
    assert log.read_bytes() == b"first\n" + last + b'\n{"event":"eval"}\n'


def test_a_line_over_many_blocks_is_read_in_one_go(tmp_path: Path) -> None:
    """Between its neighbours, and one without an end is left out."""
    lines = [b"a", b"x" * 3_000_000, b"b", b"y" * (1 << 18), b""]
    path = tmp_path / "log"
    path.write_bytes(b"\n".join(lines) + b"\nno end")
    with path.open("rb") as file:
        assert list(whole_lines(file)) == lines
