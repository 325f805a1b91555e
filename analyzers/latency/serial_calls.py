"""Serial calls: independent calls of one trace made one after the other.

Bad:   the model asks for `lookup_order` and `lookup_customer` in one answer; they are made in turn, 80 ms and 70 ms:
       150 ms, where 80 would do.
Fine:  the second call's arguments hold something that the first one found out; the second is made only when the
       first says so; it asks the same again (a poll); the two overlap; the pair is a small part of the trace.

Needs sibling spans of tools, retrievals, clients or models with start and end times, directly one after the other, and
proof that they are independent: both were asked for by one answer of the model (`gen_ai.tool.call.id`, and the
answer's own tool calls), or arguments and results are captured, nothing in the first one's result that was not known
before stands in the second one's arguments, the results differ from time to time, and the second call always follows.
Without proof it says nothing.

Ignores side effects: whether two calls may be made in another order, the recording cannot say. What a person should
check is said in the proposal.

The figure, `ms per trace`, is the mean over all traces with the parent operation of: the time of the calls made in
turn, minus the longest of them.

Settings:
  max_gap_ms        between the end of one call and the beginning of the next, for them to be made in turn
  max_asked_gap_ms  the same, for calls that one answer asked for
  min_traces        in which the same calls were made in turn: a habit of the code, no accident
  min_share         of those traces' duration that could be saved
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from analyzers.clock import LASTING, seen
from analyzers.exhibits import CODE, code_anchors, exemplars, newest_revision
from analyzers.finding import Candidate, Metric, Subject, Waste
from analyzers.frames import CALLS, SPANS, Frame
from analyzers.identifiers import SUBJECT, about, identified, of_traces, subject_of
from analyzers.latency.independent import Gaps, Pace, Run, runs
from analyzers.untrusted import Name

READS: Final[tuple[Frame, ...]] = (SPANS, CALLS)
RULE_VERSION: Final = 1

_KINDS: Final = ("tool", "retrieval", "client", "model")


@dataclass(frozen=True, slots=True)
class Settings:
    max_gap_ms: float = 50
    max_asked_gap_ms: float = 2000
    min_traces: int = 5
    min_share: float = 0.03


_DEFAULTS: Final = Settings()
_AS_RECORDED: Final[Pace] = {}


def detect(spans: pl.LazyFrame, calls: pl.LazyFrame, *, settings: Settings = _DEFAULTS) -> list[Candidate]:
    """One candidate for each parent operation and sequence of operations under it."""
    lasting = _lasting(spans)
    in_turn = _in_turn(lasting, calls, settings, least_traces=settings.min_traces)
    if in_turn.is_empty():
        return []
    habit = pl.col("traces") >= settings.min_traces
    worth_it = pl.col("saving_ns") >= settings.min_share * pl.col("trace_ns")
    always_follows = pl.col("asked_together") | ((pl.col("results") > 1) & (pl.col("without") == 0))
    found = _groups(in_turn, identified(lasting.select(_FAMILY))).filter(habit & worth_it & always_follows)
    return [_candidate(group, in_turn) for group in found.to_dicts()]


def pace(spans: pl.LazyFrame, calls: pl.LazyFrame) -> Pace:
    """What a call of each operation takes, in the median: with it two recordings differ by the order of calls alone."""
    del calls
    taken = identified(_lasting(spans.filter(pl.col("kind").is_in(_KINDS))).select(_FAMILY)).with_columns(
        (pl.col("end_ns") - pl.col("start_ns")).alias("taken_ns")
    )
    medians = taken.group_by("service", "operation").agg(pl.col("taken_ns").median().round().cast(pl.Int64))
    return {(service, operation): taken_ns for service, operation, taken_ns in medians.iter_rows()}


def measure(
    spans: pl.LazyFrame,
    calls: pl.LazyFrame,
    *,
    subject: Subject,
    settings: Settings = _DEFAULTS,
    pace: Pace = _AS_RECORDED,
) -> Metric | None:
    """The figure at one subject, whatever the conditions say; `None` without a trace of the parent operation."""
    lasting = _lasting(spans)
    examined = identified(lasting.select(_FAMILY)).filter(
        (pl.col("service") == str(subject.service)) & (pl.col("operation") == str(subject.operation))
    )
    if examined.is_empty():
        return None
    here = _in_turn(lasting, calls, settings, pace=pace).filter(about(subject))
    return _metric(int(here["saving_ns"].sum()), examined["trace_id"].n_unique())


_FAMILY: Final = ("trace_id", "span_id", "parent_id", "service", "operation", "start_ns", "end_ns")


def _lasting(spans: pl.LazyFrame) -> pl.LazyFrame:
    """The spans that a duration can be read from."""
    return spans.filter(LASTING & (pl.col("end_ns") >= pl.col("start_ns")))


def _in_turn(
    lasting: pl.LazyFrame,
    calls: pl.LazyFrame,
    settings: Settings,
    *,
    least_traces: int = 0,
    pace: Pace = _AS_RECORDED,
) -> pl.DataFrame:
    """One row per run: its first span, what it did, what running it together would save, and its trace's duration."""
    gaps = Gaps(max_ns=round(settings.max_gap_ms * 1e6), max_asked_ns=round(settings.max_asked_gap_ms * 1e6))
    found = runs(lasting, calls, kinds=_KINDS, gaps=gaps, least_traces=least_traces)
    first = pl.DataFrame([_row(run, pace) for run in found], schema=_RUNS)
    there = identified(of_traces(lasting, first["trace_id"].unique()).select(*_FAMILY, "revision", *CODE))
    parents = there.select(
        "trace_id",
        pl.col("span_id").alias("parent_id"),
        "service",
        "operation",
        (pl.col("end_ns").max() - pl.col("start_ns").min()).over("trace_id").alias("trace_ns"),
        "revision",
        *(pl.col(column).alias("parent_" + column) for column in CODE),
    )
    return first.join(parents, on=("trace_id", "parent_id"), maintain_order="left")


