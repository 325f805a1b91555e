"""Proposals in the ledger: each that was tried, with its runs, and how it ended; and where every finding ended."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

import sqlalchemy as sql

from analyzers.finding import Fingerprint
from metabot.funnel import End, stopped_at
from metabot.ledger import schema
from metabot.ledger.encoding import encode
from metabot.stopped import Reason, Stage
from metabot.verify.tried import ProposalId, Tried, id_of


class Opened(NamedTuple):
    number: int
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalEntry:
    """One proposal as it ended last. What it is made of stands in its `Tried`."""

    id: ProposalId
    fingerprint: Fingerprint
    analyzer: str
    title: str
    author: str  # recipe or model
    recipe: str  # its name
    tried_ns: int
    times: int  # how often it was tried
    stop: tuple[Stage, Reason] | None  # None: better, and nothing kept it from being opened
    opened: Opened | None


def record(connection: sql.Connection, number: int, tried: Tried) -> None:
    """Of a proposal that stops again the newest trial is kept; one that was better stays for good."""
    table, proposal = schema.tried, tried.proposal
    finding = proposal.placed.finding
    same = table.c.proposal == id_of(proposal)
    times = connection.execute(sql.select(sql.func.max(table.c.times)).where(same)).scalar_one() or 0
    connection.execute(table.delete().where(same & table.c.stage.is_not(None)))
    connection.execute(
        table.insert().values(
            pass_id=number,
            proposal=id_of(proposal),
            fingerprint=finding.fingerprint,
            analyzer=finding.candidate.analyzer,
            title=proposal.title,
            author=proposal.author,
            recipe=proposal.recipe,
            tried_ns=time.time_ns(),
            times=times + 1,
            stage=None if tried.end is None else tried.end.stage,
            reason=None if tried.end is None else tried.end.reason,
            tried=encode(tried),
        )
    )


def newest(connection: sql.Connection, identity: ProposalId) -> str:
    """The newest trial of a proposal, as it was written."""
    table = schema.tried
    found = sql.select(table.c.tried).where(table.c.proposal == identity).order_by(table.c.id.desc()).limit(1)
    return cast("str", connection.execute(found).scalar_one())


def entries(connection: sql.Connection) -> list[ProposalEntry]:
    """Newest first."""
    columns = [column for column in schema.tried.c if column.name != "tried"]
    rows = connection.execute(sql.select(*columns).order_by(schema.tried.c.id)).all()
    opened = _opened(connection, rows)
    refused = {(row.fingerprint, row.pass_id): row.reason for row in connection.execute(_stops_at("opened"))}
    last = {row.proposal: row for row in rows}
    found = [
        ProposalEntry(
            id=row.proposal,
            fingerprint=row.fingerprint,
            analyzer=row.analyzer,
            title=row.title,
            author=row.author,
            recipe=row.recipe,
            tried_ns=row.tried_ns,
            times=row.times,
            stop=_stop(row, refused.get((row.fingerprint, row.pass_id))),
            opened=opened.get(row.proposal),
        )
        for row in last.values()
    ]
    return sorted(found, key=lambda entry: entry.tried_ns, reverse=True)


def ends(connection: sql.Connection) -> list[End]:
    """Where each finding ended, by the latest that is known of it."""
    found = connection.execute(sql.select(schema.findings.c.fingerprint)).scalars().all()
    opened = set(connection.execute(sql.select(schema.pull_requests.c.fingerprint)).scalars())
    stops = {row.fingerprint: row for row in connection.execute(_latest(schema.stops))}
    tried = {row.fingerprint: row for row in connection.execute(_latest(schema.tried))}
    return [End("opened", None) if one in opened else _end(stops.get(one), tried.get(one)) for one in found]


def _end(stop: sql.Row[Any] | None, tried: sql.Row[Any] | None) -> End:
    better = tried is not None and tried.stage is None and (stop is None or tried.pass_id > stop.pass_id)
    if better:
        return End("better", None)  # it was only shown
    return End("found", None) if stop is None else stopped_at(stop.stage, stop.reason)


def _opened(connection: sql.Connection, tried: Sequence[sql.Row[Any]]) -> dict[ProposalId, Opened]:
    """Each pull request beside the proposal that it was opened for: the last that was better before it."""
    found = {}
    for request in connection.execute(sql.select(schema.pull_requests).order_by(schema.pull_requests.c.number)):
        for row in reversed(tried):
            mine = row.fingerprint == request.fingerprint and row.pass_id <= request.pass_id
            if mine and row.stage is None:
                found[row.proposal] = Opened(request.number, request.state)
                break
    return found


def _stop(row: sql.Row[Any], refused: Reason | None) -> tuple[Stage, Reason] | None:
    if row.stage is not None:
        return row.stage, row.reason
    return None if refused is None else ("opened", refused)


def _stops_at(stage: Stage) -> sql.Select[Any]:
    return sql.select(schema.stops).where(schema.stops.c.stage == stage)


def _latest(table: sql.Table) -> sql.Select[Any]:
    """Of each finding the row that was written last, what it holds as JSON aside."""
    columns = (table.c.fingerprint, table.c.pass_id, table.c.stage, table.c.reason)
    last = sql.select(sql.func.max(table.c.id)).group_by(table.c.fingerprint)
    return sql.select(*columns).where(table.c.id.in_(last))
