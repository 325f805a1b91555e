"""JSON for the frozen dataclasses between the stages: what was written is loaded again as an equal value."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, TypeVar

import msgspec

from analyzers.untrusted import Name, Untrusted

T = TypeVar("T")


def encode(value: object) -> str:
    """One line of JSON. Raises `TypeError` for a value of a type that no stage hands on."""
    return msgspec.json.encode(_plain(value)).decode()


def decode(text: str, kind: type[T]) -> T:
    """The value that `encode` wrote. Raises `msgspec.ValidationError` where the text is not one of that type."""
    return msgspec.json.decode(text, type=kind, strict=True, dec_hook=_typed)


def _plain(value: object) -> object:
    match value:
        case Untrusted():
            return _plain(value.raw_for_storage())
        case str():
            return value.encode(errors="replace").decode()  # JSON has no lone surrogates, and neither has UTF-8 input
        case tuple():
            return [_plain(item) for item in value]
        case float() if not math.isfinite(value):
            raise TypeError(f"{value} is not a figure: say None where one is unknown")
    if dataclasses.is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return value


def _typed(kind: type, value: Any) -> Any:
    if kind in (Name, Untrusted):
        return kind(value)
    raise NotImplementedError(f"the ledger keeps no {kind.__name__}")
