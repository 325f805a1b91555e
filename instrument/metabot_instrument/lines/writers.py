"""Everything that still holds lines: flushed on demand, at exit and on signals that end the process."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
import time
import weakref
from collections.abc import Callable
from types import FrameType
from typing import Any, Final, Protocol

from metabot_instrument.boundary import contained

_SIGNALS: Final = ("SIGTERM", "SIGINT", "SIGHUP")
_PATIENCE: Final = 2.0  # seconds that a signal waits for the lines


class Open(Protocol):
    def flush(self, timeout: float) -> bool: ...

    def close(self, timeout: float) -> bool: ...


_open: Final[dict[int, weakref.ref[Open]]] = {}  # by id: a dict is listed in one go while other threads add to it
_over = False  # the process ends: what is opened now is closed at once
_finalized: set[int] = set()  # processes in which multiprocessing calls `shutdown`


def opened(what: Open) -> None:
    """`what` is flushed and closed with everything else, and signals wait for it from now on."""
    key = id(what)
    _open[key] = weakref.ref(what, lambda _: _open.pop(key, None))
    _hear_signals()
    if _over:
        what.close(0)


@contained("flush", False)
def flush(timeout: float = 5.0) -> bool:
    """Whether every line emitted before the call is in its file, or counted, within `timeout` seconds."""
    end = time.monotonic() + timeout
    done = [each.flush(max(end - time.monotonic(), 0)) for each in _all_open()]  # each gets its turn
    return all(done)


@contained("flush", None)
def shutdown() -> None:
    """Flushes and closes everything; what is emitted afterwards is written at once."""
    for each in _all_open():
        each.close(5.0)


def _all_open() -> list[Open]:
    return [each for reference in list(_open.values()) if (each := reference()) is not None]


def settled_at_exit() -> None:
    """A child of multiprocessing ends by `os._exit`, and calls before it what was registered in the child itself."""
    forks = sys.modules.get("multiprocessing.util")
    processes = sys.modules.get("multiprocessing.process")
    if forks is None or processes is None or processes.parent_process() is None or os.getpid() in _finalized:
        return
    _finalized.clear()
    _finalized.add(os.getpid())
    forks.Finalize(None, shutdown, exitpriority=0)


@atexit.register
def _end() -> None:
    global _over  # noqa: PLW0603  # one end a process
    _over = True
    shutdown()


def _hear_signals() -> None:
    """Takes over what would end the process at once; the application's own handlers are called after the flush.

    Python's own SIGINT raises KeyboardInterrupt, which ends in a flush at exit; asyncio looks for it, so it stays.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for name in _SIGNALS:
        number = getattr(signal, name, None)
        if number is None:
            continue
        before = signal.getsignal(number)
        if before in (None, signal.SIG_IGN, signal.default_int_handler) or isinstance(before, _Flushing):
            continue
        signal.signal(number, _Flushing(before))


class _Flushing:
    """A signal's handler: flushes, then does what was to be done before."""

    def __init__(self, before: Any) -> None:
        self._before: Callable[[int, FrameType | None], Any] | int = before

    def __call__(self, number: int, frame: FrameType | None) -> None:
        flush(_PATIENCE)
        if callable(self._before):
            self._before(number, frame)
        else:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
