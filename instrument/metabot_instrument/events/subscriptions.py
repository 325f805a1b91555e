"""Functions of the application that hear its events in the process."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from contextvars import ContextVar
from fnmatch import fnmatchcase
from typing import Any, Final

from metabot_instrument.boundary import contained

Hears = Callable[[dict[str, Any]], object]

_Entry = tuple[str, Hears]
_subscribed: list[_Entry] = []  # replaced, never changed: it is read without a lock
_lock: Final = threading.RLock()  # a signal handler may subscribe while its thread does
if hasattr(os, "register_at_fork"):  # a child must not find it held by a thread that it does not have
    os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release)
_telling: Final[ContextVar[bool]] = ContextVar("telling", default=False)


def subscribe(glob: str, hears: Hears) -> Callable[[], None]:
    """`hears` gets each event whose type `glob` matches, after it was written, in the thread that emitted it.

    What it raises is counted and stops nobody. Events that it emits itself are written and told to nobody. Gives a
    function that ends the subscription.
    """
    nothing: object = None
    entry = (glob, contained("subscriber", nothing)(hears))
    _replace(lambda before: [*before, entry])
    return lambda: _replace(lambda before: [each for each in before if each is not entry])


@contained("subscriber", None)
def tell(kind: str, line: bytes) -> None:
    """Calls the subscribers of this type, one after the other."""
    hearing = [hears for glob, hears in _subscribed if fnmatchcase(kind, glob)]
    if not hearing or _telling.get():
        return
    token = _telling.set(True)
    try:
        for hears in hearing:
            hears(json.loads(line))
    finally:
        _telling.reset(token)


def _replace(change: Callable[[list[_Entry]], list[_Entry]]) -> None:
    global _subscribed  # noqa: PLW0603  # one list a process
    with _lock:
        _subscribed = change(_subscribed)
