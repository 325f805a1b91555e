"""The ledger's tables and its file. Times are UTC nanoseconds since 1970."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import sqlalchemy as sql

from metabot.errors import StoreError

VERSION: Final = 5  # 2 added the pictures, 3 what was tried, 4 the requests to a model, 5 people and jobs

metadata: Final = sql.MetaData()

schema_version: Final = sql.Table("schema_version", metadata, sql.Column("version", sql.Integer, nullable=False))

passes: Final = sql.Table(
    "passes",
    metadata,
    sql.Column("id", sql.Integer, primary_key=True),
    sql.Column("started_ns", sql.BigInteger, nullable=False),
    sql.Column("ended_ns", sql.BigInteger),  # null: running, or killed
    sql.Column("result", sql.String),
)
findings: Final = sql.Table(
    "findings",
    metadata,
    sql.Column("fingerprint", sql.String, primary_key=True),
    sql.Column("analyzer", sql.String, nullable=False),
    sql.Column("first_seen_ns", sql.BigInteger, nullable=False),  # when a pass first had it, not when it happened
    sql.Column("last_seen_ns", sql.BigInteger, nullable=False),
    sql.Column("finding", sql.Text, nullable=False),  # as last seen; JSON, as the last column of each table below
)
sightings: Final = sql.Table(
    "sightings",
    metadata,
    sql.Column("fingerprint", sql.ForeignKey("findings.fingerprint"), primary_key=True),
    sql.Column("pass_id", sql.ForeignKey("passes.id"), primary_key=True),
)
pictures: Final = sql.Table(
    "pictures",
    metadata,
    sql.Column("fingerprint", sql.ForeignKey("findings.fingerprint"), primary_key=True),
    sql.Column("picture", sql.Text, nullable=False),  # as last drawn
)
stops: Final = sql.Table(
    "stops",
    metadata,
    sql.Column("id", sql.Integer, primary_key=True),
    sql.Column("pass_id", sql.ForeignKey("passes.id"), nullable=False),
    sql.Column("fingerprint", sql.String, nullable=False, index=True),
    sql.Column("stage", sql.String, nullable=False),
    sql.Column("reason", sql.String, nullable=False),
    sql.Column("stopped", sql.Text, nullable=False),
)
tried: Final = sql.Table(
    "tried",
    metadata,
    sql.Column("id", sql.Integer, primary_key=True),
    sql.Column("pass_id", sql.ForeignKey("passes.id"), nullable=False),
    sql.Column("proposal", sql.String, nullable=False, index=True),
    sql.Column("fingerprint", sql.String, nullable=False, index=True),
    sql.Column("analyzer", sql.String, nullable=False),
    sql.Column("title", sql.String, nullable=False),
    sql.Column("author", sql.String, nullable=False),
    sql.Column("recipe", sql.String, nullable=False),
    sql.Column("tried_ns", sql.BigInteger, nullable=False),
    sql.Column("times", sql.Integer, nullable=False),  # this one and those before it
    sql.Column("stage", sql.String),  # of its stop; null: better
    sql.Column("reason", sql.String),
    sql.Column("tried", sql.Text, nullable=False),
)
model_calls: Final = sql.Table(
    "model_calls",
    metadata,
    sql.Column("id", sql.Integer, primary_key=True),
    sql.Column("pass_id", sql.ForeignKey("passes.id"), nullable=False),
    sql.Column("fingerprint", sql.String, nullable=False, index=True),
    sql.Column("model", sql.String, nullable=False),
    sql.Column("server", sql.String, nullable=False),
    sql.Column("prompt_hash", sql.String, nullable=False),
    sql.Column("started_ns", sql.BigInteger, nullable=False, index=True),
    sql.Column("seconds", sql.Float, nullable=False),
    sql.Column("outcome", sql.String, nullable=False),
    sql.Column("status", sql.Integer),
    sql.Column("input_tokens", sql.Integer, nullable=False),
    sql.Column("output_tokens", sql.Integer, nullable=False),
    sql.Column("counted", sql.Boolean, nullable=False),
    sql.Column("cost_usd", sql.Float),  # null: the model's price is not known
)
pull_requests: Final = sql.Table(
    "pull_requests",
    metadata,
    sql.Column("number", sql.Integer, primary_key=True),
    sql.Column("fingerprint", sql.String, primary_key=True, index=True),
    sql.Column("pass_id", sql.ForeignKey("passes.id"), nullable=False),
    sql.Column("state", sql.String, nullable=False),
    sql.Column("pull_request", sql.Text, nullable=False),
)
decisions: Final = sql.Table(
    "decisions",
    metadata,
    sql.Column("id", sql.Integer, primary_key=True),
    sql.Column("fingerprint", sql.String, nullable=False, index=True),  # empty: of metabot as a whole
    sql.Column("kind", sql.String, nullable=False),
    sql.Column("reason", sql.Text, nullable=False),
    sql.Column("decided_by", sql.String, nullable=False),
    sql.Column("decided_ns", sql.BigInteger, nullable=False),
    sql.Column("number", sql.Integer),  # of the pull request
)
job_runs: Final = sql.Table(
    "job_runs",
    metadata,
    sql.Column("id", sql.Integer, primary_key=True),
    sql.Column("job", sql.String, nullable=False, index=True),
    sql.Column("due_ns", sql.BigInteger, nullable=False),
    sql.Column("started_ns", sql.BigInteger, nullable=False),
    sql.Column("ended_ns", sql.BigInteger),  # null: running, or killed
    sql.Column("result", sql.String),
    sql.Column("detail", sql.Text, nullable=False),
)

_ADVICE: Final = {
    sqlite3.SQLITE_BUSY: "Another metabot is writing to it. Wait for that one to end, then try again.",
    sqlite3.SQLITE_NOTADB: "Move it away and metabot begins a new one, or name another file in [ledger] path.",
    sqlite3.SQLITE_CORRUPT: "Restore it from a backup, or move it away and metabot begins a new one.",
    sqlite3.SQLITE_READONLY: "Make the file and its folder writable, or name another file in [ledger] path.",
    sqlite3.SQLITE_IOERR: "Make room on its disk, or name another file in [ledger] path.",
    sqlite3.SQLITE_CANTOPEN: "Make the file and its folder writable, or name another file in [ledger] path.",
    sqlite3.SQLITE_FULL: "Free some space on its disk, then try again.",
}
_PRIMARY_CODE: Final = 0xFF  # SQLite's extended codes hold the primary one in the lowest byte


Upgrade = Callable[[sql.Connection], None]


class Database:
    """One SQLite file, open only while something is read or written, so that several processes can take turns."""

    def __init__(self, path: Path, *, wait_seconds: float, upgrades: Mapping[int, Upgrade]) -> None:
        self._path, self._upgrades = path, upgrades
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)  # it holds text from telemetry
        except OSError as error:
            advice = _ADVICE[sqlite3.SQLITE_CANTOPEN]
            raise StoreError(f"{path}: the ledger cannot be opened: {error.strerror}.\n  {advice}") from error
        url = sql.URL.create("sqlite", database=str(path))
        self._engine = sql.create_engine(url, poolclass=sql.NullPool, connect_args={"timeout": wait_seconds})
        sql.event.listen(self._engine, "connect", _leave_transactions_to_us)
        sql.event.listen(self._engine, "begin", _begin)
        self._prepare()

    @contextmanager
    def reading(self) -> Iterator[sql.Connection]:
        with self._mapped(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sql.Connection]:
        """Alone from the beginning: two writers that first read would otherwise lock each other out."""
        with self._mapped(), self._engine.execution_options(alone=True).begin() as connection:
            yield connection

    def _prepare(self) -> None:
        with self._mapped(), closing(self._engine.raw_connection()) as connection:
            connection.cursor().execute("PRAGMA journal_mode = WAL")  # outside of any transaction, as SQLite asks
        with self.writing() as connection:
            names = sql.inspect(connection).get_table_names()
            if not names:
                metadata.create_all(connection)
                connection.execute(schema_version.insert().values(version=VERSION))
            elif schema_version.name not in names:
                raise StoreError(f"{self._path}: is another program's database.\n  Name another file in [ledger] path.")
            version = connection.execute(sql.select(schema_version.c.version)).scalar_one_or_none()
            upgrade = None if version is None else self._upgrades.get(version)
            if upgrade is not None:
                upgrade(connection)
                version = VERSION
        if version != VERSION:
            message = f"{self._path}: the ledger has version {version}, this metabot knows version {VERSION}."
            raise StoreError(f"{message}\n  Use the metabot that wrote it or a newer one.")

    @contextmanager
    def _mapped(self) -> Iterator[None]:
        try:
            yield
        except (sql.exc.DBAPIError, sqlite3.Error) as error:
            cause = error.orig if isinstance(error, sql.exc.DBAPIError) else error
            code = getattr(cause, "sqlite_errorcode", 0) & _PRIMARY_CODE
            if code not in _ADVICE:
                raise
            message = f"{self._path}: the ledger cannot be used: {cause}.\n  {_ADVICE[code]}"
            raise StoreError(message) from error


def _leave_transactions_to_us(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None


def _begin(connection: sql.Connection) -> None:
    alone = connection.get_execution_options().get("alone", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if alone else "BEGIN")
