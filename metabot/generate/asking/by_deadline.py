"""Reads an answer so that it ends: none outlasts its deadline, and none stays silent for longer than allowed.

A socket's own time-out counts from byte to byte: a server that sends one now and then, a header, a comment, half a
line, would keep its reader for ever. The pieces are therefore read in a thread of their own, and left alone there if
they do not come in time.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import Final, TypeVar

T = TypeVar("T")
_END: Final = object()


class LateError(Exception):
    """The next piece did not come in time."""


def by_deadline(
    pieces: Callable[[], Iterator[T]], *, piece_seconds: float, seconds: float, leave: Callable[[], None]
) -> Iterator[T]:
    """The pieces as they come. LateError: one is late; then `leave` was called, to end what reads them."""
    waiting: queue.Queue[T | object] = queue.Queue()
    until = time.monotonic() + seconds
    threading.Thread(target=_read, args=(pieces, waiting), daemon=True).start()
    while True:
        try:
            piece = waiting.get(timeout=max(0.0, min(piece_seconds, until - time.monotonic())))
        except queue.Empty:
            leave()
            raise LateError from None
        if piece is _END:
            return
        yield piece  # type: ignore[misc]  # only the end is no T


def _read(pieces: Callable[[], Iterator[T]], waiting: queue.Queue[T | object]) -> None:
    try:
        for piece in pieces():
            waiting.put(piece)
    finally:
        waiting.put(_END)
