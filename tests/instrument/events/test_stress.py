"""Eight processes of sixteen threads on one log, some of them killed in the middle.

Each case takes METABOT_STRESS_SECONDS, three by default.
"""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import time
from collections import Counter, defaultdict
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from metabot_instrument import configure, emit_event
from metabot_instrument.lines.rotated import opened

_WRITER = Path(__file__).with_name("stress_writer.py")
_PROCESSES, _THREADS, _BUFFER = 8, 16, 1_000
_KILLED = (1, 4, 6)
_SECONDS = float(os.environ.get("METABOT_STRESS_SECONDS", "3"))


def _written_by_all(log: Path, folder: Path, mode: str, rotate_bytes: int) -> dict[int, dict[str, int]]:
    """Runs them, kills three at half-time, and gives what the others count as failures."""
    running = []
    for process in range(_PROCESSES):
        cells = folder / f"cells{process}"
        cells.write_bytes(bytes(16 * _THREADS))
        command = [sys.executable, _WRITER, log, cells, process, mode, rotate_bytes]
        running.append(subprocess.Popen([str(each) for each in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE))
    assert all(each.stdout and each.stdout.readline() == b"ready\n" for each in running)
    until = time.time() + _SECONDS
    for each in running:
        assert each.stdin is not None
        each.stdin.write(b"%f\n" % until)
        each.stdin.flush()
    time.sleep(_SECONDS / 2)
    for process in _KILLED:
        running[process].kill()
    said = {number: process.communicate(timeout=_SECONDS + 120)[0] for number, process in enumerate(running)}
    return {number: json.loads(failures) for number, failures in said.items() if number not in _KILLED}


def _raw(log: Path) -> list[bytes]:
    with ExitStack() as files:
        content = [file.read() for file in opened(log, files)]
    assert all(each.endswith(b"\n") for each in content)
    return b"".join(content).splitlines()


def _reached(folder: Path, process: int) -> list[tuple[int, int]]:
    """For each thread, the event whose call has begun and the one whose call has returned."""
    numbers = struct.unpack(f"={2 * _THREADS}Q", (folder / f"cells{process}").read_bytes())
    return list(zip(numbers[::2], numbers[1::2], strict=True))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mode", "rotate_bytes"),
    [pytest.param("sync", 0, id="at once"), pytest.param("buffered", 4_000_000, id="buffered, with rotation")],
)
def test_every_line_is_whole_and_every_loss_is_counted(
    log: Path, tmp_path: Path, mode: str, rotate_bytes: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """At once, nothing is lost whose call returned. Buffered, a kill takes the buffer at most, and it is counted."""
    failed = _written_by_all(log, tmp_path, mode, rotate_bytes)
    configure(rotate_bytes=0)
    emit_event("system_shutdown")  # opens the log after the dead ones, and counts what they lost
    events: list[dict[str, Any]] = [json.loads(line) for line in _raw(log)]

    came: dict[int, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    writers = {}
    for event in (event for event in events if event["event"] == "eval"):
        where = event["payload"]
        assert where["i"] not in came[where["p"]][where["t"]], "a line came twice"
        came[where["p"]][where["t"]].add(where["i"])
        writers[where["p"]] = event["writer"]
    said = Counter[str]()
    for event in events:
        if event["event"] == "events_lost":
            said[event["payload"]["writer"]] += event["payload"]["count"]

    unplaced = [count for writer, count in said.items() if writer not in writers.values()]  # killed before any line
    figures = []
    for process in range(_PROCESSES):
        begun = returned = 0  # of the events that are not in the log
        for thread, (last_begun, last_returned) in enumerate(_reached(tmp_path, process)):
            numbers = came[process][thread]
            begun += last_begun - len(numbers)
            returned += last_returned - sum(number <= last_returned for number in numbers)
        if process not in _KILLED:
            assert returned == begun == failed[process].get("events_lost", 0)
        elif mode == "sync":
            assert returned == 0
        else:
            counted = said[writers[process]] if process in writers else unplaced.pop() if unplaced else 0
            assert returned <= counted <= begun
            assert returned <= _BUFFER
            figures.append(f"{returned} lost, {counted} counted")
    assert not unplaced
    with capsys.disabled():
        sys.stdout.write(
            f"\n  {mode}: {len(events)} lines in {_SECONDS:.0f} s; killed: {'; '.join(figures) or 'none lost'}\n"
        )
