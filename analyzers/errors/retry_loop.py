"""Retry loops: one failing action made again and again, or two actions in turns that find out nothing new.

Bad:   `git commit` fails in a hook seven times within six minutes, each time for the same reason: 170 s, and seven
       answers of the model that ask for it; `open page` and `search` take turns, six times, with the same results.
Fine:  a second attempt; one that succeeds after a while of waiting (polling); a rate limit that is tried again; a test
       that fails in another way after each edit; a command that says no by its exit code alone, as grep does.

Needs spans of tools, retrievals, clients or models with status, in the order in which they were made, and their
inputs or messages. The same action is: the same input; the same command apart from quoted texts and flags; nearly the
same arguments, refused word for word alike; or, where inputs are not captured, the same message directly again. It
fails in the same way if the message ends alike, numbers and quotations aside, and its type is the same. A run ends
where the same succeeds. Two actions take turns if an agent makes them in turn with the same inputs and results, three
rounds or more, and never gets another result for them later.

There is doubt that nothing changed where other calls lie between the attempts of a command (an edit-test cycle): one
attempt more is needed; and where the same succeeded in the end or inputs were not captured: two more.

Ignores errors that pass by themselves (rate limit, overload, connection: trying again is right), calls made at the
same time, waiting (`sleep`), and what a client library tries again without a span.

The figure, `calls per trace`, is: attempts in such loops, over all traces with the operation; one attempt for each
loop could not be saved.

Settings:
  min_attempts  in a row, of one action; or rounds of two in turns
  max_between   other calls of the trace between two attempts of one run
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from analyzers.clock import seen
from analyzers.errors.alternation import alternations
from analyzers.errors.asking import Asking, asking
from analyzers.errors.attempts import KINDS, attempts
from analyzers.exhibits import affected, code_anchors, exemplars, newest_revision
from analyzers.finding import Candidate, Metric, Subject, Waste
from analyzers.frames import CALLS, SPANS, Frame
from analyzers.identifiers import SUBJECT, about, named, subject_of
from analyzers.untrusted import Name, Untrusted

READS: Final[tuple[Frame, ...]] = (SPANS, CALLS)
RULE_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Settings:
    min_attempts: int = 3
    max_between: int = 20


_DEFAULTS: Final = Settings()


def detect(spans: pl.LazyFrame, calls: pl.LazyFrame, *, settings: Settings = _DEFAULTS) -> list[Candidate]:
    """One candidate for each operation that loops, and one for each two that take turns."""
    doubt = pl.col("worked_between").cast(pl.Int64) + 2 * (pl.col("unseen") | pl.col("cured"))
    again_and_again = pl.col("length") >= max(settings.min_attempts, 2) + doubt
    not_waiting = ~pl.col("waited")
    no_passing_trouble = ~pl.col("curable")
    says_why = pl.col("says_why")
    loops = _runs(spans, settings).filter(again_and_again & not_waiting & no_passing_trouble & says_why)
    if loops.is_empty():
        return []
    found = _told_once(loops)
    examined = _examined(spans, found)
    groups = _groups(found).join(examined, on=("service", "operation")).sort(SUBJECT)
    return [_candidate(group, found.filter(about(subject_of(group))), calls) for group in groups.to_dicts()]


def measure(
    spans: pl.LazyFrame, calls: pl.LazyFrame, *, subject: Subject, settings: Settings = _DEFAULTS
) -> Metric | None:
    """The figure at one subject, 0 where nothing loops; `None` without a trace of the operation."""
    same = [found for found in detect(spans, calls, settings=settings) if found.subject == subject]
    if same:
        return same[0].evidence.observed
    asked = pl.DataFrame({"service": [str(subject.service)], "operation": [str(subject.operation)]})
    examined = _examined(spans, asked)
    return _metric(0, examined["traces_examined"].item()) if examined.height else None


_OF_A_RUN: Final = ("length", "unseen", "worked_between", "cured", "waited", "curable", "says_why")
_OF_A_CALL: Final = (
    *SUBJECT, "trace_id", "span_id", "start_ns", "end_ns", "clock", "revision", "tool_call_id", "duration_ns",
    "error_message", "code_file", "code_function", "code_line", "run", "rounds",
)  # fmt: skip


def _runs(spans: pl.LazyFrame, settings: Settings) -> pl.DataFrame:
    """The calls of both kinds of runs, with what tells whether theirs is a loop."""
    failing = attempts(spans, max_between=settings.max_between)
    turns = alternations(spans)
    parts = []
    if failing.height:
        parts.append(
            failing.with_columns(
                pl.lit(None, pl.String).alias("detail"),
                pl.lit(None, pl.Int64).alias("rounds"),
                pl.format("attempts {}", "run").alias("run"),
            ).select(*_OF_A_CALL, *_OF_A_RUN)
        )
    if turns.height:
        never = pl.lit(value=False)
        parts.append(
            turns.with_columns(
                pl.max_horizontal("other", "first_operation").alias("detail"),  # whichever came first
                pl.min_horizontal("other", "first_operation").alias("operation"),
                pl.format("turns {}", "run").alias("run"),
                pl.col("rounds").alias("length"),
                (pl.col("goes_on") | pl.col("waits").fill_null(value=False)).alias("waited"),
                pl.lit(value=True).alias("says_why"),
                *(never.alias(column) for column in ("unseen", "worked_between", "cured", "curable")),
            ).select(*_OF_A_CALL, *_OF_A_RUN)
        )
    return pl.concat(parts) if parts else pl.DataFrame(schema=dict.fromkeys((*_OF_A_CALL, *_OF_A_RUN), pl.Boolean))


def _told_once(loops: pl.DataFrame) -> pl.DataFrame:
    """Without turns of two of which one is a failing attempt in a loop of its own."""
    span = ("trace_id", "span_id")
    attempts_made = loops.filter(pl.col("rounds").is_null())
    twice = loops.filter(pl.col("rounds").is_not_null()).join(attempts_made, on=span, how="semi")
    return loops.filter(~pl.col("run").is_in(twice["run"].unique().implode()))


def _groups(found: pl.DataFrame) -> pl.DataFrame:
    return found.group_by(SUBJECT).agg(
        pl.len().alias("attempts"),
        pl.col("run").n_unique().alias("loops"),
        pl.col("trace_id").n_unique().alias("traces"),
        pl.col("length").max().alias("longest"),
        pl.col("rounds").max(),
        pl.col("duration_ns").cast(pl.Float64).sum(),
        pl.col("duration_ns").null_count().alias("untimed"),
        pl.col("unseen").any(),
    )


def _examined(spans: pl.LazyFrame, about_these: pl.DataFrame) -> pl.DataFrame:
    """In how many traces each service's operation was called."""
    known = pl.all_horizontal(pl.col("trace_id", "span_id", "service", "operation", "start_ns", "end_ns").is_not_null())
    counted = (
        spans.filter(known & pl.col("kind").is_in(KINDS))
        .group_by("service", "operation")
        .agg(pl.col("trace_id").n_unique().alias("traces_examined"))
        .collect()
    )
    likely = counted.filter(
        pl.col("operation").str.contains(r"[^\w.-]") | pl.col("operation").is_in(about_these["operation"].implode())
    )
    wanted = about_these.select("service", "operation").unique()
    return (
        named(likely, "service", "operation")
        .group_by("service", "operation")
        .agg(pl.col("traces_examined").sum())
        .join(wanted, on=("service", "operation"), how="semi")
    )


