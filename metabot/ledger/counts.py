"""Sums over everything that the ledger keeps, for metabot's own metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sql

from metabot.ledger import schema

Rows = Mapping[tuple[str, ...], float]  # by the columns that they are grouped by


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    since_ns: int  # of the first pass; 0 where there is none
    last_pass_ns: int | None  # the end of the last that ended
    pass_seconds: tuple[float, ...]  # of those that ended
    passes: Rows  # by result
    findings: Rows  # by analyzer
    stops: Rows  # by stage and reason
    verified: int  # proposals that were better
    stopped: int  # proposals that were tried and were not
    pull_requests: int
    model_calls: Rows  # by model and outcome
    input_tokens: Rows  # by model
    output_tokens: Rows
    cost_usd: Rows  # by model; of calls whose price is known


def counts(connection: sql.Connection) -> Counts:
    passes, tried, calls = schema.passes.c, schema.tried.c, schema.model_calls.c
    whole = passes.ended_ns.is_not(None) & (passes.result != "analyzed")  # of metabot analyze, which is no whole pass
    ended = connection.execute(sql.select(passes.started_ns, passes.ended_ns).where(whole)).all()
    answered = calls.outcome != "under way"  # what is reserved for those is no count yet
    verified = _one(connection, sql.select(sql.func.count()).where(tried.stage.is_(None)))
    return Counts(
        since_ns=_one(connection, sql.select(sql.func.coalesce(sql.func.min(passes.started_ns), 0))),
        last_pass_ns=max((row.ended_ns for row in ended), default=None),
        pass_seconds=tuple((row.ended_ns - row.started_ns) / 1e9 for row in ended),
        passes={**_sums(connection, [passes.result], where=passes.ended_ns.is_not(None)), **_broken_off(connection)},
        findings=_sums(connection, [schema.findings.c.analyzer]),
        stops=_sums(connection, [schema.stops.c.stage, schema.stops.c.reason]),
        verified=verified,
        stopped=_one(connection, sql.select(sql.func.count()).select_from(schema.tried)) - verified,
        pull_requests=_one(connection, sql.select(sql.func.count(sql.distinct(schema.pull_requests.c.number)))),
        model_calls=_sums(connection, [calls.model, calls.outcome], where=answered),
        input_tokens=_sums(connection, [calls.model], of=calls.input_tokens, where=answered),
        output_tokens=_sums(connection, [calls.model], of=calls.output_tokens, where=answered),
        cost_usd=_sums(connection, [calls.model], of=calls.cost_usd, where=answered & calls.cost_usd.is_not(None)),
    )


def _one(connection: sql.Connection, query: sql.Select[int]) -> int:
    return connection.execute(query).scalar_one()


def _sums(
    connection: sql.Connection,
    columns: list[sql.ColumnElement[str]],
    *,
    of: sql.ColumnElement[float] | None = None,
    where: sql.ColumnElement[bool] | None = None,
) -> dict[tuple[str, ...], float]:
    """How many rows, or the sum of a column."""
    query = sql.select(*columns, sql.func.count() if of is None else sql.func.sum(of)).group_by(*columns)
    rows = connection.execute(query if where is None else query.where(where))
    return {tuple(str(key) for key in keys): float(number) for *keys, number in rows}


def _broken_off(connection: sql.Connection) -> dict[tuple[str, ...], float]:
    """A pass without an end, before another one: it was killed. The last one may still be under way."""
    passes = schema.passes.c
    last = sql.select(sql.func.max(passes.id)).scalar_subquery()
    number = _one(connection, sql.select(sql.func.count()).where(passes.ended_ns.is_(None), passes.id < last))
    return {("broken_off",): number} if number else {}
