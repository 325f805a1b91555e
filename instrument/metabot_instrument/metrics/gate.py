"""One lock for all metrics of a process, which a fork waits for and a signal handler never does.

prometheus-client's own locks cannot be taken twice by one thread. So nothing is updated or read outside of this one,
and what a signal handler counts while its thread is inside is counted as soon as that is done.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Final, TypeVar

from metabot_instrument.boundary import contained

T = TypeVar("T")
_lock: Final = threading.RLock()
_later: Final[deque[tuple[Callable[..., None], tuple[Any, ...]]]] = deque()
_inside = False
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release)


def update(change: Callable[..., None], *what: Any) -> None:
    """`change(*what)`: now, or where this thread is inside already, before it leaves."""
    global _inside  # noqa: PLW0603  # one gate a process
    with _lock:
        if _inside:
            _later.append((change, what))
            return
        try:
            _inside = True
            change(*what)
        finally:
            _inside = False
        if _later:
            _catch_up()


def read(reading: Callable[[], T]) -> T:
    """Raises `RuntimeError` where a signal handler reads while its thread is inside."""
    global _inside  # noqa: PLW0603
    with _lock:
        if _inside:
            raise RuntimeError("a signal handler came while its thread was updating metrics")
        try:
            _inside = True
            return reading()
        finally:
            _inside = False
            if _later:
                _catch_up()


def _catch_up() -> None:
    while _later:
        change, what = _later.popleft()
        update(_late, change, what)


@contained("metrics", None)
def _late(change: Callable[..., None], what: tuple[Any, ...]) -> None:
    change(*what)
