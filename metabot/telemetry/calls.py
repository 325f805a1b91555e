"""From model spans to model calls: a call that several spans recorded is one call.

Two spans of one trace record the same call where the interval of one lies inside the other's and nothing recorded on
both tells them apart: the model (a dated version agrees with its alias), the text of the last message, the response's
id. Ancestry is not required, because two instrumentations in one process do not know of each other's spans; but
without it, two spans of one instrumentation and one operation are two calls at a time. A span with several separate
calls below it is a wrapper (a retry loop, an agent's turn) and no call itself.

The innermost span is the call. What it does not know is filled from the spans around it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Final

import polars as pl

from analyzers.frames import CALLS, SPANS
from metabot.telemetry.same_call import CLOCKS_NS, ModelSpan, groups

MODEL_SPANS: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    **{name: kind for name, kind in SPANS.schema.items() if name in CALLS.schema},
    "scope": pl.String,
    "provider": pl.String,
    "model": pl.String,
    "input_tokens": pl.Int64,
    "cached_tokens": pl.Int64,
    "cache_write_tokens": pl.Int64,
    "output_tokens": pl.Int64,
    "reasoning_tokens": pl.Int64,
    "finish_reason": pl.String,
    "response_id": pl.String,
    "first_token_ns": pl.Int64,
    "queued_ns": pl.Int64,
    "piece_hashes": pl.List(pl.UInt64),
    "piece_chars": pl.List(pl.UInt32),
    "prompt_chars": pl.Int64,
    "prompt_hash": pl.UInt64,
    "block_hashes": pl.List(pl.UInt64),
    "block_size": pl.Int64,
    "block_unit": pl.String,
    "request_hashes": pl.List(pl.UInt64),
    "answer_hash": pl.UInt64,
    "answer_chars": pl.Int64,
    "answer_packed": pl.Int64,
    "tools_offered": pl.List(pl.String),
    "tools_chars": pl.List(pl.UInt32),
    "tools_called": pl.List(pl.String),
    "asks_for_form": pl.Boolean,
    "last_message": pl.UInt64,
    "tool_call_ids": pl.List(pl.String),
}
"""One row per span of kind model: where it is, and the fields of its `ModelCall`."""

PARENTS: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "trace_id": pl.String,
    "span_id": pl.String,
    "parent_id": pl.String,
}
"""Spans of any kind: the way from one model span to another may lead over spans that are none."""

PRICES: Final = ("input_usd_per_mtok", "cached_usd_per_mtok", "cost_usd", "cost_unknown")
"""Columns of CALLS that `prices.add` fills."""

_OF_THE_CALL: Final = (
    "session_id", "environment", "service_version", "revision", "provider", "model", "input_tokens", "cached_tokens",
    "cache_write_tokens", "output_tokens", "reasoning_tokens", "finish_reason", "first_token_ns",
    "queued_ns", "answer_hash", "answer_chars", "answer_packed", "asks_for_form",
)  # fmt: skip
_LISTS_OF_THE_PROMPT: Final = ("piece_hashes", "piece_chars", "block_hashes", "request_hashes")
_OF_THE_PROMPT: Final = ("prompt_chars", "prompt_hash", "block_size", "block_unit", *_LISTS_OF_THE_PROMPT)
_OF_THE_CODE: Final = ("code_file", "code_function", "code_line")
_OF_THE_TOOLS: Final = ("tools_offered", "tools_chars")
_LISTS: Final = (*_LISTS_OF_THE_PROMPT, *_OF_THE_TOOLS, "tool_call_ids", "tools_called")


def merge(spans: pl.DataFrame, parents: pl.DataFrame | None = None) -> pl.DataFrame:
    """Calls, in the CALLS frame's schema, out of rows of MODEL_SPANS; prices and cost are null (see `prices.add`).

    `parents` (schema PARENTS, of the same traces) tells ancestry where spans that are no model spans lie between two
    that are. The rows' order does not matter; the answer is sorted by start.
    """
    if spans.is_empty():
        return CALLS.empty()
    found = crowds(spans.with_row_index("row"))
    several = found.filter(pl.col("crowd_size") > 1)
    alone = found.filter(pl.col("crowd_size") == 1).with_columns(pl.concat_list("span_id").alias("span_ids"))
    merged = _merged(several, parents, alone)
    whole = pl.concat([_completed(alone), _completed(merged)]) if merged.height else _completed(alone)
    return whole.sort("start_ns", "trace_id", "span_id")


def _completed(calls: pl.DataFrame) -> pl.DataFrame:
    """In the columns of CALLS; lists that hold nothing are empty, not null."""
    missing = [pl.lit(None, dtype=CALLS.schema[name]).alias(name) for name in CALLS.schema if name not in calls.columns]
    lists = [pl.col(name).fill_null([]) for name in _LISTS if name in calls.columns]
    return calls.with_columns(*missing, *lists).select(CALLS.schema.keys())


def crowds(spans: pl.DataFrame) -> pl.DataFrame:
    """The spans of a trace that may be one call because their intervals touch: adds columns crowd and crowd_size.

    One span's interval can lie inside another's (see `same_call`) only within a crowd. What anyone may write never
    becomes part of a trusted call: public spans form crowds of their own. Needs trace_id, start_ns, end_ns and public.
    """
    first, last = pl.min_horizontal("start_ns", "end_ns"), pl.max_horizontal("start_ns", "end_ns")
    begins = pl.col("first") > pl.col("last").cum_max().shift().over("trace_id", "public") + CLOCKS_NS
    return (
        spans.with_columns(first.alias("first"), last.alias("last"))
        .sort("trace_id", "public", "first")
        .with_columns(begins.fill_null(value=True).cum_sum().alias("crowd"))
        .with_columns(pl.len().over("crowd").alias("crowd_size"))
        .drop("first", "last")
    )


def _merged(spans: pl.DataFrame, parents: pl.DataFrame | None, alone: pl.DataFrame) -> pl.DataFrame:
    if spans.is_empty():
        return spans
    members = _members(spans, parents, alone)
    rows = spans.drop("crowd", "crowd_size").join(members, on="row").sort("call", "rank")
    return rows.group_by("call", maintain_order=True).agg(*_columns(spans.columns))


def _members(spans: pl.DataFrame, parents: pl.DataFrame | None, alone: pl.DataFrame) -> pl.DataFrame:
    """Which row belongs to which call, and how far out in it (0 is the innermost)."""
    members: list[tuple[int, int, int]] = []
    known = spans if parents is None else parents.join(spans, on="trace_id", how="semi")
    ways = _ways(known.join(alone, on=("trace_id", "span_id"), how="anti"))
    others: dict[str, set[str]] = {}
    for trace_id, span_id in spans.select("trace_id", "span_id").iter_rows():
        others.setdefault(trace_id, set()).add(span_id)
    for trace_id, crowd in _by_crowd(spans):
        for rows in groups(crowd, ways.get(trace_id, {}), others[trace_id]):
            members += [(rows[0], row, rank) for rank, row in enumerate(rows)]
    return pl.DataFrame(members, schema=dict.fromkeys(("call", "row", "rank"), pl.UInt32), orient="row")


def _by_crowd(spans: pl.DataFrame) -> Iterator[tuple[str, list[ModelSpan]]]:
    columns = spans.select("crowd", "trace_id", *ModelSpan._fields).sort("crowd")
    for _, rows in groupby(columns.iter_rows(), key=itemgetter(0)):
        found = list(rows)
        yield found[0][1], [ModelSpan(*row[2:]) for row in found]


def _ways(parents: pl.DataFrame) -> dict[str, dict[str, str]]:
    """Of each trace: from a span to its parent."""
    ways: dict[str, dict[str, str]] = {}
    for trace_id, span_id, parent_id in parents.select(PARENTS.keys()).drop_nulls().iter_rows():
        ways.setdefault(trace_id, {})[span_id] = parent_id
    return ways


def _columns(names: list[str]) -> Iterator[pl.Expr]:
    """What a call takes from its spans, innermost first."""
    has_prompt = pl.any_horizontal(pl.col("prompt_chars", "block_size").is_not_null())
    has_code = pl.any_horizontal(pl.col(_OF_THE_CODE).is_not_null())
    asked = pl.col("tool_call_ids").list.len() > 0
    has_tools = pl.col("tools_offered").list.len() > 0
    yield pl.col("span_id").alias("span_ids")
    for name in names:
        column = pl.col(name)
        if name in _OF_THE_CALL:
            yield column.drop_nulls().first()
        elif name in _OF_THE_PROMPT:  # one span's prompt, never parts of two
            taken = column.filter(has_prompt).first()
            yield taken.fill_null([]) if name in _LISTS_OF_THE_PROMPT else taken
        elif name in _OF_THE_CODE:
            yield column.filter(has_code).first()
        elif name in _OF_THE_TOOLS:
            yield column.filter(has_tools).first().fill_null([])
        elif name == "tools_called":
            yield column.filter(column.list.len() > 0).first().fill_null([])
        elif name == "tool_call_ids":
            yield column.filter(asked).first().fill_null([])
        elif name in CALLS.schema:
            yield column.first()
