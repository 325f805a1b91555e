"""The processes below this one: also those that moved to a session of their own, or whose parent ended.

Linux alone hands them to this process (PR_SET_CHILD_SUBREAPER, prctl(2)); elsewhere a session of its own hides one.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

_LINUX: Final = sys.platform == "linux"
_PR_SET_CHILD_SUBREAPER: Final = 36  # linux/prctl.h


def adopt() -> None:
    """From now on those whose parent ends become children of this process."""
    if _LINUX:
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def wait(child: int) -> int:
    """A child's exit code, -n for signal n. Others that end meanwhile do not stay behind as zombies."""
    while True:
        pid, status = os.waitpid(-1 if _LINUX else child, 0)
        if pid == child:
            return os.waitstatus_to_exitcode(status)


def end() -> None:
    """Kills all: children of what is killed become ours, until there is none."""
    if not _LINUX:
        return
    with suppress(ChildProcessError):
        while True:
            for pid in _children():
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            os.waitpid(-1, 0)


def _children() -> list[int]:
    own = os.getpid()
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):  # noqa: PTH208  names are all that is needed
        with suppress(OSError):
            # The command's name, in parentheses, may hold anything: the parent's id is the second field after it.
            stat = Path(f"/proc/{name}/stat").read_text(errors="replace").rpartition(")")[2].split()
            if int(stat[1]) == own:
                found.append(int(name))
    return found
