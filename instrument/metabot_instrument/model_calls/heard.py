"""Who hears of each model call in this process while it is made, whether or not it is traced."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Final, NamedTuple

from metabot_instrument.boundary import contained


class Asked(NamedTuple):
    model: str | None
    began_ns: int  # since 1970


class Answered(NamedTuple):
    id: str | None
    model: str | None
    input: int | None
    output: int | None
    cached: int | None
    failed: bool
    ended_ns: int


Ended = Callable[[Answered], None]
Hears = Callable[[Asked], Ended | None]

_hearing: tuple[Hears, ...] = ()  # replaced, never changed: it is read without a lock
_lock: Final = threading.RLock()
if hasattr(os, "register_at_fork"):  # a child must not find it held by a thread that it does not have
    os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release)


def hear(hears: Hears) -> Callable[[], None]:
    """`hears` gets each call when it begins, and gives who gets its end. Gives a function that ends this."""
    nothing: Ended | None = None
    entry = contained("model_call", nothing)(hears)
    _change(lambda hearing: (*hearing, entry))
    return lambda: _change(lambda hearing: tuple(each for each in hearing if each is not entry))


def anybody() -> bool:
    return bool(_hearing)


def began(asked: Asked) -> tuple[Ended, ...]:
    return tuple(ended for hears in _hearing if (ended := hears(asked)) is not None)


def _change(change: Callable[[tuple[Hears, ...]], tuple[Hears, ...]]) -> None:
    global _hearing  # noqa: PLW0603  # one list a process
    with _lock:
        _hearing = change(_hearing)
