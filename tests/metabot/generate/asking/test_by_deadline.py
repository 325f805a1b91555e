"""An answer ends: by itself, by its silence, or by its deadline."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from metabot.generate.asking.by_deadline import LateError, by_deadline


def test_what_comes_in_time_is_handed_on() -> None:
    """In order and whole."""
    assert list(by_deadline(lambda: iter(range(5)), piece_seconds=20, seconds=20, leave=pytest.fail)) == [*range(5)]


def test_silence_ends_it_long_before_the_deadline() -> None:
    """And what reads is told to leave."""
    ended = threading.Event()

    def silent() -> Iterator[int]:
        yield 1
        ended.wait(20)

    began = time.monotonic()
    pieces = by_deadline(silent, piece_seconds=0.2, seconds=20, leave=ended.set)
    assert next(pieces) == 1
    with pytest.raises(LateError):
        next(pieces)
    assert ended.is_set()
    assert time.monotonic() - began < 10


def test_the_deadline_ends_what_never_falls_silent() -> None:
    """Each piece in time, and too many of them."""
    ended = threading.Event()

    def endless() -> Iterator[int]:
        for number in range(400):  # 20 s
            if ended.wait(0.05):
                return
            yield number

    began = time.monotonic()
    with pytest.raises(LateError):
        list(by_deadline(endless, piece_seconds=20, seconds=0.3, leave=ended.set))
    assert time.monotonic() - began < 10
