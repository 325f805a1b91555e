"""The bot's own memory: findings, where they stopped, what was proposed and opened, and the passes."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

import msgspec
import sqlalchemy as sql

from analyzers.finding import Finding, Fingerprint
from metabot.errors import StoreError
from metabot.funnel import End
from metabot.generate.asking.asked import Asked
from metabot.generate.asking.budget import Books
from metabot.ledger import jobs, model_calls, people, proposals, schema
from metabot.ledger.counts import Counts, counts
from metabot.ledger.encoding import decode, encode
from metabot.ledger.jobs import JobRun
from metabot.ledger.people import Decision
from metabot.ledger.proposals import ProposalEntry
from metabot.ledger.upgrade import UPGRADES
from metabot.picture.picture import Picture
from metabot.publish.pull_request import PullRequest
from metabot.stopped import Stopped
from metabot.verify.tried import Tried

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Everything kept about one finding: its latest form and the latest of what came of it."""

    finding: Finding
    first_seen_ns: int
    last_seen_ns: int
    passes: int  # how many passes had it
    stop: Stopped | None  # None also where a pull request was opened after it
    proposals: tuple[ProposalEntry, ...]  # newest first
    pull_request: PullRequest | None
    picture: Picture | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PassEntry:
    number: int
    started_ns: int
    ended_ns: int | None  # None: it runs, or it was killed
    result: str | None


class Ledger:
    """One SQLite file, made where there is none. Several processes may use it at once.

    Every method raises `StoreError`, saying what to do, where the file is locked for longer than `wait_seconds`,
    damaged, read-only, or of another version.
    """

    def __init__(self, path: Path, *, wait_seconds: float = 30.0) -> None:
        self._path = path
        self._database = schema.Database(path, wait_seconds=wait_seconds, upgrades=UPGRADES)

    def begin_pass(self) -> int:
        """The new pass's number."""
        with self._database.writing() as connection:
            new = schema.passes.insert().values(started_ns=time.time_ns()).returning(schema.passes.c.id)
            number: int = connection.execute(new).scalar_one()
        return number

    def end_pass(self, number: int, result: str) -> None:
        with self._database.writing() as connection:
            this = schema.passes.c.id == number
            connection.execute(schema.passes.update().where(this).values(ended_ns=time.time_ns(), result=result))

    def last_pass(self) -> PassEntry | None:
        newest_first = sql.select(schema.passes).order_by(schema.passes.c.id.desc())
        with self._database.reading() as connection:
            row = connection.execute(newest_first.limit(1)).one_or_none()
        if row is None:
            return None
        return PassEntry(number=row.id, started_ns=row.started_ns, ended_ns=row.ended_ns, result=row.result)

    def record_findings(
        self,
        number: int,
        findings: Iterable[Finding],
        pictures: Mapping[Fingerprint, Picture] = MappingProxyType({}),
    ) -> list[Finding]:
        """Those that no pass found before. A known one becomes its latest form, and so does its picture; a pass counts
        once."""
        with self._database.writing() as connection:
            new = [finding for finding in findings if _keep_finding(connection, number, finding)]
            for fingerprint, picture in pictures.items():
                _keep_picture(connection, fingerprint, picture)
        return new

    def record_stop(self, number: int, stopped: Stopped) -> None:
        row = {"stage": stopped.stage, "reason": stopped.reason, "stopped": encode(stopped)}
        with self._database.writing() as connection:
            connection.execute(schema.stops.insert().values(pass_id=number, fingerprint=stopped.finding, **row))

    def record_tried(self, number: int, tried: Tried) -> None:
        """With every run and count, whatever came of it."""
        with self._database.writing() as connection:
            _keep_finding(connection, number, tried.proposal.placed.finding)
            proposals.record(connection, number, tried)

    def proposals(self) -> list[ProposalEntry]:
        """All that were ever tried, newest first."""
        with self._database.reading() as connection:
            return proposals.entries(connection)

    def tried(self, entry: ProposalEntry) -> Tried:
        """The newest trial of a proposal, whole."""
        with self._database.reading() as connection:
            return self._load(proposals.newest(connection, entry.id), Tried, entry.fingerprint)

    def ends(self) -> list[End]:
        """Where each finding ended, by the latest that is known of it."""
        with self._database.reading() as connection:
            return proposals.ends(connection)

    def counts(self) -> Counts:
        with self._database.reading() as connection:
            return counts(connection)

    def books(self, number: int) -> Books:
        """Where a pass writes down what it spends on a model."""
        return model_calls.books(self._database, number)

    def model_calls(self, about: Fingerprint) -> list[Asked]:
        """Every request to a model for one finding, in order."""
        with self._database.reading() as connection:
            return model_calls.calls(connection, about)

    def record_pull_request(self, number: int | None, pull_request: PullRequest) -> None:
        """A pull request that is known already gets its new state; without a pass, people gave it to it."""
        table = schema.pull_requests
        key = (table.c.number == pull_request.number) & (table.c.fingerprint == pull_request.fingerprint)
        row = {"state": pull_request.state, "pull_request": encode(pull_request)}
        of_pass = {} if number is None else {"pass_id": number}
        with self._database.writing() as connection:
            if connection.execute(table.update().where(key).values(**of_pass, **row)).rowcount == 0:
                last = number or connection.execute(sql.select(sql.func.max(schema.passes.c.id))).scalar_one() or 0
                which = {"number": pull_request.number, "fingerprint": pull_request.fingerprint}
                connection.execute(table.insert().values(pass_id=last, **which, **row))

    def pull_requests(self) -> list[PullRequest]:
        """All that were ever opened or seen, by number."""
        table = schema.pull_requests
        with self._database.reading() as connection:
            rows = connection.execute(sql.select(table).order_by(table.c.number)).all()
            return [self._load(row.pull_request, PullRequest, row.fingerprint) for row in rows]

    def record_decision(self, decision: Decision) -> None:
        """Once: the same decision at the same moment is kept one time."""
        with self._database.writing() as connection:
            people.record(connection, decision)

    def decisions(self) -> list[Decision]:
        """What people decided, in order."""
        with self._database.reading() as connection:
            return people.decisions(connection)

    def begin_job(self, job: str, due_ns: int) -> int:
        """The number of the run that begins now. Times are UTC nanoseconds since 1970."""
        with self._database.writing() as connection:
            return jobs.begin(connection, job, due_ns)

    def end_job(self, number: int, result: str, detail: str = "") -> None:
        with self._database.writing() as connection:
            jobs.end(connection, number, result, detail)

    def job_runs(self, *, newest: int = 100) -> list[JobRun]:
        """Newest first."""
        with self._database.reading() as connection:
            return jobs.runs(connection, newest)

    def unfinished_jobs(self) -> list[JobRun]:
        """Runs that still go on, or whose process was killed."""
        with self._database.reading() as connection:
            return jobs.unfinished(connection)

    def latest_jobs(self) -> list[JobRun]:
        """The newest run of each job."""
        with self._database.reading() as connection:
            return jobs.latest(connection)

    def find(self, beginning: str) -> list[Entry]:
        """The findings, proposed or not, whose fingerprint begins so; in the order of their fingerprints."""
        table = schema.findings
        known = table.c.fingerprint.startswith(beginning.strip().lower(), autoescape=True)
        with self._database.reading() as connection:
            rows = connection.execute(sql.select(table).where(known).order_by(table.c.fingerprint)).all()
            tried = proposals.entries(connection) if rows else []
            return [self._entry(connection, row, tried) for row in rows]

    def _entry(self, connection: sql.Connection, row: sql.Row[object], tried: list[ProposalEntry]) -> Entry:
        stop, opened = (_latest(connection, table, row.fingerprint) for table in (schema.stops, schema.pull_requests))
        drawn = connection.execute(_of(schema.pictures, row.fingerprint)).one_or_none()
        overtaken = stop is not None and opened is not None and opened.pass_id > stop.pass_id
        return Entry(
            finding=self._load(row.finding, Finding, row.fingerprint),
            first_seen_ns=row.first_seen_ns,
            last_seen_ns=row.last_seen_ns,
            passes=connection.execute(_count(schema.sightings, row.fingerprint)).scalar_one(),
            stop=None if stop is None or overtaken else self._load(stop.stopped, Stopped, row.fingerprint),
            proposals=tuple(one for one in tried if one.fingerprint == row.fingerprint),
            pull_request=opened and self._load(opened.pull_request, PullRequest, row.fingerprint),
            picture=drawn and self._load(drawn.picture, Picture, row.fingerprint),
        )

    def _load(self, text: str, kind: type[T], fingerprint: Fingerprint) -> T:
        try:
            return decode(text, kind)
        except msgspec.MsgspecError as error:
            where = f"{self._path}: what it holds about {fingerprint} is no {kind.__name__} of this metabot: {error}."
            raise StoreError(f"{where}\n  Use the metabot that wrote it, or restore the file from a backup.") from error


