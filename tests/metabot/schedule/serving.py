"""Starts `served.py`, and looks at what it records."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from metabot.ledger.jobs import JobRun
from metabot.ledger.ledger import Ledger

_PROGRAM = Path(__file__).with_name("served.py")
Process = subprocess.Popen[str]


def job(name: str, command: str, *, every: float = 0.5, seconds: float = 60) -> dict[str, Any]:
    return {"name": name, "command": command, "every": every, "seconds": seconds}


@contextmanager
def serving(folder: Path, *jobs: dict[str, Any], catch_up: float = 3600) -> Iterator[Process]:
    """A process that serves; killed, if it is still there in the end."""
    with (folder / "serve.log").open("a") as log:
        process = subprocess.Popen(
            [sys.executable, str(_PROGRAM), str(folder), str(catch_up), json.dumps(jobs)], stderr=log, text=True
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def logged(folder: Path) -> str:
    return (folder / "serve.log").read_text()


def runs(folder: Path, name: str) -> list[JobRun]:
    """Oldest first."""
    found = Ledger(folder / "ledger.sqlite").job_runs(newest=10_000)
    return [run for run in reversed(found) if run.job == name]


def until(true: Callable[[], bool], *, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come to this in time"
        time.sleep(0.05)


def ended(folder: Path, name: str) -> list[str]:
    """The results so far."""
    return [run.result for run in runs(folder, name) if run.result is not None]
