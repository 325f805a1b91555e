"""A change that leaves a process behind, to act on later runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from metabot.verify.job import Job
from metabot.verify.sandbox import Sandbox
from metabot.verify.scratch import scratch

MARK = f"left-behind-{os.getpid()}"
CHEAT = f"""
import subprocess, sys
nothing = subprocess.DEVNULL
words = [sys.executable, "-c", "import time; time.sleep(97)", {MARK!r}]
subprocess.Popen(words, start_new_session=True, stdout=nothing, stderr=nothing)
"""


def left() -> list[int]:
    found = []
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if MARK in command.read_text().split("\0"):
                found.append(int(command.parent.name))
    return found


def test_it_is_ended(tmp_path: Path, sandbox: Sandbox) -> None:
    """All processes of a run end with it."""
    with scratch(tmp_path) as folders:
        (folders.root / "tree").mkdir()
        job = Job(
            command=("python3", "-c", CHEAT), tree=folders.root / "tree", tree_at=Path("/target"), scratch=folders
        )
        assert sandbox.run(job).exit_code == 0
    assert left() == []


def test_it_lives_on_without_the_sandbox() -> None:
    """Started by itself, it outlives the command."""
    subprocess.run([sys.executable, "-c", CHEAT], check=True)
    time.sleep(0.1)
    found = left()
    for pid in found:
        os.kill(pid, signal.SIGKILL)
    assert len(found) == 1
