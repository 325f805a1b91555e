"""Pieces of input that could not be read: counted, and shown by reason with an example."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from analyzers.untrusted import Untrusted
from metabot.store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """The pieces that were rejected for one reason, and one of them."""

    reason: str
    count: int
    path: Path  # the file that the example stands in
    position: str
    head: Untrusted  # its first 200 characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    path: Path  # the file that it stands in
    position: str
    head: Untrusted  # its first 200 characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why pieces were rejected, how many, and some of them."""

    reason: str
    count: int
    examples: tuple[Example, ...]  # the first by file and position


def total(store: Store) -> int:
    """How many pieces were rejected, of all sources."""
    with store.storage():
        row = store.connection.execute("SELECT count(*) FROM rejects").fetchone()
    assert row is not None
    return int(row[0])


def rejects(store: Store) -> list[Rejected]:
    """Rejected pieces by reason, most common first."""
    return [
        Rejected(reason=one.reason, count=one.count, path=first.path, position=first.position, head=first.head)
        for one in reasons(store, examples=1)
        for first in one.examples
    ]


def reasons(store: Store, *, examples: int = 3) -> list[Reason]:
    """Why pieces were rejected, most common first, each with at most `examples` of them."""
    with store.storage():
        rows = store.connection.execute(
            """
            SELECT reason, count(*) AS pieces,
                list({'path': path, 'position': position, 'head': head} ORDER BY path, position)[1:?]
            FROM rejects JOIN (SELECT content, min(path) AS path FROM sources GROUP BY content) USING (content)
            GROUP BY reason ORDER BY pieces DESC, reason
            """,
            [examples],
        ).fetchall()
    return [Reason(reason=reason, count=count, examples=tuple(map(_example, shown))) for reason, count, shown in rows]


def _example(row: Mapping[str, str]) -> Example:
    return Example(path=Path(row["path"]), position=row["position"], head=Untrusted(row["head"]))
