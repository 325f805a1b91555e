"""Runaway output: answers that run on and on, repeating themselves, far beyond what the operation usually answers.

Bad:   an operation answers with 500 characters; 8 of its 387 answers have 24,000 to 48,000, and pack to a twentieth of
       that because they say the same again and again, until a limit ends them.
Fine:  a long report, a file that an agent writes (long, and it does not repeat itself); an operation whose answers are
       all long; one accident.

Needs the lengths of answers. Where the recording kept the answers (or their packed size), an answer runs away if it is
long, far beyond the usual one and packs into a small part of itself. Where it kept the token counts alone, repetition
is not known: then only answers cut at the length limit count, and the finding says that the length alone speaks.
Ignores failed calls, and what the answers say.

The figure, `share of calls`, is: answers that ran away, over all answers of known length, of one operation and model.
Time and money are those of the calls that ran away, as far as their output exceeds the usual answer's.

Settings:
  min_calls         answers of known length; fewer do not tell what is usual
  min_count         answers that ran away; fewer are accidents
  min_output_share  of all that the operation answered that the runaway answers hold
  min_chars         of a runaway answer; or a fourth as many tokens
  times_usual       how many times the median answer it is as long
  packed_share      of its length that a repeating answer packs into at most (prose packs to a third, code to a fourth)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from analyzers.clock import DURATION_NS, seen
from analyzers.exhibits import CODE, affected, code_anchors, exemplars, newest_revision
from analyzers.finding import Candidate, Metric, Subject, Waste
from analyzers.frames import CALLS, Frame
from analyzers.identifiers import SUBJECT, about, named, subject_of
from analyzers.prompts.finish_reasons import AT_LIMIT
from analyzers.prompts.money import per_call, usd

READS: Final[tuple[Frame, ...]] = (CALLS,)
RULE_VERSION: Final = 1

_CHARS_PER_TOKEN: Final = 4  # of English prose, by OpenAI's help pages; compares the two measures, never a figure


@dataclass(frozen=True, slots=True)
class Settings:
    min_calls: int = 10
    min_count: int = 2
    min_output_share: float = 0.1
    min_chars: int = 8_000
    times_usual: float = 8
    packed_share: float = 0.1


_DEFAULTS: Final = Settings()


def detect(calls: pl.LazyFrame, *, settings: Settings = _DEFAULTS) -> list[Candidate]:
    """One candidate for each service, operation and model with answers that run away."""
    answers = _answers(calls, settings)
    enough_calls = pl.col("calls") >= settings.min_calls
    several = pl.col("runaway") >= settings.min_count
    worth_it = pl.col("output_share") >= settings.min_output_share
    groups = _groups(answers).remove(pl.col("runaway") == 0)
    found = groups.filter(enough_calls & several & worth_it)
    return [_candidate(group, answers.filter(about(subject_of(group)))) for group in found.to_dicts()]


def measure(calls: pl.LazyFrame, *, subject: Subject, settings: Settings = _DEFAULTS) -> Metric | None:
    """The figure at one subject, whatever the conditions say; `None` where no answer's length is known."""
    groups = _groups(_answers(calls, settings).filter(about(subject)))
    return _metric(groups.row(0, named=True)) if groups.height else None


_READ: Final = (
    "trace_id", "span_id", "service", "operation", "start_ns", "end_ns", "clock", "revision", *CODE, "output_tokens",
    "answer_chars", "answer_packed", "cost_unknown", "input_tokens", "cached_tokens", "cache_write_tokens", "cost_usd",
    "input_usd_per_mtok", "cached_usd_per_mtok",
)  # fmt: skip


def _answers(calls: pl.LazyFrame, settings: Settings) -> pl.DataFrame:
    """The answers of known length, with `size` in characters, the `usual` one, and `runaway`."""
    size = pl.coalesce("answer_chars", pl.col("output_tokens").cast(pl.Float64) * _CHARS_PER_TOKEN)
    complete = pl.all_horizontal(pl.col("trace_id", "span_id", "service", "operation").is_not_null())
    rows = (
        calls.filter(complete & pl.col("status").ne_missing("error"))
        .select(
            *_READ,
            pl.col("model").alias("detail"),
            AT_LIMIT.fill_null(value=False).alias("at_limit"),
            size.alias("size"),
        )
        .filter(pl.col("size") > 0)
        .collect()
    )
    usual = pl.col("size").median().over(SUBJECT)
    long = (pl.col("size") >= settings.min_chars) & (pl.col("size") >= settings.times_usual * usual)
    repeats = pl.col("answer_packed") <= settings.packed_share * pl.col("answer_chars")
    runs_on = pl.when(pl.col("answer_packed").is_null()).then("at_limit").otherwise(repeats)
    return named(rows, *SUBJECT).with_columns(
        usual.alias("usual"), (long & runs_on).fill_null(value=False).alias("runaway")
    )


