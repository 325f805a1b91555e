"""How long the operation of a finding takes: all its spans, in buckets that double."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import polars as pl

from analyzers.clock import DURATION_NS
from analyzers.finding import Exemplar
from analyzers.untrusted import Name
from metabot.picture.picture import Bucket, Durations

_WHOSE = ("service", "operation")


def read_durations(
    spans: pl.LazyFrame, traces: Mapping[str, pl.DataFrame], exemplars: Collection[Exemplar]
) -> dict[tuple[str, str], pl.DataFrame]:
    """By service and operation of the exemplars: `bucket`, null where a duration is unknown, and its `spans`."""
    named = [exemplar.span_id for exemplar in exemplars]
    whose = [rows.filter(pl.col("span_id").is_in(named)).select(_WHOSE) for rows in traces.values()]
    if not whose:
        return {}
    counted = (
        spans.join(pl.concat(whose).unique().lazy(), on=_WHOSE, how="semi")
        .group_by(*_WHOSE, _bucket(DURATION_NS).alias("bucket"))
        .agg(pl.len().alias("spans"))
        .sort("bucket")
        .collect()
    )
    return {(str(key[0]), str(key[1])): rows for key, rows in counted.partition_by(_WHOSE, as_dict=True).items()}


def durations_of(
    traces: Sequence[pl.DataFrame], blamed: Collection[str], read: Mapping[tuple[str, str], pl.DataFrame]
) -> Durations | None:
    """Of the operation of the first span that the finding names; None where no duration of it is known."""
    spans = [rows.filter(pl.col("span_id").is_in(list(blamed))) for rows in traces]
    first = next((rows for rows in spans if rows.height), None)
    if first is None:
        return None
    service, operation = first.select(_WHOSE).row(0)
    counted = read.get((str(service), str(operation)))
    if counted is None or counted["bucket"].null_count() == counted.height:
        return None
    same = pl.concat(spans).filter(pl.col("service") == service, pl.col("operation") == operation)
    known = counted.drop_nulls("bucket").select("bucket", "spans").rows()
    return Durations(
        service=Name(service),
        operation=Name(operation),
        buckets=tuple(Bucket(exponent=exponent, spans=many) for exponent, many in known),
        unknown=int(counted.filter(pl.col("bucket").is_null())["spans"].sum()),
        blamed=tuple(same.select(_bucket(pl.col("ns"))).to_series().drop_nulls().unique().sort()),
    )


def _bucket(ns: pl.Expr) -> pl.Expr:
    return ns.cast(pl.Float64).log(2).floor().cast(pl.Int64)
