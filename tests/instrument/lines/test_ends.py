"""How processes end, and what becomes of the lines that they still hold. The processes are real."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from metabot_instrument.lines.held import lost

_BEGIN = """
import atexit, multiprocessing, os, signal, sys, threading, time
from metabot_instrument.lines.buffered import BufferedLines
from metabot_instrument.lines.file import LineFile
signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever the tests themselves were started under
signal.signal(signal.SIGTERM, signal.SIG_DFL)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
lines = BufferedLines(
    LineFile(sys.argv[1]), size=1000, seconds=3600, overflow="wait", encode=lambda n: b'{"n":%d}' % n
)
def put():
    for number in range(10):
        lines.put(number)
def ready():
    print("ready", flush=True)
    time.sleep(60)
"""


def _ended(log: Path, script: str, by: signal.Signals | None = None) -> int:
    """Runs the script to its end; `by` is sent once it says that it is ready."""
    command = [sys.executable, "-c", _BEGIN + script, str(log)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        if by is not None:
            assert process.stdout.readline() == b"ready\n"
            process.send_signal(by)
        return process.wait(30)


def _events(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_bytes().splitlines()] if log.exists() else []


@pytest.mark.parametrize(
    ("script", "code"),
    [
        pytest.param("put()", 0, id="at the end of the program"),
        pytest.param("put(); sys.exit(3)", 3, id="by sys.exit"),
        pytest.param("put(); raise KeyError", 1, id="by an exception"),
        pytest.param("atexit.register(put)", 0, id="put in an exit function before"),
        pytest.param("put(); atexit.register(lambda: None)", 0, id="with other exit functions"),
        pytest.param("threading.Thread(target=lambda: (time.sleep(0.2), put())).start()", 0, id="from a thread"),
        pytest.param("os.fork() or (put(), sys.exit()); os.wait()", 0, id="a forked child"),
        pytest.param("lines.close(); os.fork() or (put(), os._exit(0)); os.wait()", 0, id="forked when it was closed"),
        pytest.param(
            "context = multiprocessing.get_context('fork'); child = context.Process(target=put); "
            "child.start(); child.join()",
            0,
            id="a child of multiprocessing",
        ),
    ],
)
def test_an_orderly_end_loses_nothing(tmp_path: Path, script: str, code: int) -> None:
    """Ten lines waited for an hour's end; the process ends, and they are there; nothing stays beside the log."""
    assert _ended(tmp_path / "log", script) == code
    assert [event["n"] for event in _events(tmp_path / "log")] == list(range(10))
    assert [path.name for path in tmp_path.iterdir()] == ["log"]


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_loses_nothing_and_still_ends_the_process(tmp_path: Path, by: signal.Signals) -> None:
    """The lines are written, and the process dies of the signal as it would have."""
    assert _ended(tmp_path / "log", "put(); ready()", by) == -by
    assert [event["n"] for event in _events(tmp_path / "log")] == list(range(10))