def _groups(answers: pl.DataFrame) -> pl.DataFrame:
    """One row per service, operation and model."""
    runaway = pl.col("runaway")
    size = pl.col("size").filter(runaway)
    return (
        answers.group_by(SUBJECT)
        .agg(
            pl.len().alias("calls"),
            runaway.sum(),
            (size.sum() / pl.col("size").sum()).alias("output_share"),
            size.min().alias("shortest"),
            size.max().alias("longest"),
            pl.col("usual").first(),
            pl.coalesce("output_tokens", pl.col("answer_chars") // _CHARS_PER_TOKEN)
            .filter(~runaway)
            .max()
            .alias("longest_good"),
            pl.col("trace_id").n_unique().alias("traces_examined"),
            pl.col("trace_id").filter(runaway).n_unique().alias("traces"),
            pl.col("answer_packed").filter(runaway).null_count().alias("unread"),
            pl.col("answer_chars").filter(runaway).null_count().alias("uncounted"),
            (pl.col("answer_packed") / pl.col("answer_chars")).filter(runaway).max().alias("packed"),
            DURATION_NS.filter(runaway).min().alias("least_ns"),
            DURATION_NS.filter(runaway).max().alias("most_ns"),
        )
        .sort(SUBJECT)
    )


def _metric(group: dict[str, Any]) -> Metric:
    return Metric(value=group["runaway"] / group["calls"], unit="share of calls", n=group["calls"])


def _candidate(group: dict[str, Any], answers: pl.DataFrame) -> Candidate:
    runaway = answers.filter("runaway").with_columns(_excess_usd().alias("usd"))
    first, last = seen(runaway)
    cost, cost_unknown = usd(runaway, "usd")
    return Candidate(
        analyzer="runaway-output",
        rule_version=RULE_VERSION,
        subject=subject_of(group),
        evidence=Waste(observed=_metric(group), achievable=0.0, occurrences=group["runaway"]),
        problem=_problem(group),
        e_value=None,
        first_ns=first,
        last_ns=last,
        traces=group["traces"],
        traces_examined=group["traces_examined"],
        cost_usd_per_call=per_call(cost, group["calls"]),
        cost_unknown=cost_unknown,
        seconds_per_call=per_call(_excess_seconds(answers), group["calls"]),
        exemplars=exemplars(runaway.sort("size", descending=True, maintain_order=True)),
        code=code_anchors(runaway),
        revision=newest_revision(runaway),
        output_tokens=group["longest_good"],
        unknown=_unknown(group),
        affected=affected(runaway),
    )


def _excess_usd() -> pl.Expr:
    """What the output beyond the usual answer cost: the call's cost without its input, in proportion to the length."""
    cached, written = pl.col("cached_tokens").fill_null(0), pl.col("cache_write_tokens").fill_null(0)
    fresh = (pl.col("input_tokens") - cached) * pl.col("input_usd_per_mtok")
    read = pl.when(cached > 0).then(cached * pl.col("cached_usd_per_mtok")).otherwise(0.0)
    output = pl.when(written == 0).then(pl.col("cost_usd") - (fresh + read) / 1e6)
    return output.clip(lower_bound=0) * (1 - pl.col("usual") / pl.col("size"))


def _excess_seconds(answers: pl.DataFrame) -> float | None:
    """How much longer these calls took than the median call that did not run away."""
    timed = answers.select("runaway", DURATION_NS.cast(pl.Float64).alias("ns"))
    usual = timed.filter(~pl.col("runaway"))["ns"].drop_nulls()
    away = timed.filter("runaway")["ns"]
    if away.null_count() or not len(usual):
        return None
    median = float(usual.sort()[len(usual) // 2])
    return float((away - median).clip(lower_bound=0).sum()) / 1e9


def _problem(group: dict[str, Any]) -> str:
    unit, by = ("tokens", _CHARS_PER_TOKEN) if group["uncounted"] else ("characters", 1)
    lengths = f"{group['shortest'] / by:,.0f} to {group['longest'] / by:,.0f} {unit}"
    if group["unread"]:
        why = "and end at the length limit"
    else:
        why = f"and repeat themselves (they pack into {group['packed']:.1%} of their length or less)"
    took = ""
    if group["least_ns"] is not None:
        took = f"; they take {group['least_ns'] / 1e9:,.1f} to {group['most_ns'] / 1e9:,.1f} s each"
    return (
        f"{group['runaway']:,} of {group['calls']:,} answers run to {lengths} where {group['usual'] / by:,.0f} are "
        f"usual, {why}: {group['output_share']:.0%} of all output, in {group['traces']:,} of "
        f"{group['traces_examined']:,} traces{took}"
    )


def _unknown(group: dict[str, Any]) -> tuple[str, ...]:
    unread = f"whether {group['unread']:,} of them repeat themselves: their texts were not recorded"
    untimed = "how long they took: no end of these calls was recorded"
    return tuple(text for text, holds in ((unread, group["unread"]), (untimed, group["least_ns"] is None)) if holds)
