"""Tool misuse: a tool whose calls fail because the model calls it wrongly, or that fails nearly every call.

Bad:   `book` refuses 30 of 53 calls: the payment does not add up to the price that only the tool knows; `edit` fails
       12 of 40 calls because the text to replace is not there.
Fine:  a search that finds nothing; a file that is not there; a call that the user declined; a command whose exit code
       says that tests fail; a rate limit, a time-out, a missing key.

Needs spans of tools with status; reasons come from types and messages. A call does not fit where it says so by a
wording of validators and frameworks (a missing, unknown or mistyped argument, invalid JSON, an unknown tool, a file
edited before it was read, a text to replace that is not there), or where a tool that runs no commands refuses it with
a message that names no trouble of a provider or of the network and nothing that is merely absent.

Ignores failures that are not marked as errors.

Calls that a person declined, that failed for trouble of a provider or of the network, or that went well later in the
trace when the same was asked again, are no misuse and not counted as failed.

The figure, `share of calls`, is: failed calls, over all calls of the tool. Searches that found nothing did not fail.

Settings:
  min_calls          of the tool; twice as many where it runs commands and its failures say no more than that
  min_failed         of them, calls that did not fit, or that failed where nearly every call fails
  min_share          of the calls: those that the wordings say did not fit
  min_refused_share  of the calls: those, and those refused for reasons of the tool's own
  min_failing_share  of the calls that failed, for whatever reason: nearly every call
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from analyzers.clock import DURATION_NS, seen
from analyzers.errors.actions import command, once, says_something
from analyzers.errors.asking import asking
from analyzers.errors.causes import cause
from analyzers.errors.refusals import absent, declined, found_nothing, refusal
from analyzers.exhibits import CODE, affected, code_anchors, exemplars, newest_revision, types
from analyzers.finding import Candidate, Metric, Subject, Waste
from analyzers.frames import CALLS, SPANS, Frame
from analyzers.identifiers import about, named, of_traces, subject_of
from analyzers.untrusted import Name, Untrusted

READS: Final[tuple[Frame, ...]] = (SPANS, CALLS)
RULE_VERSION: Final = 1

_QUOTES: Final = 2  # messages shown, most common first
_REASONS: Final = 3  # named in the problem


@dataclass(frozen=True, slots=True)
class Settings:
    min_calls: int = 5
    min_failed: int = 3
    min_share: float = 0.1
    min_refused_share: float = 0.25
    min_failing_share: float = 0.8


_DEFAULTS: Final = Settings()


def detect(spans: pl.LazyFrame, calls: pl.LazyFrame, *, settings: Settings = _DEFAULTS) -> list[Candidate]:
    """One candidate for each tool that is called wrongly, or fails nearly always."""
    failed = _failed(spans)
    if failed.is_empty():
        return []
    needed = pl.when(pl.col("commands") & (pl.col("refused") == 0)).then(2).otherwise(1) * settings.min_calls
    fails_alike = ~pl.col("commands") | (2 * pl.col("alike").fill_null(0) >= pl.col("failed"))
    nearly_always = fails_alike & (
        pl.col("failed") >= pl.max_horizontal(settings.min_failing_share * pl.col("calls"), 1)
    )
    by_wording = pl.col("unfit") >= pl.max_horizontal(settings.min_share * pl.col("calls"), 1)
    by_refusal = pl.col("refused") >= pl.max_horizontal(settings.min_refused_share * pl.col("calls"), 1)
    enough_calls = pl.col("calls") >= needed
    several = pl.when(nearly_always).then("failed").otherwise("refused") >= settings.min_failed
    much_of_its_use = nearly_always | by_wording | by_refusal
    found = _groups(failed, _made(spans, failed)).filter(enough_calls & several & much_of_its_use)
    return [_candidate(group, failed.filter(about(subject_of(group))), calls) for group in found.to_dicts()]


def measure(
    spans: pl.LazyFrame,
    calls: pl.LazyFrame,  # noqa: ARG001  # one signature
    *,
    subject: Subject,
    settings: Settings = _DEFAULTS,  # noqa: ARG001
) -> Metric | None:
    """The figure at one subject, whatever the conditions say; `None` without a call of the tool."""
    asked = pl.DataFrame({"service": [str(subject.service)], "operation": [str(subject.operation)]})
    made = _made(spans, asked)
    if made.is_empty():
        return None
    failed = _failed(spans)
    return _metric(failed.filter(about(subject)).height if failed.height else 0, made["calls"].item())


_SPAN: Final = ("trace_id", "span_id")
_TOOL: Final = ("service", "operation")
_TOLD: Final = ("error_type", "http_status", "error_message")
_LONGEST: Final = 1000  # characters of a message that are looked at
_EXITED: Final = r"(?i)^exit.?(code|status)"
_CALL: Final = pl.all_horizontal(pl.col(*_SPAN, *_TOOL, "start_ns", "end_ns").is_not_null()) & (
    pl.col("kind") == "tool"
)


def _failed(spans: pl.LazyFrame) -> pl.DataFrame:
    """The failed calls: `reason`, where a wording says it; `refused`, for that or for reasons of the tool's own."""
    runs = once(command, pl.col("input")).is_not_null() | pl.col("error_type").str.contains(_EXITED)
    rows = (
        spans.filter(_CALL & (pl.col("status") == "error"))
        .select(
            *_SPAN, *_TOOL, "start_ns", "clock", "revision", "tool_call_id", *CODE, *_TOLD[:2],
            pl.col("error_message").str.slice(0, _LONGEST),
            pl.lit(None, pl.String).alias("detail"),
            pl.when(pl.col("input").is_not_null()).then(pl.col("input").hash()).alias("asked"),
            DURATION_NS.alias("duration_ns"),
            runs.fill_null(value=False).alias("runs"),
        )
        .collect()
        .sort("start_ns", *_SPAN, *_TOOL)
        .unique(_SPAN, keep="first", maintain_order=True)
    )  # fmt: skip
    told = _never_accepted(rows, spans).join(_understood(rows), on=_TOLD, nulls_equal=True, maintain_order="left")
    own_reason = ~pl.col("runs") & ~pl.col("absent")
    no_answer = ~pl.col("nothing") & ~pl.col("known_trouble")
    of_the_call = ~pl.col("declined") & (no_answer | pl.col("reason").is_not_null())
    return named(told.filter(of_the_call), *_TOOL).with_columns(
        (pl.col("reason").is_not_null() | own_reason).alias("refused")
    )


