"""Runs of the scheduled jobs."""

from __future__ import annotations

import time
from dataclasses import dataclass

import sqlalchemy as sql

from metabot.ledger import schema

_TABLE = schema.job_runs


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
    row = {"job": job, "due_ns": due_ns, "started_ns": time.time_ns(), "detail": ""}
    number: int = connection.execute(_TABLE.insert().values(row).returning(_TABLE.c.id)).scalar_one()
    return number


def end(connection: sql.Connection, number: int, result: str, detail: str) -> None:
    row = {"ended_ns": time.time_ns(), "result": result, "detail": detail}
    connection.execute(_TABLE.update().where(_TABLE.c.id == number).values(row))


def runs(connection: sql.Connection, newest: int) -> list[JobRun]:
    rows = connection.execute(sql.select(_TABLE).order_by(_TABLE.c.id.desc()).limit(newest)).mappings()
    return [JobRun(number=row["id"], **{name: row[name] for name in row if name != "id"}) for row in rows]