def _keep_finding(connection: sql.Connection, number: int, finding: Finding) -> bool:
    """Whether it is new."""
    table, now = schema.findings, time.time_ns()
    this = table.c.fingerprint == finding.fingerprint
    row = {"last_seen_ns": now, "finding": encode(finding)}
    is_new = connection.execute(table.update().where(this).values(**row)).rowcount == 0
    if is_new:
        new = {"fingerprint": finding.fingerprint, "analyzer": finding.candidate.analyzer, "first_seen_ns": now}
        connection.execute(table.insert().values(**new, **row))
    sighting = {"fingerprint": finding.fingerprint, "pass_id": number}
    connection.execute(schema.sightings.insert().prefix_with("OR IGNORE").values(sighting))
    return is_new


def _keep_picture(connection: sql.Connection, fingerprint: Fingerprint, picture: Picture) -> None:
    table, row = schema.pictures, {"picture": encode(picture)}
    this = table.c.fingerprint == fingerprint
    if connection.execute(table.update().where(this).values(**row)).rowcount == 0:
        connection.execute(table.insert().values(fingerprint=fingerprint, **row))


def _count(table: sql.Table, fingerprint: Fingerprint) -> sql.Select[int]:
    return sql.select(sql.func.count()).select_from(table).where(table.c.fingerprint == fingerprint)


def _latest(connection: sql.Connection, table: sql.Table, fingerprint: Fingerprint) -> sql.Row[object] | None:
    return connection.execute(
        _of(table, fingerprint).order_by(table.c.pass_id.desc(), sql.text("rowid DESC")).limit(1)
    ).one_or_none()


def _of(table: sql.Table, fingerprint: Fingerprint) -> sql.Select[object]:
    return sql.select(table).where(table.c.fingerprint == fingerprint)