def _never_accepted(rows: pl.DataFrame, spans: pl.LazyFrame) -> pl.DataFrame:
    """Without the calls that went well later in their trace, asked for the same: nothing was wrong with those."""
    asked = ("trace_id", *_TOOL, "asked")
    accepted = (
        of_traces(spans, rows["trace_id"].unique())
        .filter(_CALL & (pl.col("status") != "error") & pl.col("input").is_not_null())
        .group_by("trace_id", *_TOOL, pl.col("input").hash().alias("asked"))
        .agg(pl.col("start_ns").max().alias("accepted_ns"))
        .collect()
    )
    later = (pl.col("accepted_ns") > pl.col("start_ns")).fill_null(value=False)
    return rows.join(accepted, on=asked, how="left", maintain_order="left").filter(~later)


def _understood(rows: pl.DataFrame) -> pl.DataFrame:
    """What the errors say, each distinct one once."""
    error_type, http_status, message = map(pl.col, _TOLD)
    return (
        rows.select(_TOLD)
        .unique()
        .with_columns(
            refusal(error_type, message).alias("reason"),
            cause(error_type, http_status, message).is_not_null().alias("known_trouble"),
            (absent(message) | ~says_something(message)).alias("absent"),
            found_nothing(message).alias("nothing"),
            declined(message).alias("declined"),
        )
    )


