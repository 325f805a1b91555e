"""One file's records into the store's tables: what the store holds already is left out.

A span that the store holds is skipped, and its events with it, unless it ends later now: what was recorded of it while
it ran gives way to the whole of it. It is known by its ids among the spans that began within a day of it, so that a
load reads of the store what lies around it in time and no more. A span that a public source wrote first is replaced
once an internal source holds it: whoever guesses an id can neither mark a trusted span as public nor have his own text
taken for trusted.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import duckdb
import polars as pl

from metabot.store import texts
from metabot.store.arriving import Arriving, arriving
from metabot.store.batches import Prepared, Tables
from metabot.store.parts import SHOWN, Parts, show, take_in
from metabot.store.store import Store

DAY_NS: Final = 86_400 * 10**9

_DROP: Final = "".join(
    f"DROP TABLE IF EXISTS {name};"
    for name in ("staged_rejects", "touched", "change", "replaced", "found", "suspects", "fresh")
) + "".join(f"DROP VIEW IF EXISTS incoming_{name};" for name in Tables._fields)
_MAKE: Final = """
CREATE TEMP TABLE staged_rejects AS SELECT position, reason, head FROM rejects LIMIT 0;
CREATE TEMP TABLE touched (trace_id VARCHAR, first_ns BIGINT, last_ns BIGINT);
CREATE TEMP TABLE change AS FROM hourly LIMIT 0;
"""

_TAKE_BACK: Final = """
CREATE OR REPLACE TEMP TABLE replaced AS
    SELECT * FROM spans
    WHERE public = {public} AND (trace_id, span_id) IN (SELECT (trace_id, span_id) FROM {keys});
DELETE FROM spans WHERE public = {public} AND (trace_id, span_id) IN (SELECT (trace_id, span_id) FROM replaced);
DELETE FROM model_spans WHERE public = {public} AND (trace_id, span_id) IN (SELECT (trace_id, span_id) FROM replaced);
DELETE FROM events WHERE public = {public} AND kind = 'span event'
    AND (trace_id, span_id) IN (SELECT (trace_id, span_id) FROM replaced);
"""

# Few spans stand twice in a file, or in the store already: hashes tell which ones can, and these alone are compared.
_SUSPECTS: Final = """
CREATE TEMP TABLE suspects AS
SELECT n, trace_id, span_id, end_ns FROM incoming_spans WHERE hash(trace_id, span_id) IN (
    SELECT hash(trace_id, span_id) AS one FROM incoming_spans GROUP BY one HAVING count(*) > 1
    UNION ALL
    SELECT hash(trace_id, span_id) FROM spans WHERE start_ns BETWEEN {first} AND {last}
)
"""
_FRESH: Final = """
CREATE TEMP TABLE fresh AS
SELECT mine.n, trace_id, span_id, held.span_id IS NOT NULL AS longer
FROM (
    SELECT arg_max(n, (end_ns, -n)) AS n, trace_id, span_id, max(end_ns) AS end_ns
    FROM suspects GROUP BY trace_id, span_id
) AS mine
LEFT JOIN (SELECT trace_id, span_id, end_ns, public FROM spans WHERE start_ns BETWEEN {first} AND {last}) AS held
USING (trace_id, span_id)
WHERE held.span_id IS NULL OR (held.public = {public} AND held.end_ns < mine.end_ns)
"""

# How a span counts in the rollups: OpenTelemetry metrics data model, ExponentialHistogram: at scale 3 the base is
# 2^(1/8), the bucket of index i holds values in (base^i, base^(i+1)]. Times before 1970 count to the first hour.
_COUNT: Final = """
INSERT INTO change BY NAME
SELECT service, operation, kind, public,
    greatest(start_ns, 0) // 3600000000000 * 3600000000000 AS hour_ns,
    CASE WHEN end_ns > start_ns THEN 'positive' WHEN end_ns = start_ns THEN 'zero' ELSE 'negative' END AS side,
    CASE WHEN end_ns > start_ns THEN (ceil(log2(end_ns::HUGEINT - start_ns::HUGEINT) * 8) - 1)::INTEGER ELSE 0 END
        AS bucket_index,
    count(*) * {weight} AS spans,
    count(*) FILTER (status = 'error') * {weight} AS errors
