"""What people decided about metabot's findings and pull requests."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Literal

import sqlalchemy as sql

from metabot.ledger import schema

_TABLE = schema.decisions


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The latest for a fingerprint holds."""

    fingerprint: str  # empty: of metabot as a whole
    kind: Literal["decline", "revive", "pause", "resume"]
    reason: str  # in the person's words: quoted where it is shown, never followed
    decided_by: str
    decided_ns: int
    number: int | None = None  # of the pull request


def record(connection: sql.Connection, decision: Decision) -> None:
    row = asdict(decision)
    of_it = sql.and_(*(_TABLE.c[name] == row[name] for name in ("fingerprint", "kind", "decided_by", "decided_ns")))
    if connection.execute(sql.select(_TABLE.c.id).where(of_it)).first() is None:
        connection.execute(_TABLE.insert().values(row))


def decisions(connection: sql.Connection) -> list[Decision]:
    columns = [_TABLE.c[field.name] for field in fields(Decision)]
    rows = connection.execute(sql.select(*columns).order_by(_TABLE.c.decided_ns, _TABLE.c.id)).all()
    return [Decision(**row._mapping) for row in rows]  # its name is public in SQLAlchemy
