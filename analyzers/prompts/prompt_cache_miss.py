"""Prompt cache misses: instructions that every call repeats stand behind text that changes.

Providers keep the beginning of a prompt and charge less for a call that begins the same way. One changing line at
the top, and everything behind it is charged in full.

Bad:   `The time is 12:03:07.` then 1,900 tokens of instructions: no two conversations begin alike.
Fine:  the instructions first, the time and the customer behind them; prompts shorter than what a provider keeps;
       calls so far apart that nothing was kept; instructions whose own order changes from call to call; a provider
       that reports those tokens as cached all the same.

Needs prompts (their pieces' hashes are enough), input tokens and times of the calls. Calls without one of them are
left out; where times are not calendar times, a call is compared within its own trace alone.
Compares calls of one service and model; a prompt's instructions are the lines that nearly all conversations of one
operation begin with. Ignores what differs by less than a line, and caches that outlive `keep_seconds`.

The figure, `uncached input tokens per call`, is the mean over all calls of: tokens that a prompt cache would have
held if the instructions stood first, minus those it can hold as it is. It is computed from the prompts, not taken
from the provider's count. A line's tokens are the call's own tokens per character times its characters. A cache holds
prefixes from 1,024 tokens on, in steps of 128 (OpenAI's guide, https://platform.openai.com/docs/guides/prompt-caching,
which also states five to ten minutes of idle time).

Settings:
  keep_seconds        how long a prefix is taken to be kept after a call that began with it
  min_calls           fewer calls are no pattern
  min_conversations   in which tokens were lost
  min_tokens          lost per call, the mean over all calls
  min_uncached_share  of them that the provider does not report as cached, where it reports
  static_share        of the conversations that a line must stand in to be one of the instructions
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from analyzers.clock import CALENDAR, TIMED, seen
from analyzers.exhibits import CODE, affected, code_anchors, exemplars, newest_revision
from analyzers.finding import Candidate, Metric, PromptAnchor, Subject, Waste
from analyzers.frames import CALLS, Frame
from analyzers.identifiers import SUBJECT, about, named, subject_of
from analyzers.prompts.shared_prefix import pieces, with_static

READS: Final[tuple[Frame, ...]] = (CALLS,)
RULE_VERSION: Final = 1

_KEPT_FROM: Final = 1024  # tokens, and
_KEPT_STEP: Final = 128  # tokens: what a prompt cache holds, by the guide named above


@dataclass(frozen=True, slots=True)
class Settings:
    keep_seconds: float = 300
    min_calls: int = 8
    min_conversations: int = 2
    min_tokens: int = 256
    min_uncached_share: float = 0.5
    static_share: float = 0.9


_DEFAULTS: Final = Settings()


def detect(calls: pl.LazyFrame, *, settings: Settings = _DEFAULTS) -> list[Candidate]:
    """One candidate for each service, operation and model whose instructions stand behind changing text."""
    prompts = _prompts(calls)
    lines = _lines(prompts, settings)
    waste = _waste(prompts, lines)
    groups = _groups(waste)
    enough_calls = pl.col("calls") >= settings.min_calls
    several_conversations = pl.col("conversations") >= settings.min_conversations
    behind_changing_text = pl.col("leading_dynamic") >= 1
    worth_it = pl.col("tokens_per_call") >= settings.min_tokens
    not_cached_anyway = pl.col("reported_per_call") >= settings.min_uncached_share * pl.col("tokens_per_call")
    found = groups.filter(enough_calls & several_conversations & behind_changing_text & worth_it & not_cached_anyway)
    return [_candidate(group, waste.filter(pl.col("group") == group["group"]), lines) for group in found.to_dicts()]


def measure(calls: pl.LazyFrame, *, subject: Subject, settings: Settings = _DEFAULTS) -> Metric | None:
    """The figure at one subject, whatever the conditions say; `None` where none of its calls can be measured."""
    prompts = _prompts(calls)
    groups = _groups(_waste(prompts, _lines(prompts, settings)))
    here = groups.filter(about(subject))
    return _metric(here.row(0, named=True)) if here.height else None


def _prompts(calls: pl.LazyFrame) -> pl.DataFrame:
    """The calls that can be measured, numbered in the order in which they started."""
    lists_agree = pl.col("piece_hashes").list.len() == pl.col("piece_chars").list.len()
    captured = (pl.col("piece_hashes").list.len() > 0) & lists_agree & (pl.col("prompt_chars") > 0)
    complete = pl.all_horizontal(pl.col("service", "operation", "start_ns").is_not_null())
    rows = (
        calls.filter(captured & complete & TIMED & (pl.col("input_tokens") > 0))
        .sort("start_ns", "trace_id", "span_id")
        .with_row_index("call")
        .collect()
    )
    one_time = pl.when(~CALENDAR).then("trace_id").alias("one_time")  # other times of two traces cannot be compared
    return named(rows.with_columns(pl.col("model").alias("detail")), *SUBJECT).with_columns(
        pl.coalesce("session_id", "trace_id").alias("conversation"),
        pl.struct("service", "detail", one_time).rank("dense").alias("cache"),
        pl.struct(SUBJECT).rank("dense").alias("group"),
        (pl.col("input_tokens") / pl.col("prompt_chars")).alias("tokens_per_char"),
    )


def _lines(prompts: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Every piece of every prompt, with what became of it. `late`: static, and cacheable only if it stood earlier."""
    told = prompts.select("call", "start_ns", "cache", "group", "conversation", "piece_hashes", "piece_chars")
    lines = with_static(pieces(told, keep_ns=round(settings.keep_seconds * 1e9)), share=settings.static_share)
    return lines.with_columns((pl.col("static") & pl.col("warm") & ~pl.col("shared")).alias("late"))