_RUNS: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "trace_id": pl.String,
    "parent_id": pl.String,
    "span_id": pl.String,
    "start_ns": pl.Int64,
    "clock": pl.String,
    "detail": pl.String,
    "first": pl.String,
    "last": pl.String,
    "saving_ns": pl.Int64,
    "asked_together": pl.Boolean,
    "result": pl.UInt64,  # of all calls but the last
    **{column: SPANS.schema[column] for column in CODE},
}


def _row(run: Run, pace: Pace) -> dict[str, Any]:
    operations = [call["operation"] for call in run.calls]
    return {
        **run.calls[0],
        "detail": Name(", ".join(dict.fromkeys(operations) if len(set(operations)) > 1 else operations[:2])),
        "first": operations[0],
        "last": operations[-1],
        "saving_ns": run.saving_ns(pace),
        "asked_together": run.asked_together,
        "result": hash(tuple(call["output"] for call in run.calls[:-1])) & 0xFFFFFFFFFFFFFFFF,
    }


def _groups(in_turn: pl.DataFrame, recorded: pl.DataFrame) -> pl.DataFrame:
    """One row per parent operation and sequence, with how often the first call stood `without` the last."""
    subjects = recorded.join(in_turn, on=("service", "operation"), how="semi")
    examined = subjects.group_by("service", "operation").agg(pl.col("trace_id").n_unique().alias("traces_examined"))
    per_trace = in_turn.unique((*SUBJECT, "trace_id"), keep="first", maintain_order=True)
    durations = per_trace.group_by(SUBJECT).agg(pl.col("trace_ns").sum())
    groups = (
        in_turn.group_by(SUBJECT)
        .agg(
            pl.len().alias("runs"),
            pl.col("trace_id").n_unique().alias("traces"),
            pl.col("saving_ns").sum(),
            pl.col("asked_together").all(),
            pl.col("result").n_unique().alias("results"),
            pl.col("first", "last").first(),
        )
        .join(durations, on=SUBJECT)
        .join(examined, on=("service", "operation"))
        .sort(SUBJECT)
    )
    return groups.join(_without(groups, recorded), on=SUBJECT, how="left")


def _without(groups: pl.DataFrame, recorded: pl.DataFrame) -> pl.DataFrame:
    """Parents that made the first call of a sequence and never the last one."""
    parents = recorded.join(groups, on=("service", "operation"), how="semi").select(
        "trace_id", pl.col("span_id").alias("parent_id"), "service", "operation"
    )
    made = (
        recorded.join(parents, on=("trace_id", "parent_id"), how="semi")
        .group_by("trace_id", "parent_id")
        .agg(pl.col("operation").unique().alias("made"))
        .join(parents, on=("trace_id", "parent_id"))
    )
    return (
        groups.select(*SUBJECT, "first", "last")
        .join(made, on=("service", "operation"))
        .group_by(SUBJECT)
        .agg(
            (pl.col("made").list.contains(pl.col("first")) & ~pl.col("made").list.contains(pl.col("last")))
            .sum()
            .alias("without")
        )
    )


def _metric(saving_ns: int, examined: int) -> Metric:
    return Metric(value=saving_ns / 1e6 / examined, unit="ms per trace", n=examined)


def _candidate(group: dict[str, Any], runs: pl.DataFrame) -> Candidate:
    subject = subject_of(group)
    in_turn = runs.filter(about(subject))
    observed = _metric(group["saving_ns"], group["traces_examined"])
    first, last = seen(in_turn)
    return Candidate(
        analyzer="serial-calls",
        rule_version=RULE_VERSION,
        subject=subject,
        evidence=Waste(observed=observed, achievable=0.0, occurrences=group["runs"]),
        problem=_problem(group, subject),
        e_value=None,
        first_ns=first,
        last_ns=last,
        traces=group["traces"],
        traces_examined=group["traces_examined"],
        cost_usd_per_call=None,
        cost_unknown="waiting has no list price",
        seconds_per_call=observed.value / 1000,
        exemplars=exemplars(in_turn.sort("saving_ns", descending=True, maintain_order=True)),
        code=(*code_anchors(in_turn, "parent_"), *code_anchors(in_turn)),
        revision=newest_revision(in_turn),
        unknown=("whether the calls have side effects that need this order",),
    )


def _problem(group: dict[str, Any], subject: Subject) -> str:
    proof = "one answer asked for all" if group["asked_together"] else "none needs the other's result"
    return (
        f"{subject.detail} run in turn in {group['traces']:,} of {group['traces_examined']:,} traces though {proof}; "
        f"together they save {group['saving_ns'] / 1e6 / group['traces']:,.0f} ms a trace "
        f"({group['saving_ns'] / group['trace_ns']:.1%})"
    )
