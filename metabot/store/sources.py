"""What was loaded: one row per content, whatever name it had."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from metabot.store.content import Content
from metabot.store.store import Store

_LATEST: Final = 1_000  # contents that a new file is compared with: what grows was loaded a short while ago


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file that was loaded, as it was when it was read last."""

    path: Path
    format: str
    public: bool
    bytes: int
    spans: int  # that it holds, duplicates included
    rejects: int
    loaded_ns: int


def sources(store: Store) -> list[Source]:
    """The loaded files, latest first. A file that grew and was loaded again is one."""
    with store.storage():
        rows = store.connection.execute(
            "SELECT path, format, public, bytes, spans, rejects, loaded_ns FROM sources "
            "WHERE grown_to IS NULL ORDER BY loaded_ns DESC, path"
        ).fetchall()
    return [
        Source(path=Path(path), format=taken_for, public=public, bytes=size, spans=spans, rejects=rejects, loaded_ns=at)
        for path, taken_for, public, size, spans, rejects, at in rows
    ]


def shorter(store: Store, held: Content, taken_for: str) -> list[int]:
    """Bytes of the contents that were loaded last, where they are fewer: a file that begins with one has grown."""
    with store.storage():
        found = store.connection.execute(
            "SELECT bytes FROM sources WHERE grown_to IS NULL AND format = ? AND bytes < ? "
            "ORDER BY loaded_ns DESC LIMIT ?",
            [taken_for, held.bytes, _LATEST],
        ).fetchall()
    return [length for (length,) in found]


def known_spans(store: Store, held: Content, taken_for: str, *, public: bool) -> int | None:
    """How many spans this content holds, if loading it (again) can add nothing; else None.

    A content that only a public source held may still become an internal one's.
    """
    with store.storage():
        row = store.connection.execute(
            "SELECT max(spans) FROM sources WHERE content = ? AND format = ? AND (NOT public OR ?)",
            [held.digest, taken_for, public],
        ).fetchone()
    assert row is not None
    return None if row[0] is None else int(row[0])


def record(connection: duckdb.DuckDBPyConnection, source: Source, held: Content, begins_with: Collection[str]) -> None:
    """Note the source and its staged rejects; those of what it held when it was shorter are in them already."""
    same = [held.digest, source.format]
    connection.execute("DELETE FROM sources WHERE content = ? AND format = ?", same)
    connection.execute(
        "UPDATE sources SET grown_to = ? WHERE format = ? AND list_contains(?, content) AND (public OR NOT ?)",
        [*same, sorted(begins_with), source.public],
    )
    connection.execute(
        "DELETE FROM rejects WHERE content = ? OR content IN (SELECT content FROM sources WHERE grown_to = ?)",
        [held.digest, held.digest],
    )
    connection.execute("INSERT INTO rejects SELECT ?, position, reason, head FROM staged_rejects", [held.digest])
    read = [source.public, source.bytes, source.spans, source.rejects, source.loaded_ns]
    connection.execute(
        "INSERT INTO sources VALUES (?, NULL, ?, ?, ?, ?, ?, ?, ?)",
        [held.digest, os.fsencode(source.path).decode("utf-8", "replace"), source.format, *read],
    )