def _waste(prompts: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """One row per call: tokens `lost`, and those not even the provider's own count says were cached (`reported`)."""
    first_late = pl.col("position").filter("late").min().over("call")
    changing = ~pl.col("static") & (pl.col("position") < first_late)
    per_call = (
        lines.with_columns(changing.fill_null(value=False).alias("changing"))
        .group_by("call")
        .agg(
            pl.col("chars").filter("shared").sum().alias("shared_chars"),
            pl.col("chars").filter("late").sum().alias("late_chars"),
            pl.col("changing").sum().alias("leading_dynamic"),
        )
    )
    kept = _cacheable(pl.col("tokens_per_char") * pl.col("shared_chars"))
    achievable = _cacheable(pl.col("tokens_per_char") * (pl.col("shared_chars") + pl.col("late_chars")))
    lost = achievable - kept
    uncached = (achievable - pl.col("cached_tokens")).clip(lower_bound=0)
    return prompts.join(per_call, on="call", maintain_order="left").with_columns(
        lost.alias("lost"),
        pl.min_horizontal(lost, uncached).alias("reported"),  # ignores null: not reported is no evidence
        (lost * (pl.col("input_usd_per_mtok") - pl.col("cached_usd_per_mtok")) / 1e6).fill_nan(None).alias("usd"),
    )


def _cacheable(tokens: pl.Expr) -> pl.Expr:
    """What a prompt cache holds of a prefix of this many tokens."""
    return pl.when(tokens >= _KEPT_FROM).then((tokens // _KEPT_STEP) * _KEPT_STEP).otherwise(0)


def _groups(waste: pl.DataFrame) -> pl.DataFrame:
    """One row per service, operation and model."""
    losing = pl.col("lost") > 0
    return (
        waste.group_by(*SUBJECT, "group")
        .agg(
            pl.len().alias("calls"),
            pl.col("trace_id").n_unique().alias("traces_examined"),
            losing.sum().alias("losing_calls"),
            pl.col("conversation").filter(losing).n_unique().alias("conversations"),
            pl.col("leading_dynamic").filter(losing).mode().min().alias("leading_dynamic"),
            pl.col("lost").mean().alias("tokens_per_call"),
            pl.col("reported").mean().alias("reported_per_call"),
            pl.col("cached_tokens").null_count().alias("cached_unknown"),
        )
        .sort(SUBJECT)
    )


def _metric(group: dict[str, Any]) -> Metric:
    return Metric(value=group["tokens_per_call"], unit="uncached input tokens per call", n=group["calls"], exact=False)


def _candidate(group: dict[str, Any], waste: pl.DataFrame, lines: pl.DataFrame) -> Candidate:
    losing = waste.filter(pl.col("lost") > 0)
    first, last = seen(losing)
    cost, cost_unknown = _cost(losing, group["calls"])
    return Candidate(
        analyzer="prompt-cache-miss",
        rule_version=RULE_VERSION,
        subject=subject_of(group),
        evidence=Waste(observed=_metric(group), achievable=0.0, occurrences=group["losing_calls"]),
        problem=_problem(group),
        e_value=None,
        first_ns=first,
        last_ns=last,
        traces=losing["trace_id"].n_unique(),
        traces_examined=group["traces_examined"],
        cost_usd_per_call=cost,
        cost_unknown=cost_unknown,
        seconds_per_call=None,
        exemplars=exemplars(losing.sort("lost", descending=True, maintain_order=True)),
        code=code_anchors(losing.select(CODE)),
        prompt=_anchor(group, losing, lines),
        revision=newest_revision(losing),
        unknown=_unknown(group),
        affected=affected(losing),
    )


def _problem(group: dict[str, Any]) -> str:
    lines = "1 line that changes" if group["leading_dynamic"] == 1 else f"{group['leading_dynamic']:,} changing lines"
    return (
        f"about {group['tokens_per_call']:,.0f} input tokens per call repeat instructions that stand behind {lines}, "
        f"where no cached prefix holds them ({group['losing_calls']:,} of {group['calls']:,} calls)"
    )


def _cost(losing: pl.DataFrame, calls: int) -> tuple[float | None, str | None]:
    """USD per call of the group, or why it is not known. A price missing for one call leaves the sum unknown."""
    unpriced = losing.filter(pl.col("usd").is_null())
    if not unpriced.height:
        return float(losing["usd"].sum()) / calls, None
    said = unpriced["cost_unknown"].drop_nulls()
    return None, said.item(0) if said.len() else "no list price of input and cached input tokens"


def _anchor(group: dict[str, Any], losing: pl.DataFrame, lines: pl.DataFrame) -> PromptAnchor:
    """The late pieces of the call that has the most of them."""
    usual = losing.filter(pl.col("leading_dynamic") == group["leading_dynamic"])
    fullest = usual.sort("late_chars", descending=True, maintain_order=True)["call"].item(0)
    late = lines.filter((pl.col("call") == fullest) & pl.col("late")).sort("position")
    return PromptAnchor(
        static=tuple(late["hash"].to_list()),
        leading_dynamic=group["leading_dynamic"],
        static_chars=int(late["chars"].sum()),
    )


def _unknown(group: dict[str, Any]) -> tuple[str, ...]:
    scaled = "tokens of a line: in proportion to its characters in the call's own input tokens"
    if not group["cached_unknown"]:
        return (scaled,)
    return (scaled, f"{group['cached_unknown']:,} of {group['calls']:,} calls do not say how many tokens were cached")
