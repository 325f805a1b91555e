"""The fields of a cassette's line, checked."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, Final

_HASH: Final = re.compile(r"[0-9a-f]{16}|[0-9a-f]{64}")


class BrokenLineError(Exception):
    """What is wrong with a line, before its file and its number are put in front."""


def known(row: Mapping[str, Any], keys: tuple[str, ...], where: str) -> None:
    for key in row:
        if key not in keys:
            raise BrokenLineError(f"{key} is no key of {where}. Use {', '.join(keys)}.")


def number(row: Mapping[str, Any], name: str, *, whole: bool = False) -> float | None:
    value = row.get(name)
    allowed = (int,) if whole else (int, float)
    if value is not None and (type(value) not in allowed or not 0 <= value < math.inf):
        raise BrokenLineError(f"{name} is {value!r}. Write a number from 0 on, or null where it is unknown.")
    return value


def count(row: Mapping[str, Any], name: str) -> int | None:
    count = number(row, name, whole=True)
    return None if count is None else int(count)


def text(row: Mapping[str, Any], name: str, default: str) -> str:
    value = row.get(name, default)
    if not isinstance(value, str):
        raise BrokenLineError(f"{name} is {value!r}. Write a text.")
    return value


def names(row: Mapping[str, Any], name: str) -> tuple[str, ...] | None:
    value = row.get(name)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise BrokenLineError(f"{name} must be a list of texts, or null where it was not recorded.")
    return tuple(value)


def hashes(row: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = names(row, name) or ()
    if not all(_HASH.fullmatch(one) for one in value):
        raise BrokenLineError(f"{name} must be a list of hashes of 16 hexadecimal digits.")
    return value


def request_hash(row: Mapping[str, Any]) -> str | None:
    value = row.get("request")
    if value is not None and (not isinstance(value, str) or not _HASH.fullmatch(value)):
        raise BrokenLineError(f"request is {value!r}. Write a SHA-256 in hexadecimal, or null.")
    return value
