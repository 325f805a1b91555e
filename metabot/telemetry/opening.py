"""What a file's format is recognised by: the bytes that it opens with, and of JSON and CSV the names in them."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from typing import Final

import ijson  # type: ignore[import-untyped]

PREFIX: Final = 1 << 20  # bytes of a file that are looked at
_NAMES: Final = 20_000  # JSON keys of it
_LONGEST: Final = 1_000  # characters of a path: what tells a format stands above, and deep nesting costs its square
_LINES: Final = 20  # of which the first may be torn
_STEP: Final = 4 << 10  # bytes that are parsed before a path's length is seen
_LONG: Final = 4 << 10  # bytes of a text: no name is as long
_TEXTS: Final = re.compile(rb'"((?:[^"\\\n]++|\\.)*+)("|\Z)')
_NUMBERS: Final = re.compile(rb"(?:(?<=[\[,\s])-?\d++\s*+,\s*+){8,}+")  # of a long list, which hold no name


@dataclass(frozen=True)
class Opening:
    """A file's first megabyte, unpacked."""

    head: bytes

    @cached_property
    def is_empty(self) -> bool:
        return not self._text.strip()

    @cached_property
    def is_json(self) -> bool:
        return any(line.lstrip()[:1] in (b"{", b"[") for line in self._lines)

    @cached_property
    def paths(self) -> frozenset[str]:
        """Paths of the JSON keys in it: `data.item.traceID`, where `item` stands for any element of a list.

        Of one value or of several after one another (JSON lines), as far as they are JSON; where the first is none or
        too deep, of the first lines too.
        """
        found, whole = _paths(self._text)
        return found if found and whole else found.union(*(_paths(line)[0] for line in self._lines))

    def has(self, *paths: str) -> bool:
        """Whether every one of these paths occurs."""
        return self.paths.issuperset(paths)

    @cached_property
    def header(self) -> tuple[str, ...]:
        """The names in the first line of CSV; empty where it is none."""
        line, _, rest = self._text.partition(b"\n")
        if self.is_json or not rest.strip():
            return ()
        try:
            return tuple(name.strip() for name in next(csv.reader([line.decode("utf-8")]), ()))
        except (UnicodeDecodeError, csv.Error):
            return ()

    @cached_property
    def _text(self) -> bytes:
        return self.head.lstrip(b"\xef\xbb\xbf \t\r\n")

    @property
    def _lines(self) -> list[bytes]:
        return self._text.split(b"\n", _LINES)[:_LINES]


def _paths(text: bytes) -> tuple[frozenset[str], bool]:
    """And whether nothing was too deep to be looked at."""
    found: set[str] = set()
    seen = 0
    try:
        short = BytesIO(_NUMBERS.sub(b"0,", text))
        for prefix, event, value in ijson.parse(short, multiple_values=True, buf_size=_STEP):
            if event == "map_key":
                found.add(f"{prefix}.{value}" if prefix else value)
                seen += 1
            if len(prefix) > _LONGEST:
                return frozenset(found), False
            if seen >= _NAMES:
                break
    except (ijson.JSONError, UnicodeDecodeError):  # cut off after a megabyte, or no JSON from here on
        return frozenset(found), True
    return frozenset(found), True


def shortened(head: bytes) -> bytes:
    """The beginning of a JSON file with its long texts emptied, so that a pasted image hides no name behind it.

    A text that goes on behind `head` stays open. What is no JSON stays as it is.
    """
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] not in (b"{", b"["):
        return head
    return _TEXTS.sub(lambda found: found[0] if len(found[1]) <= _LONG else b'"' + found[2], head)
