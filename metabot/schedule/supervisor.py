"""Runs one command and leaves no process of it behind: a program of its own.

    python -m metabot.schedule.supervisor SECONDS GRACE COMMAND …

The command ends after SECONDS at the latest, and at once when standard input ends, that is when the process that holds
its other end closes it or dies, by whatever signal, or when SIGTERM or SIGINT comes. Then its process group is sent
SIGTERM and, GRACE seconds later, everything that it started SIGKILL, also what left its group and its parents:
orphans are handed to this process (PR_SET_CHILD_SUBREAPER, prctl(2)). If this process itself is killed, the command is.

Exit code: the command's, 124 where it took too long, 143 where it was told to end, 127 where there is no such command.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import Final

from metabot.verify.processes import below

OVERRUN: Final = 124  # as timeout(1) says it
ENDED: Final = 128 + signal.SIGTERM
_MISSING: Final = 127
_PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h
_PR_SET_CHILD_SUBREAPER: Final = 36
_STDIN: Final = 0


def main(arguments: list[str]) -> int:
    seconds, grace, command = float(arguments[0]), float(arguments[1]), arguments[2:]
    told = _signals()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            process_group=0,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509  no thread runs here
        )
    except OSError as refused:
        sys.stderr.write(f"{command[0]}: {refused.strerror}\n")
        return _MISSING
    why = _watched(child, told, time.monotonic() + seconds)
    if why is not None:
        _send(child, signal.SIGTERM)
        _ended(child, told, time.monotonic() + grace)
    _kill(child)
    return _exit_code(child) if why is None else why


def _signals() -> int:
    """Where a byte can be read after each signal, so that one `select` waits for everything."""
    told, tell = os.pipe()
    os.set_blocking(told, False)
    os.set_blocking(tell, False)
    signal.set_wakeup_fd(tell)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
        signal.signal(number, lambda *_: None)
    return told


def _watched(child: subprocess.Popen[bytes], told: int, deadline: float) -> int | None:
    """Why it is to be ended; None: it ended by itself."""
    while child.poll() is None:
        left = deadline - time.monotonic()
        if left <= 0:
            return OVERRUN
        ready = select.select([told, _STDIN], [], [], left)[0]
        if _STDIN in ready and not os.read(_STDIN, 1):
            return ENDED
        if told in ready and {signal.SIGTERM, signal.SIGINT} & set(os.read(told, 512)):
            return ENDED
    return None


def _ended(child: subprocess.Popen[bytes], told: int, deadline: float) -> None:
    """Waits for its end, until the deadline."""
    while child.poll() is None and (left := deadline - time.monotonic()) > 0:
        if select.select([told], [], [], left)[0]:
            os.read(told, 512)


def _kill(child: subprocess.Popen[bytes]) -> None:
    """Everything below: children of what is killed become ours, until there is none."""
    if child.poll() is None:
        _send(child, signal.SIGKILL)
        child.wait()
    if sys.platform != "linux":
        _send(child, signal.SIGKILL)
        return
    with suppress(ChildProcessError):
        while True:
            for pid in below(os.getpid())[1:]:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            os.waitpid(-1, 0)


def _send(child: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):  # macOS refuses where only the dead are left
        os.killpg(child.pid, number)


def _exit_code(child: subprocess.Popen[bytes]) -> int:
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
