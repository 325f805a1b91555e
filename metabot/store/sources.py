"""What was loaded: one row per content, whatever name it had."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from metabot.store.content import Content
from metabot.store.store import Store


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


def lengths(store: Store) -> list[int]:
    """Bytes of each content that was loaded: a file that begins with one of them has grown since."""
    with store.storage():
        return [length for (length,) in store.connection.execute("SELECT DISTINCT bytes FROM sources").fetchall()]


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


def record(connection: duckdb.DuckDBPyConnection, source: Source, held: Content) -> None:
    """Note the source and its staged rejects; those of what it held when it was shorter are in them already."""
    same = [held.digest, source.format]
    connection.execute("DELETE FROM sources WHERE content = ? AND format = ?", same)
    connection.execute(
        "UPDATE sources SET grown_to = ? WHERE format = ? AND list_contains(?, content) AND (public OR NOT ?)",
        [*same, sorted(held.beginnings), source.public],
    )
    connection.execute(
        "DELETE FROM rejects WHERE content = ? OR content IN (SELECT content FROM sources WHERE grown_to = ?)",
        [held.digest, held.digest],
    )
    connection.execute(
        "INSERT INTO rejects SELECT ?, position, reason, head FROM staged_rejects",
        [held.digest],
    )
    connection.execute(
        "INSERT INTO sources VALUES (?, NULL, ?, ?, ?, ?, ?, ?, ?)",
        [
            held.digest,
            str(source.path),
            source.format,
            source.public,
            source.bytes,
            source.spans,
            source.rejects,
            source.loaded_ns,
        ],
    )
