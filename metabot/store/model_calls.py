"""Model calls are merged again in every trace that a load adds to: a later file may hold the other span of a call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import duckdb
import polars as pl

from analyzers.frames import CALLS
from metabot.store.staging import insert
from metabot.telemetry import calls, prices

_AT_A_TIME: Final = 50_000  # model spans merged in memory at once

_TOUCHED: Final = """
CREATE TEMP TABLE touched AS SELECT trace_id FROM added UNION SELECT trace_id FROM replaced;
DELETE FROM calls WHERE trace_id IN (FROM touched);
"""
_SIZES: Final = """
SELECT trace_id, count(*) AS spans FROM model_spans SEMI JOIN touched USING (trace_id)
GROUP BY trace_id ORDER BY trace_id
"""
_MODEL_SPANS: Final = "SELECT * FROM model_spans SEMI JOIN part USING (trace_id)"
_PARENTS: Final = "SELECT trace_id, span_id, parent_id, public FROM spans SEMI JOIN part USING (trace_id)"


def merge_again(connection: duckdb.DuckDBPyConnection) -> int:
    """Returns how many calls the traces of `added` and `replaced` (see `staging.move`) hold now."""
    connection.execute(_TOUCHED)
    found = 0
    for part in _parts(connection.execute(_SIZES).pl()):
        connection.register("part", part.to_arrow())
        model_spans, parents = connection.execute(_MODEL_SPANS).pl(), connection.execute(_PARENTS).pl()
        connection.unregister("part")
        merged = _merged(model_spans, parents)
        insert(connection, "calls", prices.add(merged).select(CALLS.schema.keys()).to_arrow())
        found += merged.height
    connection.execute("DROP TABLE touched")
    return found


def _parts(sizes: pl.DataFrame) -> Iterator[pl.DataFrame]:
    part = (pl.col("spans").cum_sum() - 1) // _AT_A_TIME
    yield from sizes.with_columns(part.alias("part")).partition_by("part", include_key=False)


def _merged(model_spans: pl.DataFrame, parents: pl.DataFrame) -> pl.DataFrame:
    """What anyone may write never becomes part of a trusted call: public spans are merged among themselves."""
    trusted, public = ~pl.col("public"), pl.col("public")
    return pl.concat(
        [
            calls.merge(model_spans.filter(trusted), parents.filter(trusted)),
            calls.merge(model_spans.filter(public), parents),
        ]
    )
