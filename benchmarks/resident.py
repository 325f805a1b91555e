"""Memory of a process with those that it started, as the kernel counts it."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_EVERY_SECONDS: Final = 0.1


def largest(process: subprocess.Popen[str] | subprocess.Popen[bytes]) -> int:
    """Bytes that it and its children hold at most until it ends; pages that several share count once."""
    found = 0
    while process.poll() is None:
        found = max(found, sum(map(_proportional, _family(process.pid))))
        time.sleep(_EVERY_SECONDS)
    return found


def _family(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = task.read_text().split()
        except OSError:  # the thread has ended
            continue
        for child in children:
            yield from _family(int(child))


def _proportional(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # it has ended
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
