"""Missing time-out: calls that hang for minutes, and nothing of the application's ends them.

Bad:   a model call ends well after 77 minutes, where 130 others took 20 s at most; a call ends after 300.03 s without
       one token, where others take 7 s: somebody else's time-out of five minutes ended it.
Fine:  an agent or a workflow that runs for an hour; a test suite that takes three minutes where others take one; a
       call that ends in an error; a stream beside which other work goes on; a question that a person answers.

Needs spans of models, tools, clients, retrievals, embeddings or inner workflow steps, with start and end, and other
calls to compare with: of the same service and operation, numbers in its name aside. What such a span's children
do is not its own time, and time in which anything else of its trace is at work does not count.

A call hangs if it lasts for minutes and many times as long as nearly all others; or many times as long, and ends just
at a round limit (30, 60, 300 s, ...) where several calls end and few near it, or where not one token came out.

Ignores calls in error: those were ended, and an error says so. Says nothing of operations that often take minutes.

The figure, `ms per call`, is the time in calls that hang, over all calls of the operation. What is achievable is as
much as the others take (their 95th percentile): a bound, since an answer might have been worth waiting for.

Settings:
  min_seconds  that a call lasts to hang wherever it ends
  min_times    as long as 95 of 100 others take
  min_others   calls to compare with
  min_piled    calls at one round limit, and no fewer than near it
  max_share    of the calls that hang: above, long calls are the operation's way
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from analyzers.clock import LASTING, seen
from analyzers.exhibits import affected, code_anchors, exemplars, newest_revision
from analyzers.finding import Candidate, Metric, Subject, Waste
from analyzers.frames import CALLS, SPANS, Frame
from analyzers.identifiers import SUBJECT, about, identified, named, of_traces, subject_of
from analyzers.latency.alone import alone_ns
from analyzers.latency.person import waits_for_a_person
from analyzers.latency.round_limits import is_near, limit_of, may_be_near
from analyzers.latency.told import told
from analyzers.latency.tree import Rows, parents
from analyzers.latency.waiting import doubled, listens, models

READS: Final[tuple[Frame, ...]] = (SPANS, CALLS)
RULE_VERSION: Final = 1

_NS: Final = 1_000_000_000
_CALLS: Final = ("model", "tool", "client", "retrieval", "embedding")


@dataclass(frozen=True, slots=True)
class Settings:
    min_seconds: float = 120
    min_times: float = 10
    min_others: int = 5
    min_piled: int = 3
    max_share: float = 0.2


_DEFAULTS: Final = Settings()


def detect(spans: pl.LazyFrame, calls: pl.LazyFrame, *, settings: Settings = _DEFAULTS) -> list[Candidate]:
    """One candidate for each operation of which calls hang."""
    long = _long(spans, calls, settings)
    if long.is_empty():
        return []
    hung = _hung(long, _alike(spans, long), settings)
    compared = pl.col("others") >= settings.min_others
    rare = pl.col("hung") <= settings.max_share * pl.col("calls")
    for_no_person = ~waits_for_a_person(pl.col("operation"))
    found = _groups(hung).filter(compared & rare & for_no_person)
    return [_candidate(group, hung, spans) for group in found.to_dicts()]


def measure(
    spans: pl.LazyFrame, calls: pl.LazyFrame, *, subject: Subject, settings: Settings = _DEFAULTS
) -> Metric | None:
    """The figure at one subject, whatever the conditions say; `None` without a call of the operation."""
    operations = _printed(spans).filter(about(subject))
    if operations.is_empty():
        return None
    alike = _alike(spans, operations)
    hung = _hung(_long(spans, calls, settings), alike, settings).filter(about(subject))
    return _metric(int(hung["own_ns"].cast(pl.Int128).sum()), alike.height)


_LASTED: Final = pl.col("end_ns") - pl.col("start_ns")


def _lasting(spans: pl.LazyFrame) -> pl.LazyFrame:
    needed = pl.col("trace_id", "span_id", "service", "operation", "start_ns", "end_ns")
    return spans.filter(pl.all_horizontal(needed.is_not_null()) & LASTING & (_LASTED >= 0))


def _ended_well(spans: pl.LazyFrame) -> pl.LazyFrame:
    """Calls, and steps within a workflow, that are not in error."""
    is_step = (pl.col("kind") == "workflow") & pl.col("parent_id").is_not_null()
    of_kind = pl.col("kind").is_in(_CALLS) | is_step
    return _lasting(spans).filter(of_kind & pl.col("status").ne_missing("error"))


def _long(spans: pl.LazyFrame, calls: pl.LazyFrame, settings: Settings) -> pl.DataFrame:
    """Calls that last for minutes or end at a round limit: their time alone at work, their tokens, their limit."""
    minutes = settings.min_seconds * _NS <= _LASTED
    found = _ended_well(spans).filter(minutes | limit_of(_LASTED).is_not_null())
    wanted = found.select("trace_id", "span_id", wanted=pl.lit(value=True)).unique(("trace_id", "span_id")).collect()
    traces = wanted["trace_id"].unique()
    rows = identified(of_traces(_lasting(spans), traces).select(*_READ))
    made = of_traces(calls, traces)
    told = made.select("trace_id", "span_id", "output_tokens").unique(("trace_id", "span_id"), keep="first").collect()
    return (
        rows.with_columns(
            pl.Series("own_ns", _alone(rows, made)),
            _LASTED.alias("lasted_ns"),
            limit_of(_LASTED).alias("limit"),
            _alike_name().alias("alike"),
            pl.lit(None, pl.String).alias("detail"),
        )
        .join(wanted, on=("trace_id", "span_id"), how="semi", maintain_order="left")
        .join(told, on=("trace_id", "span_id"), how="left", maintain_order="left")
    )


_READ: Final = (
    "trace_id", "span_id", "parent_id", "service", "operation", "kind", "start_ns", "end_ns", "clock",
)  # fmt: skip


def _alone(rows: pl.DataFrame, calls: pl.LazyFrame) -> Rows:
    """Each span's time alone at work; what clients do below a model call is the model's."""
    above = parents(rows)
    own = np.zeros(len(above), dtype=np.int64)
    np.add.at(own, models(rows, above), alone_ns(rows, above, listens(rows, above) | doubled(rows, calls)))
    return own


def _alike_name() -> pl.Expr:
    """The operation, numbers in it aside: `Step 5` is like `Step 6`."""
    return pl.col("operation").str.replace_all(r"\d+", "0")


def _printed(spans: pl.LazyFrame) -> pl.DataFrame:
    """Every operation as recorded, as printed, and as what it is compared with."""
    raw = _ended_well(spans).select("service", "operation").unique().collect()
    return (
        named(raw.with_columns(raw_service="service", raw_operation="operation"), "service", "operation")
        .with_columns(_alike_name().alias("alike"), pl.lit(None, pl.String).alias("detail"))
        .sort("raw_service", "raw_operation")
    )


def _alike(spans: pl.LazyFrame, wanted: pl.DataFrame) -> pl.DataFrame:
    """All calls like those: their `service`, what they are `alike`, and how long each lasted."""
    operations = _printed(spans).join(wanted, on=("service", "alike"), how="semi")
    compared = operations.lazy().select("raw_service", "raw_operation", named_service="service", alike="alike")
    return (
        _ended_well(spans)
        .select("service", "operation", _LASTED.alias("lasted_ns"))
        .join(compared, left_on=("service", "operation"), right_on=("raw_service", "raw_operation"))
        .select(pl.col("named_service").alias("service"), "alike", "lasted_ns")
        .collect()
    )


def _hung(long: pl.DataFrame, alike: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """The calls that hang, each with how many are alike, and how long nearly all `others` take."""
    key = ("service", "alike")
    short = (settings.min_seconds * _NS > _LASTED_ALIKE) & limit_of(_LASTED_ALIKE).is_null()
    others = alike.group_by(key).agg(
        pl.len().alias("calls"),
        short.sum().alias("others"),
        _LASTED_ALIKE.filter(short).quantile(0.95, "higher").fill_null(0).alias("typical_ns"),
    )
    at_limit = long.drop_nulls("limit").group_by(*key, "limit").len("piled")
    near = (
        at_limit.join(alike.filter(may_be_near(_LASTED_ALIKE)), on=key)
        .group_by(*key, "limit")
        .agg(pl.col("piled").first(), is_near(_LASTED_ALIKE, pl.col("limit")).sum().alias("near"))
    )
    minutes = pl.col("own_ns") >= settings.min_seconds * _NS
    piled = (pl.col("piled") >= settings.min_piled) & (2 * pl.col("piled") >= pl.col("near"))
    nothing_came = pl.col("limit").is_not_null() & (pl.col("output_tokens") == 0)
    far_beyond = pl.col("own_ns") >= settings.min_times * pl.col("typical_ns")
    ended = (piled | nothing_came).fill_null(value=False)
    return (
        long.join(others, on=key)
        .join(near, on=(*key, "limit"), how="left")
        .filter(far_beyond & (minutes | ended))
        .with_columns(pl.when(ended).then("limit").alias("limit"))
        .sort("own_ns", "trace_id", "span_id", descending=[True, False, False])
    )


_LASTED_ALIKE: Final = pl.col("lasted_ns")


def _groups(hung: pl.DataFrame) -> pl.DataFrame:
    return (
        hung.group_by(SUBJECT)
        .agg(
            pl.col("calls", "others", "typical_ns").first(),
            pl.len().alias("hung"),
            pl.col("trace_id").n_unique().alias("traces"),
            pl.col("own_ns").cast(pl.Int128).sum(),
            pl.col("lasted_ns").max().alias("longest_ns"),
            pl.col("limit").drop_nulls().mode().min().alias("limit"),
            pl.col("limit").count().alias("at_limits"),
            (pl.col("output_tokens") == 0).sum().alias("empty"),
        )
        .sort(SUBJECT)
    )


def _metric(own_ns: int, calls: int) -> Metric:
    return Metric(value=own_ns / 1e6 / calls, unit="ms per call", n=calls)


def _candidate(group: dict[str, Any], hung: pl.DataFrame, spans: pl.LazyFrame) -> Candidate:
    subject = subject_of(group)
    here = hung.filter(about(subject))
    shown, examined = told(spans, here), _traces_of(spans, subject)
    first, last = seen(here)
    observed = _metric(group["own_ns"], group["calls"])
    achievable = _metric(group["hung"] * group["typical_ns"], group["calls"]).value
    return Candidate(
        analyzer="missing-timeout",
        rule_version=RULE_VERSION,
        subject=subject,
        evidence=Waste(observed=observed, achievable=achievable, occurrences=group["hung"]),
        problem=_problem(group, subject),
        e_value=None,
        first_ns=first,
        last_ns=last,
        traces=group["traces"],
        traces_examined=examined,
        cost_usd_per_call=None,
        cost_unknown="waiting has no list price",
        seconds_per_call=(observed.value - achievable) / 1000,
        exemplars=exemplars(here),
        code=code_anchors(shown),
        revision=newest_revision(shown),
        unknown=("what the calls waited for", "whether their answers were worth the wait"),
        affected=affected(here),
    )


def _traces_of(spans: pl.LazyFrame, subject: Subject) -> int:
    """In how many traces the operation was called."""
    raw = _printed(spans).filter(about(subject)).lazy().select(service="raw_service", operation="raw_operation")
    there = _ended_well(spans).join(raw, on=("service", "operation"), how="semi")
    return int(there.select(pl.col("trace_id").n_unique()).collect().item())


def _problem(group: dict[str, Any], subject: Subject) -> str:
    text = (
        f"{group['hung']:,} of {group['calls']:,} calls of {subject.operation} hang for up to "
        f"{group['longest_ns'] / _NS:,.2f} s, where 95% of the others end within {group['typical_ns'] / _NS:,.2f} s"
    )
    if group["at_limits"]:
        text += f"; {group['at_limits']:,} end just at {group['limit']:,} s, as somebody else's time-out would"
    if group["empty"]:
        text += f"; {group['empty']:,} return no token"
    return text