def _metric(attempts_made: int, examined: int) -> Metric:
    return Metric(value=attempts_made / examined, unit="calls per trace", n=examined)


def _candidate(group: dict[str, Any], found: pl.DataFrame, calls: pl.LazyFrame) -> Candidate:
    rows = found.sort("length", "trace_id", "start_ns", "span_id", descending=[True, False, False, False])
    asked = asking(calls, rows)
    examined = group["traces_examined"]
    enough = group["loops"] * (1 if group["rounds"] is None else 2)  # each action once
    wasted = max(group["attempts"] - enough, 0) / group["attempts"]
    seconds = None if group["untimed"] else group["duration_ns"] / 1e9
    first, last = seen(rows)
    return Candidate(
        analyzer="retry-loop",
        rule_version=RULE_VERSION,
        subject=subject_of(group),
        evidence=Waste(
            observed=_metric(group["attempts"], examined),
            achievable=enough / examined,
            occurrences=group["attempts"],
        ),
        problem=_problem(group, asked, seconds),
        e_value=None,
        first_ns=first,
        last_ns=last,
        traces=group["traces"],
        traces_examined=examined,
        cost_usd_per_call=None if asked.cost_usd is None else wasted * asked.cost_usd / examined,
        cost_unknown=asked.cost_unknown,
        seconds_per_call=None if seconds is None else wasted * seconds / examined,
        exemplars=exemplars(rows),
        code=code_anchors(rows),
        revision=newest_revision(rows),
        quotes=tuple(Untrusted(text) for text in rows["error_message"].drop_nulls().head(1).to_list()),
        unknown=_unknown(group, seconds),
        affected=affected(rows),
    )


def _problem(group: dict[str, Any], asked: Asking, seconds: float | None) -> str:
    operation = Name(group["operation"])
    seen_in = f"in {group['traces']:,} of {group['traces_examined']:,} traces"
    lost = [f"{seconds:,.0f} s" if seconds is not None else "", _tokens(asked)]
    spent = " and ".join(filter(None, lost))
    all_of_them = f"{group['attempts']:,} calls in {group['loops']:,} loop{'s' if group['loops'] > 1 else ''} {seen_in}"
    if group["rounds"] is not None:
        other = Name(group["detail"])
        who = f"two calls of {operation}" if other == operation else f"{operation} and {other}"
        what = f"{who} take turns {group['rounds']:,} times with the same results"
    else:
        what = f"{operation} is tried up to {group['longest']:,} times in a row and fails in the same way each time"
    return f"{what}: {all_of_them}{f', {spent}' if spent else ''}"


def _tokens(asked: Asking) -> str:
    return "" if asked.tokens is None else f"{asked.tokens:,} tokens of the model calls that asked for them"


def _unknown(group: dict[str, Any], seconds: float | None) -> tuple[str, ...]:
    return tuple(
        text
        for holds, text in (
            (group["unseen"], "that the attempts asked for the same: inputs were not captured"),
            (seconds is None, "how long the attempts took"),
        )
        if holds
    )
