"""What an application hands over, as short text and as plain values: whatever it is, however large.

Objects are asked for their text once, at the moment of the call: what they become later is not recorded.
"""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from itertools import islice
from typing import Final

from metabot_instrument.boundary import contained

SUMMARY: Final = 100  # characters of an input or an output in a trace
_TEXT: Final = 1000  # characters of a text in the metadata
_ITEMS: Final = 30  # of a list or a dict in the metadata
_DEPTH: Final = 3
_INT64: Final = 1 << 63  # an attribute's integers have 64 bits
_LARGE: Final = (dict, list, tuple, set, frozenset, bytes, bytearray)  # their whole text could be without end

Plain = str | int | float | bool | list["Plain"] | dict[str, "Plain"] | None

_short: Final = reprlib.Repr()
_short.maxstring = _short.maxother = SUMMARY


def summary(value: object) -> str:
    """At most 100 characters that UTF-8 can say; nothing for None."""
    if type(value) is str and len(value) <= SUMMARY and value.isascii():
        return value  # most are
    return text(value, SUMMARY)


def text(value: object, longest: int) -> str:
    if type(value) is not str:
        value = "" if value is None else _text(value)
    cut = value[:longest]
    return cut if cut.isascii() else cut.encode("utf-8", "replace").decode()


@contained("trace", "<unprintable>")
def _text(value: object) -> str:
    shown = _short.repr(value) if isinstance(value, _LARGE) else str(value)
    return str.__str__(shown)  # a subclass of str may have slices of its own


def plain(value: object, depth: int = _DEPTH) -> Plain:
    """The value as JSON and attributes can say it: deep and long ones are cut, other objects become their text."""
    if value is None or value is True or value is False:
        return value
    if isinstance(value, int):
        return int(value) if -_INT64 <= value < _INT64 else text(value, _TEXT)
    if isinstance(value, float):
        return float(value) if abs(value) < float("inf") else str(value)
    if depth and isinstance(value, (dict, list, tuple)):
        return _inside(value, depth - 1)
    return text(value, _TEXT)


def _inside(value: Mapping[object, object] | list[object] | tuple[object, ...], depth: int) -> Plain:
    if isinstance(value, Mapping):
        return {summary(key): plain(one, depth) for key, one in islice(list(value.items()), _ITEMS)}
    return [plain(one, depth) for one in value[:_ITEMS]]
