"""Critical path: one step takes most of a trace's time, far more than its like.

Bad:   of three sub-agents one takes 780 of the trace's 1,000 seconds, the others 180 and 50; the answer to a prompt
       into which a tool wrote 120,000 characters takes 30 s, the two answers before it 3 s each.
Fine:  a trace of one model call; twenty calls of 10 s each; a long step beside which other work goes on; a step of two
       seconds; an answer ten times as long that takes ten times as long; a question that a person answers.

Needs spans with start, end and parent. A step's time is its own: while it runs, none of its children does, and nothing
else of the trace. So the rest is untouched by it, and without the step the trace would be at least that much shorter,
as long as nothing that ran beside it depends on it. Waiting is the callee's: what a client span waits for belongs to
the service that it calls, or to the model call above it. A listener beside the work (a request's outer half, a poll) is
no step.

Compares the longest step with the other steps of its kind (models with models, tools with tools) in the same trace.
Ignores traces without others to compare with: there the step is simply the work. Says nothing of why it takes so long,
nor of gaps that no span covers, of roots, and of recordings without times.

The figure, `ms per trace`, is the mean over all traces with the operation: the longest of its steps, alone at work.

Settings:
  min_seconds  that the step takes, on average over the traces that it leads
  min_share    of the duration of the traces that it leads
  min_times    as long as the median of the other steps of its kind
  min_others   steps of its kind in the same trace, to compare with
  min_usual    share of the operation's traces that it leads: below, those are exceptions
  same_pace    an answer that takes less than this many times as long per output token as the others is only longer
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
from analyzers.latency.told import told
from analyzers.latency.tree import Flags, Rows, parents
from analyzers.latency.waiting import credited, doubled, listens

READS: Final[tuple[Frame, ...]] = (SPANS, CALLS)
RULE_VERSION: Final = 1

_NS: Final = 1e9


@dataclass(frozen=True, slots=True)
class Settings:
    min_seconds: float = 10
    min_share: float = 0.5
    min_times: float = 4
    min_others: int = 2
    min_usual: float = 0.5
    same_pace: float = 2


_DEFAULTS: Final = Settings()


def detect(spans: pl.LazyFrame, calls: pl.LazyFrame, *, settings: Settings = _DEFAULTS) -> list[Candidate]:
    """One candidate for each operation that leads the time of its traces."""
    steps = _longest(_lasting(spans), calls, _promising(_lasting(spans), settings), settings)
    worth_waiting = pl.col("leading_ns") >= settings.min_seconds * _NS * pl.col("traces")
    clear_share = pl.col("leading_ns") >= settings.min_share * pl.col("trace_ns")
    out_of_proportion = pl.col("compared_ns") >= settings.min_times * pl.col("typical_ns")
    usual = pl.col("traces") >= settings.min_usual * pl.col("traces_examined")
    not_only_longer = 2 * pl.col("only_longer") <= pl.col("traces")
    for_no_person = ~waits_for_a_person(pl.col("operation"))
    found = _groups(steps).filter(
        worth_waiting & clear_share & out_of_proportion & usual & not_only_longer & for_no_person
    )
    return [_candidate(group, steps, spans) for group in found.to_dicts()]


def measure(
    spans: pl.LazyFrame, calls: pl.LazyFrame, *, subject: Subject, settings: Settings = _DEFAULTS
) -> Metric | None:
    """The figure at one subject, whatever the conditions say; `None` without a trace of the operation."""
    lasting = _lasting(spans)
    steps = _longest(lasting, calls, _with_operation(lasting, subject), settings).filter(about(subject))
    return None if steps.is_empty() else _metric(int(steps["own_ns"].cast(pl.Int128).sum()), steps.height)


def _lasting(spans: pl.LazyFrame) -> pl.LazyFrame:
    return spans.filter(LASTING & (pl.col("end_ns") >= pl.col("start_ns")))


def _promising(lasting: pl.LazyFrame, settings: Settings) -> pl.Series:
    """Traces of the operations that take part, as often as they must, in traces that a step may lead."""
    traces = _led(lasting, settings)
    if traces.is_empty():
        return traces
    there = pl.col("trace_id").is_in(traces.implode())
    operations = (
        lasting.group_by("service", "operation")
        .agg(pl.col("trace_id").n_unique().alias("all"), pl.col("trace_id").filter(there).n_unique().alias("some"))
        .filter((pl.col("some") > 0) & (pl.col("some") >= settings.min_usual * pl.col("all")))
        .select("service", "operation")
    )
    return _traces_of(lasting, operations)


def _led(lasting: pl.LazyFrame, settings: Settings) -> pl.Series:
    """Traces with a span that, without its longest child, takes half of what a leading step must, or more.

    Half, since what a callee does and what is waited for it are two spans' time. All other traces are left out before
    anything of them is sorted or joined.
    """
    lasted = pl.col("end_ns") - pl.col("start_ns")
    to_compare = pl.len() >= settings.min_others + 2  # beside the step and the root
    whole = (
        lasting.group_by("trace_id")
        .agg((pl.col("end_ns").max() - pl.col("start_ns").min()).alias("trace_ns"), to_compare.alias("to_compare"))
        .filter("to_compare")
        .select("trace_id", "trace_ns")
    )
    enough = pl.max_horizontal(settings.min_seconds * _NS, settings.min_share * pl.col("trace_ns")) / 2
    long = (
        lasting.filter((lasted >= settings.min_seconds * _NS / 2) & pl.col("parent_id").is_not_null())
        .select("trace_id", "span_id", lasted.alias("lasted_ns"))
        .join(whole, on="trace_id")
        .filter(pl.col("lasted_ns") >= enough)
        .collect()
    )
    children = (
        of_traces(lasting, long["trace_id"].unique())
        .group_by("trace_id", pl.col("parent_id").alias("span_id"))
        .agg(lasted.max().clip(lower_bound=0).alias("child_ns"))
        .collect()
    )
    own = pl.col("lasted_ns") - pl.col("child_ns").fill_null(0)
    led = long.join(children, on=("trace_id", "span_id"), how="left").filter(own >= enough)
    return led["trace_id"].unique()


def _with_operation(lasting: pl.LazyFrame, subject: Subject) -> pl.Series:
    every = lasting.select("service", "operation").unique().drop_nulls().collect()
    printed = named(every, "service", "operation")
    there = (printed["service"] == str(subject.service)) & (printed["operation"] == str(subject.operation))
    return _traces_of(lasting, every.filter(there).lazy())


def _traces_of(lasting: pl.LazyFrame, operations: pl.LazyFrame) -> pl.Series:
    found = lasting.join(operations, on=("service", "operation"), how="semi").select(pl.col("trace_id").unique())
    return found.collect()["trace_id"]


def _longest(lasting: pl.LazyFrame, calls: pl.LazyFrame, traces: pl.Series, settings: Settings) -> pl.DataFrame:
    """One row per operation and trace: its longest step, whether it `leads` the trace, and how long its like takes."""
    rows = identified(of_traces(lasting, traces).select(_READ))
    above = parents(rows)
    made = of_traces(calls, traces)
    again = doubled(rows, made)
    found = (
        _with_model(rows, made)
        .with_columns(
            pl.Series("own_ns", _own(rows, above, again)),
            pl.Series("above", above),
            pl.Series("again", again),
            (pl.col("end_ns") - pl.col("start_ns")).alias("lasted_ns"),
            (pl.col("end_ns").max() - pl.col("start_ns").min()).over("trace_id").alias("trace_ns"),
        )
        .with_row_index("row")
        .with_columns(pl.col("row").cast(pl.Int64))
    )
    longest = (
        found.filter(pl.col("above") != pl.col("row"))
        .sort("own_ns", "row", descending=[True, False])
        .unique((*SUBJECT, "trace_id"), keep="first", maintain_order=True)
    )
    first = (pl.int_range(pl.len()).over("trace_id") == 0) & (pl.col("own_ns") > 0)
    leading = longest.with_columns(first.alias("leads"))
    return leading.join(_like(leading.filter("leads"), found, settings), on="row", how="left", maintain_order="left")


_READ: Final = (
    "trace_id", "span_id", "parent_id", "service", "operation", "kind", "start_ns", "end_ns", "clock",
)  # fmt: skip


def _with_model(rows: pl.DataFrame, calls: pl.LazyFrame) -> pl.DataFrame:
    """`detail`, the model, and `tokens` that it put out."""
    told = (
        calls.select("trace_id", "span_id", pl.col("model").alias("detail"), pl.col("output_tokens").alias("tokens"))
        .unique(("trace_id", "span_id"), keep="first", maintain_order=True)
        .collect()
    )
    return rows.join(named(told, "detail"), on=("trace_id", "span_id"), how="left", maintain_order="left")


def _own(rows: pl.DataFrame, above: Rows, again: Flags) -> Rows:
    """Each span's time alone at work, with what others waited for it."""
    own = np.zeros(len(above), dtype=np.int64)
    np.add.at(own, credited(rows, above), alone_ns(rows, above, listens(rows, above) | again))
    return own


