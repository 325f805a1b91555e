"""Rows of words that are found in a text by the first of them, however many there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class Found(NamedTuple, Generic[T]):
    at: int
    length: int
    what: T


class Phrases(Generic[T]):
    def __init__(self, rows: Iterable[tuple[tuple[str, ...], T]]) -> None:
        """An empty row is found nowhere."""
        self._rows: dict[tuple[str, ...], list[T]] = {}
        self._lengths: dict[str, tuple[int, ...]] = {}  # of the rows that begin with a word
        for row, what in rows:
            if row:
                self._rows.setdefault(row, []).append(what)
                self._lengths[row[0]] = tuple({*self._lengths.get(row[0], ()), len(row)})

    def within(self, words: tuple[str, ...]) -> Iterator[Found[T]]:
        """From the front."""
        if self._lengths.keys().isdisjoint(words):
            return
        for at, word in enumerate(words):
            for length in self._lengths.get(word, ()):
                for what in self._rows.get(words[at : at + length], ()):
                    yield Found(at, length, what)
