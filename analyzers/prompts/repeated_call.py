"""Repeated calls: the same request is sent again although it was answered already.

Bad:   of 40 calls of a session 37 send one of two prompts, 21 and 16 times; a tool is called 9 times with the same
       arguments and gives the same result each time.
Fine:  another attempt after an error or an empty answer; several answers to one prompt asked for at the same time; a
       tool whose result changes (it is polled, or something happened in between); the same question of two users.

Needs the hash of the whole recorded prompt, or a tool's captured input and output. Model calls are the same by service,
operation, model and recorded prompt, within one session, else one trace; tool calls by service, operation, input and
output within one trace. A call is a repetition if the same call had ended before it began. Where ends are not recorded,
the order of the starts decides.

Whether a model's answer could be kept and used again is said only where every answer to the prompt was the same and the
model is known: a recording may hold the text alone, without temperature, tools or format, and answers that differ may
be wanted. Ignores short prompts, tools whose output is empty or differs, calls in error, and calls of different
sessions.

The figure, `share of calls`, is: repetitions, over all calls of the operation that can be compared.

Settings:
  min_repeats    repetitions of the operation
  min_share      of its calls
  min_times      that the most repeated request was sent
  min_chars      of the repeated prompts, the mean; shorter ones cost nothing to send again
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from analyzers.clock import DURATION_NS, LASTING, seen
from analyzers.exhibits import CODE, affected, code_anchors, exemplars, newest_revision
from analyzers.finding import Candidate, Metric, Subject, Waste
from analyzers.frames import CALLS, SPANS, Frame
from analyzers.identifiers import SUBJECT, about, named, subject_of
from analyzers.prompts.conversations import WHOLE
from analyzers.usage.quantities import NS

READS: Final[tuple[Frame, ...]] = (SPANS, CALLS)
RULE_VERSION: Final = 1

_PROMPT: Final = "identical prompt"
_TOOL: Final = "same input and result"


@dataclass(frozen=True, slots=True)
class Settings:
    min_repeats: int = 5
    min_share: float = 0.1
    min_times: int = 4
    min_chars: int = 200


_DEFAULTS: Final = Settings()


def detect(spans: pl.LazyFrame, calls: pl.LazyFrame, *, settings: Settings = _DEFAULTS) -> list[Candidate]:
    """One candidate for each operation whose calls are repeated."""
    made = _made(spans, calls)
    often = (pl.col("repeats") > 0) & (pl.col("repeats") >= settings.min_repeats)
    large_share = pl.col("repeats") >= settings.min_share * pl.col("calls")
    again_and_again = pl.col("times") >= settings.min_times
    worth_it = (pl.col("chars") >= settings.min_chars).fill_null(value=True)  # tools' calls have no such length
    found = _groups(made).filter(often & large_share & again_and_again & worth_it)
    return [_candidate(group, made.filter(about(subject_of(group)))) for group in found.to_dicts()]


def measure(
    spans: pl.LazyFrame,
    calls: pl.LazyFrame,
    *,
    subject: Subject,
    settings: Settings = _DEFAULTS,  # noqa: ARG001  # one signature
) -> Metric | None:
    """The figure at one subject, whatever the conditions say; `None` where no call of it can be compared."""
    here = _groups(_made(spans, calls)).filter(about(subject))
    return _metric(here.row(0, named=True)) if here.height else None


_WHO: Final = ("trace_id", "span_id", "service", "operation", "start_ns")
_SHOWN: Final = ("end_ns", "clock", "revision", *CODE)
_PRICED: Final = ("answer_hash", "cost_usd", "cost_unknown")


def _made(spans: pl.LazyFrame, calls: pl.LazyFrame) -> pl.DataFrame:
    """The calls that can be compared; `key` is the same for the same request, `again` if it was answered before."""
    rows = named(pl.concat([_prompts(calls), _tools(spans)], how="diagonal").collect(), "service", "operation")
    alone = pl.len().over("key") == 1
    marked = rows.with_columns(alone.alias("alone"))
    several = marked.filter(~pl.col("alone")).sort("key", "start_ns", "end_ns", "trace_id", "span_id", nulls_last=True)
    end = pl.max_horizontal("start_ns", pl.when(LASTING).then("end_ns"))
    answered = end.cum_min().shift(1).over("key")
    same_moment = pl.col("start_ns") == pl.col("start_ns").shift(1).over("key")
    again = ((answered <= pl.col("start_ns")) & ~same_moment).fill_null(value=False)
    once = marked.filter("alone").with_columns(pl.lit(value=False).alias("again"))
    return pl.concat([several.with_columns(again.alias("again")), once])


def _prompts(calls: pl.LazyFrame) -> pl.LazyFrame:
    """Model calls that were answered, with the hash of their recorded prompt."""
    answered = (pl.col("status") != "error").fill_null(value=True)
    not_empty = (pl.col("output_tokens") != 0).fill_null(value=True) & (pl.col("answer_chars") != 0).fill_null(
        value=True
    )
    captured = pl.col("prompt_hash").is_not_null()
    complete = pl.all_horizontal(pl.col(_WHO).is_not_null())
    return calls.filter(captured & complete & answered & not_empty).select(
        *_WHO,
        *_SHOWN,
        *_PRICED,
        pl.col("model").is_not_null().alias("model_known"),
        "prompt_chars",
        pl.lit(_PROMPT).alias("detail"),
        pl.struct(WHOLE.alias("whole"), "service", "operation", "model", "prompt_hash").hash().alias("key"),
    )


def _tools(spans: pl.LazyFrame) -> pl.LazyFrame:
    """Tool calls that gave a result, with what they were given and what they gave."""
    captured = (pl.col("input").str.len_bytes() > 0) & (pl.col("output").str.len_bytes() > 0)
    fine = (pl.col("status") != "error").fill_null(value=True)
    complete = pl.all_horizontal(pl.col(_WHO).is_not_null())
    return (
        spans.filter((pl.col("kind") == "tool") & captured & fine & complete)
        .with_columns(
            pl.struct("trace_id", "service", "operation", "input").hash().alias("asked"),
            pl.col("output").hash().alias("given"),
        )
        .filter(pl.col("given").n_unique().over("asked") == 1)
        .select(*_WHO, *_SHOWN, pl.lit(_TOOL).alias("detail"), pl.col("asked").alias("key"))
    )


def _groups(made: pl.DataFrame) -> pl.DataFrame:
    """One row per operation and kind of request. `times` is how often its most repeated one was sent."""
    return (
        made.with_columns(pl.col("again").sum().over("key").alias("times"))
        .group_by(SUBJECT)
        .agg(
            pl.len().alias("calls"),
            pl.col("again").sum().alias("repeats"),
            (pl.col("times").max() + 1).alias("times"),
            pl.col("prompt_chars").filter("again").mean().alias("chars"),
            pl.col("trace_id").n_unique().alias("traces_examined"),
        )
        .sort(SUBJECT)
    )


def _metric(group: dict[str, Any]) -> Metric:
    return Metric(value=group["repeats"] / group["calls"], unit="share of calls", n=group["calls"])


def _candidate(group: dict[str, Any], made: pl.DataFrame) -> Candidate:
    again = made.filter("again").with_columns(pl.len().over("key").alias("times"))
    cost, cost_unknown = _cost(again, group)
    waited = again.select(DURATION_NS.alias("ns"))["ns"]
    first, last = seen(again)
    return Candidate(
        analyzer="repeated-call",
        rule_version=RULE_VERSION,
        subject=subject_of(group),
        evidence=Waste(observed=_metric(group), achievable=0.0, occurrences=group["repeats"]),
        problem=_problem(group, made, again),
        e_value=None,
        first_ns=first,
        last_ns=last,
        traces=again["trace_id"].n_unique(),
        traces_examined=group["traces_examined"],
        cost_usd_per_call=cost,
        cost_unknown=cost_unknown,
        seconds_per_call=None if waited.null_count() else float(waited.cast(pl.Float64).sum()) / NS / group["calls"],
        exemplars=exemplars(again.sort("times", descending=True, maintain_order=True)),
        code=code_anchors(again),
        revision=newest_revision(again),
        unknown=_unknown(group, made),
        affected=affected(again),
    )


def _problem(group: dict[str, Any], made: pl.DataFrame, again: pl.DataFrame) -> str:
    where = f"{group['repeats']:,} of {group['calls']:,} calls ({group['repeats'] / group['calls']:.0%})"
    most = f"the most repeated {group['times']:,} times"
    if group["detail"] == _TOOL:
        return f"{where} of {group['operation']} repeat an input of the same trace and give the same result, {most}"
    return (
        f"{where} send an identical recorded prompt that was answered before in the same session, {most}; "
        f"{_answers(made, again)}"
    )


def _answers(made: pl.DataFrame, again: pl.DataFrame) -> str:
    """Whether the answers were the same; they could be kept only if they were, and the model is known."""
    repeated = made.join(again.select("key").unique(), on="key", how="semi")
    each = repeated.group_by("key").agg(
        pl.col("answer_hash").n_unique().alias("answers"),
        pl.col("answer_hash").null_count().alias("unknown"),
        pl.len().alias("calls"),
    )
    same = each.filter((pl.col("answers") == 1) & (pl.col("unknown") == 0))
    if same.height == each.height:
        kept = ", so that one could be kept" if bool(repeated["model_known"].all()) else ""
        return f"the answers are the same each time{kept}"
    return f"the answers differ for {each.height - same.height:,} of {each.height:,} prompts"


def _cost(again: pl.DataFrame, group: dict[str, Any]) -> tuple[float | None, str | None]:
    if group["detail"] == _TOOL:
        return None, "a tool's call has no list price"
    unpriced = again.filter(pl.col("cost_usd").fill_nan(None).is_null())
    if unpriced.is_empty():
        return float(again["cost_usd"].sort().sum()) / group["calls"], None
    said = unpriced["cost_unknown"].drop_nulls().sort()
    return None, said.item(0) if said.len() else "the cost of the calls is not recorded"


def _unknown(group: dict[str, Any], made: pl.DataFrame) -> tuple[str, ...]:
    if group["detail"] == _TOOL:
        return ("whether something else changed between the calls",)
    told = ["whether anything but the recorded prompt differs: temperature, tools, format"]
    if not bool(made["model_known"].all()):
        told.append("which model was asked")
    return tuple(told)