def test_the_applications_own_handler_is_called(tmp_path: Path) -> None:
    """Set before the first line: it runs after the flush. The exit code is its own."""
    handler = "signal.signal(signal.SIGTERM, lambda *_: os._exit(open(sys.argv[1]).read().count('n')))"
    script = _BEGIN.replace("lines =", f"{handler}\nlines =").removeprefix(_BEGIN)
    log = tmp_path / "log"
    command = [sys.executable, "-c", f"{script}\nput(); ready()", str(log)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.terminate()
        assert process.wait(30) == 10


def test_an_ignored_signal_stays_ignored(tmp_path: Path) -> None:
    """nohup keeps its meaning."""
    script = _BEGIN.replace("lines =", "signal.signal(signal.SIGHUP, signal.SIG_IGN)\nlines =")
    end = "\nput(); os.kill(os.getpid(), signal.SIGHUP); print(signal.getsignal(signal.SIGHUP) is signal.SIG_IGN)"
    done = subprocess.run(
        [sys.executable, "-c", script + end, str(tmp_path / "log")], capture_output=True, check=True, timeout=30
    )
    assert done.stdout == b"True\n"


def test_asyncio_keeps_its_interrupt(tmp_path: Path) -> None:
    """Python's own SIGINT handler is left in its place: asyncio.run cancels its task only where it finds it."""
    end = "\nput(); print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
    done = subprocess.run(
        [sys.executable, "-c", _BEGIN + end, str(tmp_path / "log")], capture_output=True, check=True, timeout=30
    )
    assert done.stdout == b"True\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "by", "number"),
    [
        pytest.param("put(); os._exit(0)", None, 10, id="os._exit"),
        pytest.param("put(); ready()", signal.SIGKILL, 10, id="a kill"),
        pytest.param("put(); lines.flush(); put(); put(); ready()", signal.SIGKILL, 20, id="a kill after a flush"),
        pytest.param("os.fork() or (put(), os._exit(0)); os.wait()", None, 10, id="a forked child's os._exit"),
        pytest.param(
            "put(); os.fork() or (time.sleep(5), os._exit(0)); ready()", signal.SIGKILL, 10, id="a child lives on"
        ),
        pytest.param("put(); os.fork() or os._exit(0); os.wait(); ready()", signal.SIGKILL, 10, id="only the parent"),
    ],
)
def test_what_a_kill_takes_is_counted_by_the_next(
    tmp_path: Path, script: str, by: signal.Signals | None, number: int
) -> None:
    """The next process that opens the log writes how many lines the dead one took with it, once."""
    log = tmp_path / "log"
    _ended(log, script, by)
    written = len(_events(log))
    for _ in range(2):
        _ended(log, "put()")
    said = [event["payload"] for event in _events(log) if event.get("event") == "events_lost"]
    assert [payload["count"] for payload in said] == [number]
    assert len(_events(log)) == written + 1 + 20
    assert [path.name for path in tmp_path.iterdir()] == ["log"]


@pytest.mark.parametrize(("came", "number"), [(10, 0), (4, 6), (0, 10)])
def test_what_was_in_flight_and_came_is_not_lost(tmp_path: Path, came: int, number: int) -> None:
    """Killed between the write and the note that it was made: the log tells which lines are there."""
    log = tmp_path / "log"
    killed = f"""
put()
lines.flush()
append = lines._file.append
def last(data):
    append(b"".join(data.splitlines(True)[:{came}]))
    os.kill(os.getpid(), signal.SIGKILL)
lines._file.append = last
put()
lines.flush()
"""
    assert _ended(log, killed) == -signal.SIGKILL
    assert len(_events(log)) == 10 + came
    assert [lines for _, lines in lost(log)] == [number]


def test_a_living_process_loses_nothing(tmp_path: Path) -> None:
    """What a process still holds is its own affair."""
    log = tmp_path / "log"
    with subprocess.Popen(
        [sys.executable, "-c", _BEGIN + "put(); ready()", str(log)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert list(lost(log)) == []
        process.kill()
    assert [number for _, number in lost(log)] == [10]


def test_foreign_files_beside_the_log_are_left_alone(tmp_path: Path) -> None:
    """Another log's, and what only looks like one."""
    (tmp_path / ".other.0123abcd.pending").write_bytes(bytes(16))
    (tmp_path / ".log.nobody.pending").write_bytes(bytes(16))
    assert list(lost(tmp_path / "log")) == []
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.slow
def test_forks_while_threads_count_and_configure(tmp_path: Path) -> None:
    """No child hangs on a lock that a thread of its parent held."""
    script = """
import logging, os, threading
from metabot_instrument.boundary import count, failures
from metabot_instrument.current import configure
logging.disable()
stop = threading.Event()
def busy():
    while not stop.is_set():
        count("kind", "why"), configure(service_name="desk")
threads = [threading.Thread(target=busy) for _ in range(4)]
[thread.start() for thread in threads]
for _ in range(20):
    child = os.fork()
    if not child:
        count("kind", "why"), configure(service_name="child"), failures()
        os._exit(0)
    os.waitpid(child, 0)
stop.set()
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=30)


def test_a_log_opened_while_the_process_ends_is_written(tmp_path: Path) -> None:
    """Its exit function was there before ours, so that nobody flushes after it."""
    late = """
import atexit
def late():
    late = BufferedLines(LineFile(sys.argv[1]), size=9, seconds=3600, overflow="wait", encode=lambda n: b'{"n":%d}' % n)
    late.put(7)
atexit.register(late)
"""
    log = tmp_path / "log"
    subprocess.run([sys.executable, "-c", late + _BEGIN, str(log)], check=True, timeout=30)
    assert [event["n"] for event in _events(log)] == [7]