FROM {rows} WHERE clock = 'utc' GROUP BY ALL
"""
_TOUCH: Final = """
INSERT INTO touched SELECT trace_id, min(least(start_ns, end_ns)), max(greatest(start_ns, end_ns))
FROM {rows} WHERE kind = 'model' GROUP BY trace_id
"""
# An event that came without its span has no id: it is the same event where everything about it is the same.
_SAME_EVENT: Final = " AND ".join(
    f"events.{name} IS NOT DISTINCT FROM found.{name}"
    for name in (
        "trace_id", "span_id", "service", "session_id", "kind", "name", "time_ns", "severity", "value", "text",
        "payload", "exception_type", "exception_message", "stacktrace", "escaped",
    )
)  # fmt: skip
_EVENTS: Final = f"""
CREATE OR REPLACE TEMP TABLE found AS SELECT DISTINCT * FROM incoming_loose;
DELETE FROM events USING found WHERE events.public AND NOT found.public AND {_SAME_EVENT};
INSERT INTO events BY NAME SELECT * FROM found ANTI JOIN events ON {_SAME_EVENT};
DROP TABLE found;
"""  # noqa: S608  # the column names above

# A sample is the same where its series, its time and its value are.
_SAMPLES: Final = """
INSERT INTO samples BY NAME SELECT DISTINCT * FROM incoming_samples
    ANTI JOIN samples USING (name, kind, service, labels, time_ns, value)
"""


@contextmanager
def staged(connection: duckdb.DuckDBPyConnection) -> Iterator[Arriving]:
    """Empty tables for what is gathered over a file's batches, dropped afterwards."""
    with arriving(connection) as tables:
        connection.execute(_MAKE)
        try:
            yield tables
        finally:
            connection.execute(_DROP)


def gather(tables: Arriving, parts: Parts, batch: Prepared) -> None:
    """Add the samples, texts and rejects of a batch that the store does not hold. Its spans and events are parts."""
    parts.add(batch.tables)
    tables.execute(_SAMPLES, "samples", batch.samples)
    texts.add(tables, batch.texts)
    tables.insert("rejects", batch.rejects, into="staged_rejects")


def fold(tables: Arriving, parts: Parts, store: Store, *, public: bool, take_back: bool) -> tuple[int, int]:
    """Add what of the parts the store does not hold; returns how many spans that was, and how many it held already.

    `take_back`: replace what public sources wrote first. Leaves in `change` what the rollups have to count and in
    `touched` the traces whose model calls have to be looked at again.
    """
    connection = tables.connection
    parts.expose(connection)
    known = _leave_out(connection, parts, public=public, take_back=take_back)
    added = count(connection, "incoming_spans")
    _reckon(connection, "incoming_spans", weight=1)
    if store.lasting or count(connection, "spans") or not added:
        for name in SHOWN:
            take_in(connection, name, f"FROM incoming_{name}")
    else:
        show(store)
    take_in(connection, "events", "FROM incoming_events")
    for path in parts.loose:
        tables.execute(_EVENTS, "loose", pl.read_parquet(path, glob=False).to_arrow())
    return added, known


def _leave_out(connection: duckdb.DuckDBPyConnection, parts: Parts, *, public: bool, take_back: bool) -> int:
    found = connection.execute("SELECT min(start_ns), max(start_ns) FROM incoming_spans").fetchone()
    assert found is not None
    if found[0] is None:
        return 0
    if take_back:
        _take_back(connection, "incoming_spans", public=True)
    around = {"first": max(found[0] - DAY_NS, -(2**63)), "last": min(found[1] + DAY_NS, 2**63 - 1)}
    connection.execute(_SUSPECTS.format(**around))
    connection.execute(_FRESH.format(**around, public=public))
    known = connection.execute("SELECT n FROM suspects ANTI JOIN fresh USING (n) ORDER BY n").fetchnumpy()["n"]
    if connection.execute("SELECT 1 FROM fresh WHERE longer LIMIT 1").fetchone():
        _take_back(connection, "(FROM fresh WHERE longer)", public=public)
    parts.leave_out(known)
    return len(known)


def _take_back(connection: duckdb.DuckDBPyConnection, keys: str, *, public: bool) -> None:
    """Remove the spans with these keys, with what belongs to them, from what public or internal sources wrote."""
    connection.execute(_TAKE_BACK.format(keys=keys, public=public))
    _reckon(connection, "replaced", weight=-1)


def _reckon(connection: duckdb.DuckDBPyConnection, rows: str, *, weight: int) -> None:
    connection.execute(_COUNT.format(rows=rows, weight=weight))
    connection.execute(_TOUCH.format(rows=rows))


def count(connection: duckdb.DuckDBPyConnection, name: str) -> int:
    """Rows of one of our own tables."""
    row = connection.execute(f"SELECT count(*) FROM {name}").fetchone()  # noqa: S608
    assert row is not None
    return int(row[0])
