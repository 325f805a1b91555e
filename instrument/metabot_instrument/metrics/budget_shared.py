"""What budgets share: one decision at a time and, of several processes, what a counter said when a period began."""

from __future__ import annotations

import fcntl
import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from metabot_instrument.metrics.meter import multiprocess
from metabot_instrument.metrics.processes import folder

_PATIENCE: Final = 2.0  # seconds that a decision waits for another process's
_PAUSE: Final = 0.002
_lock: Final = threading.RLock()
_inside = False
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release)


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """One decision at a time, of all threads and of all processes of the folder.

    Raises `RuntimeError` where a signal handler decides amid a decision, `TimeoutError` where another process holds on.
    """
    global _inside  # noqa: PLW0603  # one lock a process
    with _lock:
        if _inside:
            raise RuntimeError("a signal handler came while its thread was deciding on a budget")
        try:
            _inside = True
            if multiprocess():
                with _locked(folder() / "token_budgets.lock"):
                    yield
            else:
                yield
        finally:
            _inside = False


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("ab") as file:
        end = time.monotonic() + _PATIENCE
        while not _taken(file.fileno()):
            if time.monotonic() > end:
                raise TimeoutError(f"{path}: another process holds it")
            time.sleep(_PAUSE)
        yield


def _taken(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def begun_in_folder(budget: str, period: str, now: float) -> float:
    """What the counter said when `period` began: what it says `now`, if nobody has looked in this period before.

    At the first look ever it is nothing: whoever starts the application empties the folder. Within `one_at_a_time`.
    """
    path = folder() / "token_budgets.json"
    said = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    there = said.get(budget)
    if there is None or there["period"] != period:
        said[budget] = {"period": period, "begun": 0.0 if there is None else now}
        new = path.with_suffix(".new")
        new.write_text(json.dumps(said), encoding="utf-8")
        new.replace(path)
    return float(said[budget]["begun"])
