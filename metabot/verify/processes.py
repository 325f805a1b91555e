"""What /proc tells about running processes (proc(5))."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


def resident_bytes(root: int) -> int:
    """Resident memory of a process and all below it. Pages that several of them share count for each of them."""
    children = _children()
    total, open_ids = 0, [root]
    while open_ids:
        pid = open_ids.pop()
        open_ids += children.get(pid, [])
        with suppress(OSError, IndexError):
            total += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    return total


def _children() -> dict[int, list[int]]:
    """Who started whom. Read from every process: /proc/…/children is not in every kernel."""
    found: dict[int, list[int]] = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            with suppress(OSError):
                # The command's name, in parentheses, may hold anything: the parent's id is the second field after it.
                stat = Path(entry.path, "stat").read_text(errors="replace").rpartition(")")[2].split()
                found.setdefault(int(stat[1]), []).append(int(entry.name))
    return found


def tasks_of_user(uid: int) -> int:
    """Threads that run under a user's id now: what RLIMIT_NPROC counts."""
    total = 0
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            with suppress(OSError):
                if os.stat(entry.path).st_uid == uid:  # noqa: PTH116  one call per process, hundreds of them
                    total += len(os.listdir(f"{entry.path}/task"))  # noqa: PTH208
    return total
