"""One process at a time, with real processes."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from metabot.store.store import opened

ROOT = Path(__file__).parents[3]

HOLD = """
import sys
from pathlib import Path
from metabot.store.store import opened
with opened(Path(sys.argv[1]), purpose=sys.argv[2], waiting=lambda who: print("waiting for", who, flush=True)):
    print("holding", flush=True)
    sys.stdin.read()
"""


@contextmanager
def holder(path: Path, purpose: str) -> Iterator[subprocess.Popen[str]]:
    """A process that opens the store and holds it until its standard input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path), purpose],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_the_next_one_waits_and_is_told_for_whom(tmp_path: Path) -> None:
    """Purpose, process id and time of the holder; and then the store is the next one's."""
    path = tmp_path / "store.duckdb"
    with holder(path, "metabot run") as first:
        assert said(first) == "holding"
        with holder(path, "metabot load") as second:
            waiting = said(second)
            assert re.fullmatch(
                rf"waiting for metabot run, pid {first.pid}, since \d{{4}}-\d\d-\d\d \d\d:\d\d", waiting
            )
            first.communicate("")
            assert said(second) == "holding"


def test_the_lock_dies_with_its_process(tmp_path: Path) -> None:
    """A holder that is killed where it stands leaves a store that opens at once, for whoever comes."""
    path = tmp_path / "store.duckdb"
    with holder(path, "metabot run") as first:
        assert said(first) == "holding"
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
    told: list[str] = []
    with opened(path, purpose="now", waiting=told.append) as store:
        assert store.spans() == 0
    assert told == []


def test_two_threads_of_one_process_take_turns(tmp_path: Path) -> None:
    """The lock is the file's, not the process's: the second thread waits for the first, and is told so."""
    path = tmp_path / "store.duckdb"
    inside, told, order = threading.Event(), threading.Event(), []

    def second() -> None:
        with opened(path, purpose="second", waiting=lambda _: told.set()):
            order.append("second")

    thread = threading.Thread(target=second)
    with opened(path, purpose="first", waiting=lambda _: None):
        thread.start()
        assert told.wait(30)
        order.append("first")
        inside.set()
    thread.join(30)
    assert order == ["first", "second"]
