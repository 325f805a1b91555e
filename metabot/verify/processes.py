"""What /proc tells about running processes (proc(5))."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


def uses_more_than(limit: int, root: int) -> bool:
    """Whether a process and all below it use more than `limit` bytes of memory.

    Resident sizes are quick to read and count a page once for each process that shares it; where they exceed the limit
    the proportional sizes decide, which count it once.
    """
    ids = below(root)
    return sum(map(_resident, ids)) > limit and sum(map(_proportional, ids)) > limit


def below(root: int) -> list[int]:
    """A process and all that it and they have started."""
    children = _children()
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError):  # gone
        return 0


def _proportional(pid: int) -> int:
    """Its resident size where the kernel does not tell us more."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            name, _, value = line.partition(":")
            if name == "Pss":
                return int(value.split()[0]) * 1024
    return _resident(pid)


def _children() -> dict[int, list[int]]:
    """Who started whom. Read from every process: /proc/…/children is not in every kernel."""
    found: dict[int, list[int]] = {}
    for pid in _running():
        with suppress(OSError):
            # The command's name, in parentheses, may hold anything: the parent's id is the second field after it.
            stat = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
            found.setdefault(int(stat[1]), []).append(pid)
    return found


def _running() -> list[int]:
    """Every process now. A list: an interrupt amid a walk would leave the folder open."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208  names are all that is needed


def tasks_of_user(uid: int) -> int:
    """Threads that run under a user's id now: what RLIMIT_NPROC counts."""
    total = 0
    for pid in _running():
        with suppress(OSError):
            if os.stat(f"/proc/{pid}").st_uid == uid:  # noqa: PTH116  one call per process, hundreds of them
                total += len(os.listdir(f"/proc/{pid}/task"))  # noqa: PTH208
    return total
