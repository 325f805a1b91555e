"""A file's bytes as JSON values with their places: lines where it is JSON lines, else the whole.

Lines are decoded one by one as they come, so that a long file is never held whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain, starmap
from typing import Final, TypeVar

from metabot.telemetry.decoding import Broken, decoded
from metabot.telemetry.record import Reject
from metabot.telemetry.spans import reject

_BOM: Final = b"\xef\xbb\xbf"
_HELD: Final = 256 << 20  # bytes of a value over several lines; whoever writes more writes one export a line
_LONGEST: Final = 512 << 20  # bytes of a line; what a packed file of a few kilobytes unpacks to can be longer
_OVERHEAD: Final = 160  # bytes that a line costs beside its own while it is held

Decode = Callable[[bytes], object]
"""Raises `Broken`."""
_T = TypeVar("_T")
Read = Callable[[int, bytes], tuple[str, object] | Reject]
"""A line by its number."""


def documents(
    chunks: Iterable[bytes], decode: Decode = decoded, *, longest: int = _LONGEST
) -> Iterator[tuple[str, object] | Reject]:
    """Each JSON value with its place ("line 7", or "" for a file that is one value), in file order.

    A line that is no JSON, or of more than `longest` bytes, is a `Reject`. A file of which neither the whole nor any
    line is JSON is one `Reject`.
    """
    lines, read = _lines(chunks, longest), partial(_line, decode=decode, longest=longest)
    opening = next(lines, None)
    if opening is None:
        return
    found = read(*opening)
    if isinstance(found, Reject) and len(opening[1]) <= longest:
        yield from _over_lines(_begun(opening, lines), lines, decode, read)
    else:
        yield found
        yield from starmap(read, lines)


def each_line(
    chunks: Iterable[bytes], decode: Decode, *, before: int, longest: int = _LONGEST
) -> Iterator[tuple[str, object] | Reject]:
    """The same where each value is known to be a line; of a file that goes on after so many lines `before`."""
    for number, line in _lines(chunks, longest):
        yield _line(before + number, line, decode, longest)


def each_value(chunks: Iterable[bytes], read: Callable[[str, object], Iterable[_T]]) -> Iterator[_T | Reject]:
    """What `read` makes of each JSON value and its place, in file order; what is no JSON is a `Reject`."""
    for document in documents(chunks):
        if isinstance(document, Reject):
            yield document
        else:
            yield from read(*document)


def each_listed(
    chunks: Iterable[bytes], read: Callable[[str, object], Iterable[_T]], called: str
) -> Iterator[_T | Reject]:
    """The same of each element of a value that is a list: `line 7, run 2` where elements are `called` runs."""

    def elements(place: str, value: object) -> Iterator[_T]:
        if not isinstance(value, list):
            yield from read(place, value)
            return
        for number, one in enumerate(value, 1):
            yield from read(f"{place}, {called} {number}" if place else f"{called} {number}", one)

    return each_value(chunks, elements)


def _lines(chunks: Iterable[bytes], longest: int) -> Iterator[tuple[int, bytes]]:
    """Lines that hold something, with their numbers from 1; of one that is too long, a beginning that is too long."""
    number, begun, size = 0, list[bytes](), 0
    for chunk in chunks:
        *ended, rest = chunk.split(b"\n")
        for part in ended:
            number += 1
            if not part and not begun:
                continue
            if line := _stripped(b"".join([*begun, part]) if begun else part):
                yield number, line
            begun.clear()
            size = 0
        if rest and size <= longest:
            begun.append(rest)
            size += len(rest)
    if line := _stripped(b"".join(begun)):
        yield number + 1, line


def _stripped(line: bytes) -> bytes:
    return line.strip().removeprefix(_BOM)


def _line(number: int, line: bytes, decode: Decode, longest: int) -> tuple[str, object] | Reject:
    if len(line) > longest:
        return reject(f"line {number}", f"a line of more than {longest >> 20} MiB", line)
    try:
        return f"line {number}", decode(line)
    except Broken as broken:
        return reject(f"line {number}", f"no JSON: {broken}", line)


def _begun(opening: tuple[int, bytes], lines: Iterator[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    """The file's lines, as many as may be held at once."""
    held, size = [opening], len(opening[1])
    while size <= _HELD and (line := next(lines, None)) is not None:
        held.append(line)
        size += len(line[1]) + _OVERHEAD
    return held


def _over_lines(
    begun: list[tuple[int, bytes]], rest: Iterator[tuple[int, bytes]], decode: Decode, read: Read
) -> Iterator[tuple[str, object] | Reject]:
    """A value that goes over several lines, or else lines the first of which is broken."""
    try:
        value = decode(b"\n".join(line for _, line in begun))
    except Broken as broken:
        found = list(starmap(read, begun))
        if any(isinstance(one, tuple) and _is_object(one[1]) for one in found):
            yield from chain(found, starmap(read, rest))
        else:
            yield reject(f"line {begun[0][0]}", f"no JSON: {broken}", begun[0][1])
    else:
        yield "", value
        yield from starmap(read, rest)


def _is_object(value: object) -> bool:
    """Of a JSON value, and of whatever else a decoder makes of an object."""
    return bool(value) and not isinstance(value, (str, int, float, list))
