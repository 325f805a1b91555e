"""Lines of one shape, decoded into a struct whose fields are what the line holds there, of whatever type."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

import msgspec

from metabot.telemetry.decoding import Broken, decoded
from metabot.telemetry.documents import documents
from metabot.telemetry.record import Reject

_T = TypeVar("_T", bound=msgspec.Struct)


def typed_lines(chunks: Iterable[bytes], shape: type[_T]) -> Iterator[tuple[str, _T] | Reject]:
    """Each line, or each element of a list, with its place. What is no object is a `Reject`."""
    decoder = msgspec.json.Decoder(shape | list[shape])  # type: ignore[valid-type]

    def decode(data: bytes) -> object:
        try:
            return decoder.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return _otherwise(data, shape)

    for document in documents(chunks, decode):
        if isinstance(document, Reject):
            yield document
            continue
        place, value = document
        if not isinstance(value, list):
            yield place or "line 1", value  # type: ignore[misc]
            continue
        for number, one in enumerate(value, 1):
            yield f"{place}, row {number}" if place else f"row {number}", one


def _otherwise(data: bytes, shape: type[_T]) -> Any:
    """Of JSON that is not strict. Raises `Broken`."""
    try:
        return msgspec.convert(decoded(data), shape | list[shape])  # type: ignore[valid-type]
    except (msgspec.ValidationError, RecursionError) as other:
        raise Broken(f"no line of this format: {other}") from None
