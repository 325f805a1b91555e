"""What spans that were found say of their code and revision: read last, of those few alone."""

from __future__ import annotations

import polars as pl

from analyzers.exhibits import CODE
from analyzers.identifiers import of_traces

_SPAN = ("trace_id", "span_id")


def told(spans: pl.LazyFrame, found: pl.DataFrame) -> pl.DataFrame:
    """The found spans in their order, with `revision` and the columns of their code. Reads trace_id and span_id."""
    rows = of_traces(spans, found["trace_id"].unique()).select(*_SPAN, "revision", *CODE)
    once = (
        rows.join(found.lazy().select(_SPAN), on=_SPAN, how="semi")
        .sort("revision", *CODE)
        .unique(_SPAN, keep="first", maintain_order=True)
        .collect()
    )
    return found.join(once, on=_SPAN, how="left", maintain_order="left")
