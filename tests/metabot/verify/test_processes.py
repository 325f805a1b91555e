"""What /proc tells about running processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from metabot.verify.processes import tasks_of_user, uses_more_than

MEGABYTE = 2**20
SHARED = """
import os, signal
kept = bytearray(b"x" * 60_000_000)
for _ in range(3):
    if os.fork() == 0:
        signal.pause()
print("ready", flush=True)
signal.pause()
"""


@pytest.fixture
def sharers() -> Iterator[int]:
    """Four processes that share 60 MB."""
    with subprocess.Popen([sys.executable, "-c", SHARED], stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
        os.killpg(process.pid, 9)


def test_the_whole_tree_counts(sharers: int) -> None:
    """The children's memory is the tree's."""
    assert uses_more_than(55 * MEGABYTE, sharers)
    assert uses_more_than(1, os.getpid())


def test_a_shared_page_counts_once(sharers: int) -> None:
    """Four times 60 MB that are the same 60 MB are not 240."""
    assert not uses_more_than(150 * MEGABYTE, sharers)


def test_a_process_that_is_gone_uses_nothing() -> None:
    """Between two looks a process may end."""
    with subprocess.Popen(["true"]) as process:
        pass
    assert not uses_more_than(0, process.pid)


def test_tasks_of_a_user() -> None:
    """At least this process and its threads; a user who runs nothing has none."""
    assert tasks_of_user(os.getuid()) >= len(list(Path("/proc/self/task").iterdir()))
    assert tasks_of_user(2**31 - 7) == 0
