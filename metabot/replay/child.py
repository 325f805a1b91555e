"""The command that runs beside the replay and ends with it."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from metabot.replay import descendants

_FORWARDED: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
_PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h


def environment(given: Mapping[str, str], origin: str, *, marked: bool = True) -> dict[str, str]:
    """The environment with its mark, and with the replay's addresses for every `{model}` and `{tools}` in a value."""
    model, tools = f"{origin}/v1", f"{origin}/tools"
    filled = {name: value.replace("{model}", model).replace("{tools}", tools) for name, value in given.items()}
    return {**filled, "METABOT_REPLAY": "1"} if marked else filled


def run(command: Sequence[str], environ: Mapping[str, str], started: Callable[[], None]) -> int:
    """Runs the command in a session of its own, hands signals on, and returns its exit code (128 + n for signal n).

    `started` is called once the command runs: until then no thread may be, because the process forks. What the command
    left behind is killed before its exit code is told, so that nothing of it acts on what is written then. OSError: the
    command cannot be started.
    """
    early: list[int] = []
    for number in _FORWARDED:
        signal.signal(number, lambda caught, _: early.append(caught))
    descendants.adopt()
    child = subprocess.Popen(
        command,
        env=dict(environ),
        start_new_session=True,
        preexec_fn=_end_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - no thread runs yet
    )
    for number in _FORWARDED:
        signal.signal(number, lambda caught, _: _send(child.pid, caught))
    try:
        for caught in early:
            _send(child.pid, caught)
        started()
        code = child.returncode = descendants.wait(child.pid)
    finally:
        _send(child.pid, signal.SIGKILL)
        descendants.end()
    return code if code >= 0 else 128 - code


def _send(group: int, number: int) -> None:
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
