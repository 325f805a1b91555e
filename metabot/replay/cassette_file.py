"""Reads and writes a cassette: JSON lines, a header first. A broken one is refused before anything is answered."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Final

from metabot.replay.cassette import SCHEMA, Cassette, CassetteError, Exchange
from metabot.replay.exchange_line import exchange, line_of
from metabot.replay.line_fields import BrokenLineError, known
from metabot.replay.script import Cache

_HEADER: Final = ("schema", "exchanges", "cache", "left_out", "removed")
_AGAIN: Final = "Remove the line, or export the cassette again."


def is_cassette(path: Path) -> bool:
    """Whether the file begins as a cassette does: no TOML begins with a brace. An empty file is neither.

    OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return file.read(4096).lstrip()[:1] in (b"{", b"")


def load(path: Path) -> Cassette:
    """CassetteError: the file cannot be read, is empty or torn, or a line is not of this version."""
    try:
        written = path.read_bytes().split(b"\n")
    except OSError as error:
        raise CassetteError(f"{path}: cannot be read: {error.strerror}. Name a script or a cassette.") from error
    exchanges: list[tuple[int, Exchange]] = []
    header, number = {}, 1
    try:
        header = _header(written[0])
        for number, line in enumerate(written[1:], 2):
            if line.strip():
                exchanges.append((number, exchange(_object(line))))
        number = 1
        _check_count(header, len(exchanges))
        return Cassette(
            path=str(path),
            exchanges=tuple(_in_sequence(path, exchanges)),
            cache=_cache(header.get("cache", {})),
            left_out=_counts(header, "left_out"),
            removed=_counts(header, "removed"),
        )
    except BrokenLineError as error:
        raise CassetteError(f"{path}: line {number}: {error}") from error


def lines(cassette: Cassette) -> Iterator[str]:
    """The file's lines, each with its end."""
    header = {
        "schema": SCHEMA,
        "exchanges": len(cassette.exchanges),
        "cache": asdict(cassette.cache),
        "left_out": dict(cassette.left_out),
        "removed": dict(cassette.removed),
    }
    for value in (header, *map(line_of, cassette.exchanges)):
        yield json.dumps(value, separators=(",", ":")) + "\n"


def _header(line: bytes) -> dict[str, Any]:
    if not line.strip():
        raise BrokenLineError(f'is empty. A cassette begins with its header, {{"schema": "{SCHEMA}"}}.')
    header = _object(line)
    if header.get("schema") != SCHEMA:
        raise BrokenLineError(
            f"schema is {header.get('schema')!r}, and this metabot plays {SCHEMA}. Export the cassette again."
        )
    known(header, _HEADER, "the header")
    return header


def _check_count(header: Mapping[str, Any], found: int) -> None:
    if not found:
        raise BrokenLineError("no exchange follows the header, so nothing can be answered. Add at least one line.")
    if header.get("exchanges", found) != found:
        raise BrokenLineError(
            f"the header tells of {header['exchanges']!r} exchanges and {found} follow: the file is torn. "
            "Export the cassette again, or correct the header."
        )


def _object(line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BrokenLineError(f"is torn or no JSON: {error}. {_AGAIN}") from error
    if not isinstance(value, dict):
        raise BrokenLineError(f"is no JSON object. {_AGAIN}")
    return value


def _cache(table: object) -> Cache:
    names = tuple(field.name for field in fields(Cache))
    if not isinstance(table, dict):
        raise BrokenLineError("cache must be an object.")
    known(table, names, "cache")
    for name, value in table.items():
        whole = type(value) is int and value >= 1
        seconds = name == "idle_seconds" and type(value) is float and 0 <= value < math.inf
        if not whole and not seconds:
            raise BrokenLineError(f"cache {name} = {value!r}: write a number from 1 on.")
    return Cache(**table)


def _counts(header: Mapping[str, Any], name: str) -> dict[str, int]:
    counts = header.get(name, {})
    if not isinstance(counts, dict) or not all(type(count) is int for count in counts.values()):
        raise BrokenLineError(f"{name} must be an object of counts.")
    return counts


def _in_sequence(path: Path, exchanges: Iterable[tuple[int, Exchange]]) -> list[Exchange]:
    """Sequences as they first appear, each by its numbers."""
    sequences: dict[str, dict[int, Exchange]] = {}
    for line, one in exchanges:
        sequence = sequences.setdefault(one.sequence, {})
        if one.number in sequence:
            raise CassetteError(
                f"{path}: line {line}: number {one.number} of sequence {one.sequence!r} stands before. Number it anew."
            )
        sequence[one.number] = one
    return [sequence[number] for sequence in sequences.values() for number in sorted(sequence)]
