"""Starts one command under limits and ends with it, leaving no process behind: a program of its own.

    python -I -S supervisor.py '{"limits": {"RLIMIT_CORE": 0}, "join": ["/sys/fs/cgroup/…/cgroup.procs"]}' COMMAND …

Standard library only, because it runs on the interpreter below metabot's virtual environment. What the command leaves
running is handed to this process (PR_SET_CHILD_SUBREAPER, prctl(2)) and killed. SIGTERM, and the death of metabot
itself, end everything. Exit code: the command's, 128 + n where signal n ended it, 127 where there is no such command.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_PR_SET_CHILD_SUBREAPER = 36


class _Terminated(BaseException):
    """SIGTERM came."""


def main() -> int:
    plan, command = json.loads(sys.argv[1]), sys.argv[2:]
    signal.signal(signal.SIGTERM, _terminate)
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != plan["parent"]:
        return 128 + signal.SIGTERM  # metabot died before its death could be told
    try:
        child = os.fork()
        if child == 0:
            _become(command, plan)
        status = os.waitpid(child, 0)[1]
    except _Terminated:
        status = signal.SIGKILL
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _end_children()
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _terminate(_number: int, _frame: FrameType | None) -> None:
    raise _Terminated


def _become(command: list[str], plan: dict[str, Any]) -> None:
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        for file in plan["join"]:
            Path(file).write_text(str(os.getpid()))
        for name, wanted in plan["limits"].items():
            kind = getattr(resource, name)
            hard = resource.getrlimit(kind)[1]
            value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
            resource.setrlimit(kind, (value, value))
        os.execvp(command[0], command)  # noqa: S606  the words come from the settings; no shell is wanted
    except OSError as refused:
        os.write(2, f"{command[0]}: {refused.strerror}\n".encode())
        os._exit(127 if isinstance(refused, FileNotFoundError) else 126)


def _end_children() -> None:
    """Children of what is killed become ours, until there is none."""
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


if __name__ == "__main__":
    sys.exit(main())
