"""The bytes of an HTTP response seen while the application reads them, and when they came."""

from __future__ import annotations

import atexit
import functools
import sys
import threading
import time
import weakref
from bisect import bisect_left
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, Final

from metabot_instrument.boundary import contained, count

_MOST: Final = 16 * 1024 * 1024  # bytes of one answer that are kept

Ended = Callable[["Bytes", BaseException | None], None]


class Bytes:
    """What came of a response so far; `ended` is called once, when no more will."""

    def __init__(self, ended: Ended) -> None:
        self._ended: Ended | None = ended
        self._pieces: list[bytes] = []
        self._ends: list[int] = []
        self._times: list[int] = []
        self.reading = False

    @contained("model_call", None)
    def add(self, piece: bytes) -> None:
        end = (self._ends[-1] if self._ends else 0) + len(piece)
        if end > _MOST:
            self._pieces.clear()  # what is left of an answer would be a wrong one
            self._ends.append(end)
            return
        self._pieces.append(piece)
        self._ends.append(end)
        self._times.append(time.time_ns())

    @contained("model_call", None)
    def end(self, error: BaseException | None = None) -> None:
        ended, self._ended = self._ended, None
        if ended is not None:
            if self._ends and not self._pieces:
                count("model_call", "an answer of more than 16 MB: its figures are unknown")
            ended(self, error)

    def closed(self) -> None:
        """Ends it, later where a read is on its way, or where it is being disposed of: that may be within any lock."""
        if isinstance(sys.exc_info()[1], GeneratorExit):
            _abandoned.put(self)
        elif not self.reading:
            self.end()

    @property
    def content(self) -> bytes:
        return b"".join(self._pieces)

    @property
    def last_ns(self) -> int | None:
        return self._times[-1] if self._times else None

    def time_ns(self, end: int) -> int:
        """When the bytes up to there had come."""
        return self._times[bisect_left(self._ends, end)]


_abandoned: Final[SimpleQueue[Bytes]] = SimpleQueue()  # its `put` may interrupt anything, itself too
_ending: threading.Thread | None = None


@atexit.register
def end_abandoned() -> None:
    """Ends what the application dropped without reading it to its end or closing it."""
    with suppress(Empty):
        while True:
            _abandoned.get_nowait().end()


def _end_for_ever() -> None:
    while True:
        _abandoned.get().end()


def _end_from_now_on() -> None:
    """By a thread of its own; a forked child begins another."""
    global _ending  # noqa: PLW0603  # one a process
    if _ending is None or not _ending.is_alive():
        _ending = threading.Thread(target=_end_for_ever, name="metabot-abandoned-streams", daemon=True)
        _ending.start()


def watch(response: Any, ended: Ended) -> None:
    """Lets `ended` see what the application reads of an HTTP response: to its end, its closing, or its disposal."""
    _end_from_now_on()
    seen = Bytes(ended)
    if hasattr(response, "aclose"):
        response.aiter_bytes = _asynchronously(response.aiter_bytes, seen)
        response.aclose = _aclosing(response.aclose, seen)
    response.iter_bytes = _synchronously(response.iter_bytes, seen)
    response.close = _closing(response.close, seen)
    weakref.finalize(response, _abandoned.put, seen).atexit = False


def _synchronously(inner: Callable[..., Iterator[bytes]], seen: Bytes) -> Callable[..., Iterator[bytes]]:
    @functools.wraps(inner)
    def iter_bytes(*args: Any, **named: Any) -> Iterator[bytes]:
        pieces = inner(*args, **named)
        while True:
            seen.reading = True  # the last bytes come after the response closed itself
            try:
                piece = next(pieces)
            except StopIteration:
                seen.end()
                return
            except BaseException as error:
                seen.end(error)
                raise
            finally:
                seen.reading = False
            seen.add(piece)
            yield piece

    return iter_bytes


def _asynchronously(inner: Callable[..., AsyncIterator[bytes]], seen: Bytes) -> Callable[..., AsyncIterator[bytes]]:
    @functools.wraps(inner)
    async def aiter_bytes(*args: Any, **named: Any) -> AsyncIterator[bytes]:
        pieces = inner(*args, **named)
        while True:
            seen.reading = True
            try:
                piece = await anext(pieces)
            except StopAsyncIteration:
                seen.end()
                return
            except BaseException as error:
                seen.end(error)
                raise
            finally:
                seen.reading = False
            seen.add(piece)
            yield piece

    return aiter_bytes


def _closing(inner: Callable[[], None], seen: Bytes) -> Callable[[], None]:
    @functools.wraps(inner)
    def close() -> None:
        try:
            inner()
        finally:
            seen.closed()

    return close


def _aclosing(inner: Callable[[], Any], seen: Bytes) -> Callable[[], Any]:
    @functools.wraps(inner)
    async def aclose() -> None:
        try:
            await inner()
        finally:
            seen.closed()

    return aclose
