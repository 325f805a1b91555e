"""A job's process, under a supervisor that ends it and whatever it started: in time, or with us."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from metabot.redact import redact
from metabot.schedule.supervisor import ENDED, OVERRUN

GRACE_SECONDS: Final = 10.0  # between SIGTERM and SIGKILL
_SUPERVISOR_SECONDS: Final = 5.0  # for the supervisor to notice, and to bury what it killed
_TAIL_BYTES: Final = 8192
_DETAIL_CHARACTERS: Final = 300

Result = Literal["done", "failed", "overrun", "ended"]


@dataclass(frozen=True, slots=True)
class End:
    result: Result
    detail: str = ""  # of a failure: exit code and the line that says why, without secrets


class Child:
    """It runs from the moment that it is made. OSError: it cannot be started, or its log cannot be written."""

    def __init__(self, command: Sequence[str], *, environment: Mapping[str, str], seconds: float, log: Path) -> None:
        self._log = log
        supervisor = (sys.executable, "-P", "-m", "metabot.schedule.supervisor", str(seconds), str(GRACE_SECONDS))
        log.parent.mkdir(parents=True, exist_ok=True)
        written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)  # findings may stand in it
        try:
            self._process = subprocess.Popen(
                [*supervisor, *command],
                env=dict(environment),
                stdin=subprocess.PIPE,  # its other end closes with us, also when we are killed
                stdout=written,
                stderr=written,
                start_new_session=True,
            )
        finally:
            os.close(written)

    def wait(self) -> End:
        """How it ended, once it has."""
        code = self._process.wait()
        assert self._process.stdin is not None
        self._process.stdin.close()
        if code == OVERRUN:
            return End("overrun")
        if code in (ENDED, -signal.SIGTERM):  # the latter before the supervisor had begun anything
            return End("ended")
        if code < 0:
            return End("failed", f"its supervisor was ended by signal {-code}")
        return End("done") if code == 0 else End("failed", f"exit code {code}: {_last_words(self._log)}")

    def end(self) -> None:
        """Have it end soon, by another thread than the one that waits."""
        with suppress(ProcessLookupError):
            self._process.terminate()

    def make_sure(self) -> None:
        """After `end`: it is gone when this returns."""
        try:
            self._process.wait(GRACE_SECONDS + _SUPERVISOR_SECONDS)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)


def _last_words(log: Path) -> str:
    """The line that metabot words an error with, else the last line."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError as error:
        return f"its log cannot be read: {error.strerror}"
    said = [line.strip("│ ") for line in lines if any(letter.isalnum() for letter in line)]
    errors = [line.removeprefix("error: ") for line in said if line.startswith("error: ")]
    last = (errors or said or ["it printed nothing"])[-1]
    shown = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in last)
    return redact(shown)[0][:_DETAIL_CHARACTERS]
