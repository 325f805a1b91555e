"""A payload as JSON, as well as it can be said: nothing that a caller hands over makes this fail.

What JSON has no word for becomes text: `NaN`, bytes, objects by their `repr`. Cycles, depth and size are cut.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum
from math import isfinite
from pathlib import PurePath
from typing import Any, Final

from metabot_instrument.boundary import contained

MOST_BYTES: Final = 256_000  # of one payload
_DEPTH: Final = 60
_REPR: Final = 1_000  # characters of an object's text
_TEXT: Final = 2_000  # characters of a text in a payload that is cut
_ITEMS: Final = 100  # of a list or an object in a payload that is cut

_said = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def payload_json(payload: Any) -> tuple[bytes, int]:
    """The payload's JSON and, where it was cut, the bytes that it had; else 0."""
    try:
        text = _said(payload).encode()
    except (TypeError, ValueError, RuntimeError):  # not JSON, lone surrogates, too deep, changed meanwhile
        text = _said(_sayable(payload, _DEPTH, frozenset())).encode()
    if len(text) <= MOST_BYTES:
        return text, 0
    return _cut(text), len(text)


def _cut(text: bytes) -> bytes:
    short = _said(_shortened(json.loads(text))).encode()
    if len(short) <= MOST_BYTES:
        return short
    return _said({"beginning": text[: MOST_BYTES // 4].decode(errors="ignore")}).encode()


def _shortened(value: Any) -> Any:
    if isinstance(value, str):
        return value[:_TEXT]
    if isinstance(value, dict):
        return {key[:_TEXT]: _shortened(each) for key, each in list(value.items())[:_ITEMS]}
    if isinstance(value, list):
        return [_shortened(each) for each in value[:_ITEMS]]
    return value


def _sayable(value: Any, depth: int, within: frozenset[int]) -> Any:
    if value is None or isinstance(value, bool | int | str | float):
        return _plain(value)
    if id(value) in within or depth == 0:
        return "<cycle>" if depth else "<too deep>"
    parts = _parts(value)
    inner = within | {id(value)}
    if isinstance(parts, dict):
        return {_text(key): _sayable(each, depth - 1, inner) for key, each in parts.items()}
    if isinstance(parts, list):
        return [_sayable(each, depth - 1, inner) for each in parts]
    return _text(parts)


def _plain(value: object) -> object:
    """A number or a text of the type itself: a subclass may say something else of itself than JSON."""
    if isinstance(value, str):
        return _whole(str.__str__(value))
    if isinstance(value, float):
        number = float.__float__(value)
        return number if isfinite(number) else json.dumps(number)
    if isinstance(value, int) and not isinstance(value, bool):
        number = int.__int__(value)
        return number if number.bit_length() < 4096 else hex(number)[:_REPR]  # Python prints no longer ones in decimal
    return value


def _parts(value: object) -> object:
    """A dict or a list of what the value holds, else its text."""
    if isinstance(value, Mapping):
        return dict(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name, None) for field in fields(value)}
    if isinstance(value, list | tuple | set | frozenset):
        return list(value)
    return value


@contained("event_payload", "<unprintable>")
def _text(value: object) -> str:
    if isinstance(value, str):
        return _whole(str.__str__(value))
    if isinstance(value, bytes | bytearray | memoryview):
        raw = bytes(value)
        try:
            return raw.decode()
        except UnicodeDecodeError:
            return base64.b64encode(raw).decode()
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Enum | PurePath | timedelta | bool | int | float) or value is None:
        return str(value.value if isinstance(value, Enum) else value)
    return _whole(repr(value)[:_REPR])


def _whole(text: str) -> str:
    """Without lone surrogates, which are no text that could be written."""
    return text.encode("utf-8", "replace").decode()
