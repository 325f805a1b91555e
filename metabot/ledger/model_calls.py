"""Requests to the model in the ledger: reserved before they are made, settled after, summed for the budget.

A reservation holds the most that a request can come to. It stays where metabot is ended in between, so that what was
begun counts after a restart, too; and since it is made under the database's one lock, two passes cannot both spend
what is left.
"""

from __future__ import annotations

from dataclasses import asdict

import sqlalchemy as sql

from metabot.generate.asking.asked import Asked
from metabot.generate.asking.budget import DAY_NS, Allowance, Books, Spent
from metabot.ledger import schema

_TABLE = schema.model_calls


def books(database: schema.Database, number: int) -> Books:
    """Of one pass."""

    def reserve(asked: Asked, allowance: Allowance) -> int | str:
        with database.writing() as connection:
            exceeded = allowance.exceeded(
                asked,
                of_proposal=_spent(connection, (_TABLE.c.pass_id == number) & (_TABLE.c.fingerprint == asked.about)),
                of_day=_spent(connection, _TABLE.c.started_ns > asked.started_ns - DAY_NS),
            )
            if exceeded is not None:
                return exceeded
            new = _TABLE.insert().values(pass_id=number, **_row(asked)).returning(_TABLE.c.id)
            reserved: int = connection.execute(new).scalar_one()
        return reserved

    def settle(reserved: int, asked: Asked) -> None:
        with database.writing() as connection:
            connection.execute(_TABLE.update().where(_TABLE.c.id == reserved).values(**_row(asked)))

    return Books(reserve, settle)


def calls(connection: sql.Connection, about: str) -> list[Asked]:
    """All about one finding, in the order in which they were made."""
    rows = connection.execute(sql.select(_TABLE).where(_TABLE.c.fingerprint == about).order_by(_TABLE.c.id))
    return [_asked(row) for row in rows]


def _asked(row: sql.Row[tuple[object, ...]]) -> Asked:
    kept = dict(row._mapping)
    about = kept.pop("fingerprint")
    return Asked(about=about, **{name: value for name, value in kept.items() if name not in ("id", "pass_id")})


def _row(asked: Asked) -> dict[str, object]:
    kept = asdict(asked)
    return {"fingerprint": kept.pop("about"), **kept}


def _spent(connection: sql.Connection, which: sql.ColumnElement[bool]) -> Spent:
    tokens = sql.func.coalesce(sql.func.sum(_TABLE.c.input_tokens + _TABLE.c.output_tokens), 0)
    usd = sql.func.coalesce(sql.func.sum(_TABLE.c.cost_usd), 0.0)
    row = connection.execute(sql.select(tokens, usd).where(which)).one()
    return Spent(tokens=row[0], usd=row[1])
