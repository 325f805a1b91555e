"""Values out of bodies that other programs wrote: what is not of the wanted type is not there. Nothing here raises."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

Body = Mapping[str, Any]

LARGEST = 2**63 - 1  # what OTLP's integers hold


def body(value: object) -> Body:
    return value if isinstance(value, Mapping) else {}


def listed(value: object) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else []


def text(value: object) -> str | None:
    """The string, with a question mark for what UTF-8 cannot say; None where there is none or it is empty."""
    if not isinstance(value, str) or not value:
        return None
    return value if value.isascii() else value.encode("utf-8", "replace").decode()


def as_text(value: object) -> str | None:
    """A string as it is, anything else as compact JSON; None where there is nothing."""
    if value is None or isinstance(value, str):
        return text(value)
    return text(as_json(value))


def as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def whole(value: object) -> int | None:
    """A count: a whole number from 0 to 2⁶³−1."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= LARGEST else None


def number(value: object) -> float | None:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None
