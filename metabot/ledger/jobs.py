"""Runs of the scheduled jobs."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sql

from metabot.ledger import schema

_TABLE = schema.job_runs
_KEPT: Final = 1_000  # runs of one job: ten days of one that runs every quarter of an hour


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRun:
    number: int
    job: str
    due_ns: int
    started_ns: int
    ended_ns: int | None  # None: it runs, or it was killed
    result: str | None
    detail: str


def begin(connection: sql.Connection, job: str, due_ns: int) -> int:
    """The oldest runs of the job beyond the newest thousand are forgotten."""
    of_it = sql.select(_TABLE.c.id).where(_TABLE.c.job == job).order_by(_TABLE.c.id.desc())
    oldest_kept = of_it.limit(1).offset(_KEPT - 2).scalar_subquery()
    connection.execute(_TABLE.delete().where(_TABLE.c.job == job, _TABLE.c.id < oldest_kept))
    row = {"job": job, "due_ns": due_ns, "started_ns": time.time_ns(), "detail": ""}
    number: int = connection.execute(_TABLE.insert().values(row).returning(_TABLE.c.id)).scalar_one()
    return number


def end(connection: sql.Connection, number: int, result: str, detail: str) -> None:
    row = {"ended_ns": time.time_ns(), "result": result, "detail": detail}
    connection.execute(_TABLE.update().where(_TABLE.c.id == number).values(row))


def runs(connection: sql.Connection, newest: int) -> list[JobRun]:
    return _read(connection, sql.select(_TABLE).limit(newest))


def unfinished(connection: sql.Connection) -> list[JobRun]:
    return _read(connection, sql.select(_TABLE).where(_TABLE.c.ended_ns.is_(None)))


def latest(connection: sql.Connection) -> list[JobRun]:
    """The newest run of each job."""
    newest = sql.select(sql.func.max(_TABLE.c.id)).group_by(_TABLE.c.job)
    return _read(connection, sql.select(_TABLE).where(_TABLE.c.id.in_(newest)))


def _read(connection: sql.Connection, which: sql.Select[object]) -> list[JobRun]:
    rows = connection.execute(which.order_by(_TABLE.c.id.desc())).mappings()
    return [JobRun(number=row["id"], **{name: row[name] for name in row if name != "id"}) for row in rows]
