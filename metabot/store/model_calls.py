"""Model calls are merged again in every trace that a load adds to: a later file may hold the other span of a call.

A model span that touches no other one of its trace in time is a call by itself and is not written twice: the CALLS
frame is the `model_spans` that stand in no crowd, and `merged_calls`, which the crowds were merged into.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import duckdb
import polars as pl

from metabot.store.staging import DAY_NS, count
from metabot.telemetry import calls

_AT_A_TIME: Final = 50_000  # model spans looked at in memory at once

# Times are compared because a store holds many days: what lies a day away in time is in no crowd of these.
_TOUCHED: Final = f"""
CREATE TEMP TABLE again AS
    SELECT trace_id, min(first_ns::HUGEINT) - {DAY_NS} AS first_ns, max(last_ns::HUGEINT) + {DAY_NS} AS last_ns
    FROM touched GROUP BY trace_id;
CREATE TEMP TABLE sizes AS
    SELECT trace_id, count(*) AS spans
    FROM model_spans SEMI JOIN again USING (trace_id)
    WHERE start_ns BETWEEN (SELECT min(first_ns) FROM again) AND (SELECT max(last_ns) FROM again)
    GROUP BY trace_id;
DELETE FROM crowded WHERE trace_id IN (SELECT trace_id FROM again);
DELETE FROM merged_calls WHERE trace_id IN (SELECT trace_id FROM again);
"""  # noqa: S608  # a number of ours
_PLACES: Final = """
SELECT trace_id, span_id, start_ns, end_ns, public FROM model_spans SEMI JOIN part USING (trace_id)
WHERE start_ns BETWEEN (SELECT min(first_ns) FROM again) AND (SELECT max(last_ns) FROM again)
"""
_MODEL_SPANS: Final = "SELECT * FROM model_spans SEMI JOIN part USING (trace_id, span_id, public)"
_PARENTS: Final = """
SELECT trace_id, span_id, parent_id, public FROM spans SEMI JOIN part USING (trace_id)
WHERE (kind <> 'model' OR (trace_id, span_id, public) IN (SELECT (trace_id, span_id, public) FROM part))
AND start_ns BETWEEN (SELECT min(first_ns) FROM again) AND (SELECT max(last_ns) FROM again)
"""


def merge_again(connection: duckdb.DuckDBPyConnection) -> int:
    """Returns how many calls the traces of `touched` (see `staging.fold`) hold now."""
    if not count(connection, "touched"):
        return 0
    connection.execute(_TOUCHED)
    several = connection.execute("FROM sizes WHERE spans > 1 ORDER BY trace_id").pl()
    alone = count(connection, "sizes") - several.height  # the only model span of its trace touches no other one
    found = alone + sum(_merge(connection, part) for part in _parts(several))
    connection.execute("DROP TABLE again; DROP TABLE sizes")
    return found


def _parts(sizes: pl.DataFrame) -> Iterator[pl.DataFrame]:
    part = (pl.col("spans").cum_sum() - 1) // _AT_A_TIME
    yield from sizes.with_columns(part.alias("part")).partition_by("part", include_key=False)


def _merge(connection: duckdb.DuckDBPyConnection, traces: pl.DataFrame) -> int:
    places = _of(connection, _PLACES, traces)
    crowded = calls.crowds(places).filter(pl.col("crowd_size") > 1).select("trace_id", "span_id", "public")
    if crowded.is_empty():
        return places.height
    model_spans, parents = _of(connection, _MODEL_SPANS, crowded), _of(connection, _PARENTS, crowded)
    merged = calls.merge(model_spans, parents)
    _insert(connection, "crowded", crowded)
    _insert(connection, "merged_calls", merged.drop(calls.PRICES))
    return places.height - crowded.height + merged.height


def _of(connection: duckdb.DuckDBPyConnection, query: str, part: pl.DataFrame) -> pl.DataFrame:
    connection.register("part", part.to_arrow())
    try:
        return connection.execute(query).pl()
    finally:
        connection.unregister("part")


def _insert(connection: duckdb.DuckDBPyConnection, name: str, rows: pl.DataFrame) -> None:
    connection.register("part", rows.to_arrow())
    connection.execute(f"INSERT INTO {name} BY NAME SELECT * FROM part")  # noqa: S608  # our own tables
    connection.unregister("part")