def _made(spans: pl.LazyFrame, about_these: pl.DataFrame) -> pl.DataFrame:
    """How many `calls` of these tools there are, in how many traces."""
    counted = (
        spans.filter(_CALL)
        .group_by(_TOOL)
        .agg(pl.struct(_SPAN).n_unique().alias("calls"), pl.col("trace_id").n_unique().alias("traces_examined"))
        .collect()
    )
    likely = counted.filter(
        pl.col("operation").str.contains(r"[^\w.-]") | pl.col("operation").is_in(about_these["operation"].implode())
    )
    return (
        named(likely, *_TOOL)
        .group_by(_TOOL)
        .agg(pl.col("calls", "traces_examined").sum())
        .join(about_these.select(_TOOL).unique(), on=_TOOL, how="semi")
    )


def _groups(failed: pl.DataFrame, made: pl.DataFrame) -> pl.DataFrame:
    return (
        failed.group_by(*_TOOL, "detail")
        .agg(
            pl.len().alias("failed"),
            pl.col("refused").sum(),
            pl.col("reason").count().alias("unfit"),
            pl.col("runs").any().alias("commands"),
            pl.col("trace_id").n_unique().alias("traces"),
            pl.col("reason").drop_nulls().value_counts(sort=True).alias("reasons"),
            pl.col("error_message").drop_nulls().unique_counts().max().alias("alike"),
            pl.col("duration_ns").cast(pl.Float64).sum(),
            pl.col("duration_ns").null_count().alias("untimed"),
        )
        .join(made, on=_TOOL)
        .sort(_TOOL)
    )


def _metric(failed: int, calls: int) -> Metric:
    return Metric(value=failed / calls, unit="share of calls", n=calls)


def _candidate(group: dict[str, Any], failed: pl.DataFrame, calls: pl.LazyFrame) -> Candidate:
    made = group["calls"]
    asked = asking(calls, failed)
    first, last = seen(failed)
    return Candidate(
        analyzer="tool-misuse",
        rule_version=RULE_VERSION,
        subject=subject_of(group),
        evidence=Waste(observed=_metric(group["failed"], made), achievable=0.0, occurrences=group["failed"]),
        problem=_problem(group),
        e_value=None,
        first_ns=first,
        last_ns=last,
        traces=group["traces"],
        traces_examined=group["traces_examined"],
        cost_usd_per_call=None if asked.cost_usd is None else asked.cost_usd / made,
        cost_unknown=asked.cost_unknown,
        seconds_per_call=None if group["untimed"] else group["duration_ns"] / 1e9 / made,
        exemplars=exemplars(failed.sort("refused", descending=True, maintain_order=True)),
        code=code_anchors(failed),
        revision=newest_revision(failed),
        errors=types(failed["error_type"]),
        quotes=_quotes(failed),
        unknown=_unknown(group),
        affected=affected(failed),
    )


def _problem(group: dict[str, Any]) -> str:
    operation, share = Name(group["operation"]), group["failed"] / group["calls"]
    reasons = sorted(group["reasons"], key=lambda one: (-one["count"], one["reason"]))[:_REASONS]
    own = group["refused"] - group["unfit"]
    listed = [f"{one['reason']} {_times(one['count'])}" for one in reasons]
    listed += [f"refused for reasons of the tool's own {_times(own)}"] if own else []
    listed += [f"one message {_times(group['alike'])}"] if (group["alike"] or 0) > 1 else []
    why = f": {', '.join(listed)}" if listed else ""
    return (
        f"{operation} fails {group['failed']:,} of {group['calls']:,} calls ({share:.1%}) in {group['traces']:,} of "
        f"{group['traces_examined']:,} traces{why}"
    )


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def _unknown(group: dict[str, Any]) -> tuple[str, ...]:
    if group["refused"] == group["failed"]:
        return ()
    return (f"why {group['failed'] - group['refused']:,} of the {group['failed']:,} calls failed",)


def _quotes(failed: pl.DataFrame) -> tuple[Untrusted, ...]:
    said = failed.filter(pl.col("error_message").str.len_chars() > 0)
    counted = said.group_by("error_message").len().sort("len", "error_message", descending=[True, False])
    return tuple(Untrusted(text) for text in counted["error_message"].head(_QUOTES).to_list())
