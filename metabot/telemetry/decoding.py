"""JSON text to values."""

from __future__ import annotations

import json

import msgspec


class Broken(ValueError):  # noqa: N818  # a step inside the readers, never an error of metabot
    """Why a text is no JSON."""


def decoded(data: bytes) -> object:
    """Raises `Broken`. A lone surrogate, left where text was cut inside a pair, becomes a question mark."""
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as broken:
        if b"\\ud" not in data.lower():
            raise Broken(str(broken)) from None
    try:
        return msgspec.json.decode(json.dumps(json.loads(data), ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError) as broken:
        raise Broken(str(broken)) from None
