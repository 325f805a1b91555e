"""Arrow tables that DuckDB reads by fixed names, exchanged from batch to batch.

Registering every table anew would keep all of them in memory: a transaction holds what was registered in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import duckdb
import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]

from analyzers.frames import EVENTS
from metabot.store.batches import REJECT_COLUMNS, SAMPLE_COLUMNS, TEXT_COLUMNS

_SCHEMAS: Final = {
    "loose": pl.DataFrame(schema=EVENTS.schema).to_arrow().schema,
    "samples": SAMPLE_COLUMNS,
    "texts": TEXT_COLUMNS,
    "rejects": REJECT_COLUMNS,
}


class _Rows:
    """What DuckDB reads is whatever table stands here when it reads."""

    def __init__(self, schema: pa.Schema) -> None:
        self.table: pa.Table = schema.empty_table()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.table.__arrow_c_stream__(requested_schema)


@dataclass(frozen=True, slots=True)
class Arriving:
    """The tables of one load, which statements read as incoming_samples, incoming_texts and so on."""

    connection: duckdb.DuckDBPyConnection
    rows: dict[str, _Rows]

    def hold(self, name: str, table: pa.Table) -> None:
        """Let incoming_`name` be this table from now on."""
        self.rows[name].table = table

    def execute(self, statement: str, name: str, table: pa.Table, parameters: Sequence[int] = ()) -> None:
        """Run a statement that reads `table` as incoming_`name`; none where there are no rows."""
        self.hold(name, table)
        if table.num_rows:
            self.connection.execute(statement, list(parameters))

    def insert(self, name: str, table: pa.Table, into: str | None = None) -> None:
        """Append rows; columns are found by name."""
        self.execute(f"INSERT INTO {into or name} BY NAME SELECT * FROM incoming_{name}", name, table)  # noqa: S608  # our own tables


@contextmanager
def arriving(connection: duckdb.DuckDBPyConnection) -> Iterator[Arriving]:
    rows = {name: _Rows(schema) for name, schema in _SCHEMAS.items()}
    for name, one in rows.items():
        connection.register(f"incoming_{name}", one)
    try:
        yield Arriving(connection, rows)
    finally:
        for name in rows:
            connection.unregister(f"incoming_{name}")