def _like(leading: pl.DataFrame, found: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """For each leading step: the median of the other innermost steps of its kind, and whether it is `only_longer`."""
    kinds = found.select(pl.col("row").alias("above"), pl.col("kind").alias("outer"))
    wrapping = (
        found.filter(pl.col("above") != pl.col("row"))
        .join(kinds, on="above")
        .filter(pl.col("kind").eq_missing(pl.col("outer")))["above"]
        .unique()
    )
    is_root = pl.col("above") == pl.col("row")
    innermost = found.filter(~is_root & ~pl.col("again") & ~pl.col("row").is_in(wrapping.implode()))
    pace = pl.col("lasted_ns") / pl.when(pl.col("tokens") > 0).then("tokens")
    others = innermost.select("trace_id", "kind", pl.col("row").alias("other"), "lasted_ns", pace.alias("pace"))
    return (
        leading.select("row", "trace_id", "kind", pace.alias("own_pace"))
        .join(others, on=("trace_id", "kind"), nulls_equal=True)
        .filter(pl.col("other") != pl.col("row"))
        .group_by("row")
        .agg(
            pl.col("own_pace").first(),
            pl.len().alias("others"),
            pl.col("lasted_ns").median().alias("typical_ns"),
            pl.col("pace").median(),
        )
        .filter(pl.col("others") >= settings.min_others)
        .select(
            "row",
            "typical_ns",
            (pl.col("own_pace") < settings.same_pace * pl.col("pace")).fill_null(value=False).alias("only_longer"),
        )
    )


def _groups(steps: pl.DataFrame) -> pl.DataFrame:
    """One row per operation that leads some trace."""
    leads, compared = pl.col("leads"), pl.col("leads") & pl.col("typical_ns").is_not_null()
    own = pl.col("own_ns").cast(pl.Int128)  # a few absurd times exceed 64 bits
    normal = pl.min_horizontal(pl.col("typical_ns").fill_null(0), "own_ns").filter(leads).sum()
    return (
        steps.group_by(SUBJECT)
        .agg(
            pl.len().alias("traces_examined"),
            leads.sum().alias("traces"),
            own.sum(),
            own.filter(leads).sum().alias("leading_ns"),
            pl.col("trace_ns").cast(pl.Int128).filter(leads).sum(),
            own.filter(compared).sum().alias("compared_ns"),
            pl.when(compared.any()).then(pl.col("typical_ns").filter(compared).sum()).alias("typical_ns"),
            compared.sum().alias("compared"),
            pl.col("only_longer").fill_null(value=False).filter(leads).sum(),
            normal.alias("normal_ns"),
        )
        .filter(pl.col("traces") > 0)
        .sort(SUBJECT)
    )


def _metric(own_ns: int, examined: int) -> Metric:
    return Metric(value=own_ns / 1e6 / examined, unit="ms per trace", n=examined)


def _candidate(group: dict[str, Any], steps: pl.DataFrame, spans: pl.LazyFrame) -> Candidate:
    subject = subject_of(group)
    leading = steps.filter(about(subject) & pl.col("leads")).sort("own_ns", "row", descending=[True, False])
    shown = told(spans, leading)
    first, last = seen(leading)
    saving_ns = group["leading_ns"] - group["normal_ns"]
    observed = _metric(group["own_ns"], group["traces_examined"])
    achievable = (group["own_ns"] - saving_ns) / 1e6 / group["traces_examined"]
    return Candidate(
        analyzer="critical-path",
        rule_version=RULE_VERSION,
        subject=subject,
        evidence=Waste(observed=observed, achievable=achievable, occurrences=group["traces"]),
        problem=_problem(group, subject),
        e_value=None,
        first_ns=first,
        last_ns=last,
        traces=group["traces"],
        traces_examined=group["traces_examined"],
        cost_usd_per_call=None,
        cost_unknown="waiting has no list price",
        seconds_per_call=(observed.value - achievable) / 1000,
        exemplars=exemplars(leading),
        code=code_anchors(shown),
        revision=newest_revision(shown),
        unknown=(
            "why the step takes so long",
            "whether it can take as long as the others of its kind: what is said to be achievable is a bound",
        ),
        affected=affected(leading),
    )


def _problem(group: dict[str, Any], subject: Subject) -> str:
    traces = group["traces"]
    own, whole = group["leading_ns"] / _NS / traces, group["trace_ns"] / _NS / traces
    typical = group["typical_ns"] / _NS / group["compared"]
    where = f"in {traces:,} of {group['traces_examined']:,} traces" if group["traces_examined"] > 1 else "of the trace"
    return (
        f"one step of {subject.operation} takes {own:,.1f} of {whole:,.1f} s ({own / whole:.0%}) {where} with nothing "
        f"else at work, where other steps of its kind take {typical:,.1f} s; without it a trace would be at least "
        f"{own:,.1f} s shorter"
    )
