"""Late instructions: each conversation opens with its own text, and the instructions that all share stand at the end.

A provider's cache keeps the beginning of a prompt. What every conversation repeats should stand first; at the end, it
is read again for each of them.

Bad:   the first prompts of 12 sessions begin with the same 56 characters, go on with a task of their own, and end with
       the same 4,625 characters of instructions.
Fine:  the instructions first and the task behind them; prompts too short for a cache; conversations so far apart that
       nothing is kept; a provider that reports those tokens as cached.

Needs the prompts' pieces (their hashes are enough) and calendar times. Compares the first calls of the conversations of
one service, operation and model: those of which no earlier call of the session, else trace, is recorded. Pieces are
lines, or parts of 256 characters of long ones; what differs within one is not counted, so that the characters said are
the least that are shared. Ignores instructions in the middle (`prompt-cache-miss` counts them, over all calls) and
conversations that open with another ending.

The figure, `uncached input tokens per call`, is the mean over all first calls of: tokens that a prompt cache would have
held if the shared end stood first, minus those of the shared beginning. Where input tokens are unknown, a token is
taken for four characters. A cache holds prefixes from 1,024 tokens on, in steps of 128 (OpenAI's guide,
https://platform.openai.com/docs/guides/prompt-caching).

Settings:
  keep_seconds       how long a prefix is taken to be kept after a call that began with it
  static_share       of the first calls that a line must stand in, at its place, to be shared
  min_conversations  that could have found it in the cache
  min_tokens         lost per first call, the mean over all
  min_share          of the first calls' characters that the shared end holds
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from analyzers.clock import CALENDAR, seen
from analyzers.exhibits import CODE, affected, code_anchors, exemplars, newest_revision
from analyzers.finding import Candidate, Metric, PromptAnchor, Subject, Waste
from analyzers.frames import CALLS, Frame
from analyzers.identifiers import SUBJECT, about, named, subject_of
from analyzers.prompts.conversations import WHOLE

READS: Final[tuple[Frame, ...]] = (CALLS,)
RULE_VERSION: Final = 1

_KEPT_FROM: Final = 1024  # tokens, and
_KEPT_STEP: Final = 128  # tokens: what a prompt cache holds, by the guide named above
_CHARS_PER_TOKEN: Final = 4  # of English text, where a call does not say its tokens
_NS: Final = 10**9


@dataclass(frozen=True, slots=True)
class Settings:
    keep_seconds: float = 300
    static_share: float = 0.9
    min_conversations: int = 5
    min_tokens: int = 256
    min_share: float = 0.3


_DEFAULTS: Final = Settings()


def detect(calls: pl.LazyFrame, *, settings: Settings = _DEFAULTS) -> list[Candidate]:
    """One candidate for each service, operation and model whose conversations open with their own text."""
    first = _first(calls, settings)
    several = pl.col("losing") >= settings.min_conversations
    worth_it = (pl.col("lost") > 0) & (pl.col("lost") >= settings.min_tokens * pl.col("calls"))
    large_share = pl.col("late") >= settings.min_share * pl.col("chars")
    found = _groups(first).filter(several & worth_it & large_share)
    return [_candidate(group, first.filter(about(subject_of(group)))) for group in found.to_dicts()]


def measure(calls: pl.LazyFrame, *, subject: Subject, settings: Settings = _DEFAULTS) -> Metric | None:
    """The figure at one subject, whatever the conditions say; `None` where no first call of it was captured."""
    here = _groups(_first(calls, settings)).filter(about(subject))
    return _metric(here.row(0, named=True)) if here.height else None


_WHO: Final = ("trace_id", "span_id", "service", "operation", "start_ns")
_PIECES: Final = ("piece_hashes", "piece_chars")
_READ: Final = (
    "trace_id", "span_id", "start_ns", "end_ns", "clock", "revision", "prompt_chars", "input_tokens", "cached_tokens",
    *_PIECES, "input_usd_per_mtok", "cached_usd_per_mtok", "cost_unknown", *CODE,
)  # fmt: skip


def _first(calls: pl.LazyFrame, settings: Settings) -> pl.DataFrame:
    """The first calls, with the characters of their shared beginning and end (`early`, `late`) and the tokens lost."""
    opening = _openings(calls)
    shared = _shared(opening, settings.static_share)
    tokens = pl.col("input_tokens").cast(pl.Float64)
    per_char = pl.when(tokens > 0).then(tokens / pl.col("prompt_chars")).otherwise(1 / _CHARS_PER_TOKEN)
    rows = opening.drop(_PIECES).join(shared, on="call", how="left", maintain_order="left")
    told = rows.sort("group", "call").with_columns(pl.col("early", "late").fill_null(0))
    ends_alike = pl.col("late") > 0
    earlier = pl.when(ends_alike).then("start_ns").shift(1).forward_fill().over("group")
    warm = ((pl.col("start_ns") - earlier) <= settings.keep_seconds * _NS).fill_null(value=False)
    achievable = _held(per_char * (pl.col("early") + pl.col("late")))
    lost = achievable - _held(per_char * pl.col("early"))
    uncached = (achievable - pl.col("cached_tokens").clip(lower_bound=0)).clip(lower_bound=0)
    return told.with_columns(
        pl.when(ends_alike & warm).then(pl.min_horizontal(lost, uncached)).otherwise(0).alias("lost")
    )


def _openings(calls: pl.LazyFrame) -> pl.DataFrame:
    """The first call of each session, else trace, for each service, operation and model, numbered by their starts."""
    lists_agree = pl.col("piece_hashes").list.len() == pl.col("piece_chars").list.len()
    captured = (pl.col("piece_hashes").list.len() > 0) & lists_agree & (pl.col("prompt_chars") > 0)
    who = pl.all_horizontal(pl.col(_WHO).is_not_null())
    of_one = (WHOLE.alias("whole"), "service", "operation", "model")
    begins = pl.col("start_ns") == pl.col("start_ns").min().over(of_one)
    rows = calls.filter(who & CALENDAR & begins).filter(captured).select(*_READ, *of_one).collect()
    first = rows.sort("start_ns", "trace_id", "span_id").unique(
        ("whole", "service", "operation", "model"), keep="first", maintain_order=True
    )
    made = named(first.with_columns(pl.col("model").alias("detail")), *SUBJECT).with_row_index("call")
    return made.with_columns(pl.struct(SUBJECT).rank("dense").alias("group"))


def _shared(opening: pl.DataFrame, share: float) -> pl.DataFrame:
    """Of each first call the characters of the pieces that the others begin with, and end with, as well.

    `ending` holds the latter's hashes and `changing` how many pieces stand between the two.
    """
    rows = opening.select("call", "group", *_PIECES).explode(_PIECES)
    placed = rows.with_columns(
        pl.col("piece_chars").cast(pl.Int64).alias("chars"),
        pl.int_range(pl.len()).over("call").alias("early"),
        pl.int_range(pl.len(), 0, -1).over("call").alias("late"),
        pl.col("call").n_unique().over("group").alias("calls"),
    )
    common = [
        (pl.len().over("group", end, "piece_hashes") >= pl.max_horizontal(2, share * pl.col("calls")))
        .cast(pl.Int8)
        .alias(f"{end}_common")
        for end in ("early", "late")
    ]
    marked = placed.with_columns(common).with_columns(
        pl.col("early_common").cum_min().over("call").alias("from_start"),
        pl.col("late_common").cum_min(reverse=True).over("call").alias("to_end"),
    )
    whole = pl.col("from_start").min().over("call") == 1  # the same throughout: nothing stands before anything
    begins, ends = pl.col("from_start") == 1, (pl.col("to_end") == 1) & ~whole
    return (
        marked.with_columns(begins.alias("begins"), ends.alias("ends"))
        .group_by("call")
        .agg(
            pl.col("chars").filter("begins").sum().alias("early"),
            pl.col("chars").filter("ends").sum().alias("late"),
            pl.col("piece_hashes").filter("ends").alias("ending"),
            (~pl.col("begins") & ~pl.col("ends")).sum().alias("changing"),
        )
    )


def _held(tokens: pl.Expr) -> pl.Expr:
    """What a prompt cache holds of a prefix of this many tokens."""
    return pl.when(tokens >= _KEPT_FROM).then((tokens // _KEPT_STEP) * _KEPT_STEP).otherwise(0)


def _groups(first: pl.DataFrame) -> pl.DataFrame:
    """One row per service, operation and model. `early` and `late` are those of the call that shares least."""
    ending = pl.col("late") > 0
    return (
        first.group_by(SUBJECT)
        .agg(
            pl.len().alias("calls"),
            pl.col("trace_id").n_unique().alias("traces_examined"),
            (pl.col("lost") > 0).sum().alias("losing"),
            pl.col("lost").sort().sum(),
            pl.col("late").sum(),
            pl.col("prompt_chars").cast(pl.Float64).sum().alias("chars"),
            ending.sum().alias("ending"),
            pl.col("early").filter(ending).min().alias("least_early"),
            pl.col("late").filter(ending).min().alias("least_late"),
            pl.col("input_tokens").null_count().alias("unsized"),
            pl.col("cached_tokens").null_count().alias("cached_unknown"),
        )
        .sort(SUBJECT)
    )


def _metric(group: dict[str, Any]) -> Metric:
    value = group["lost"] / group["calls"]
    return Metric(value=value, unit="uncached input tokens per call", n=group["calls"], exact=False)


def _candidate(group: dict[str, Any], first: pl.DataFrame) -> Candidate:
    losing = first.filter(pl.col("lost") > 0)
    cost, cost_unknown = _cost(losing, group["calls"])
    began, ended = seen(losing)
    return Candidate(
        analyzer="late-instructions",
        rule_version=RULE_VERSION,
        subject=subject_of(group),
        evidence=Waste(observed=_metric(group), achievable=0.0, occurrences=group["losing"]),
        problem=(
            f"the first prompts of {group['ending']:,} of {group['calls']:,} conversations share at least "
            f"{group['least_early']:,} leading characters and at least {group['least_late']:,} trailing ones: the "
            f"instructions stand behind what changes, so that {group['losing']:,} of them could not find about "
            f"{group['lost'] / max(1, group['losing']):,.0f} tokens each in a cache"
        ),
        e_value=None,
        first_ns=began,
        last_ns=ended,
        traces=losing["trace_id"].n_unique(),
        traces_examined=group["traces_examined"],
        cost_usd_per_call=cost,
        cost_unknown=cost_unknown,
        seconds_per_call=None,
        exemplars=exemplars(losing),
        code=code_anchors(losing),
        prompt=_anchor(losing),
        revision=newest_revision(losing),
        unknown=_unknown(group),
        affected=affected(losing),
    )


def _anchor(losing: pl.DataFrame) -> PromptAnchor:
    """The shared end, as the call that shares least has it."""
    least = losing.sort("late", "call").row(0, named=True)
    return PromptAnchor(static=tuple(least["ending"]), leading_dynamic=least["changing"], static_chars=least["late"])


def _cost(losing: pl.DataFrame, calls: int) -> tuple[float | None, str | None]:
    """USD per first call, or why it is not known."""
    usd = pl.col("lost") * (pl.col("input_usd_per_mtok") - pl.col("cached_usd_per_mtok"))
    priced = losing.with_columns(usd.fill_nan(None).alias("usd"))
    unpriced = priced.filter(pl.col("usd").is_null())
    if unpriced.is_empty():
        return float(priced["usd"].sort().sum()) / 1e6 / calls, None
    said = unpriced["cost_unknown"].drop_nulls().sort()
    return None, said.item(0) if said.len() else "no list price of input and cached input tokens"


def _unknown(group: dict[str, Any]) -> tuple[str, ...]:
    told = ["whether the instructions may stand before the rest"]
    if group["unsized"]:
        told.append(f"{group['unsized']:,} of {group['calls']:,} calls do not say their tokens: four characters each")
    if group["cached_unknown"]:
        told.append(f"{group['cached_unknown']:,} of {group['calls']:,} calls do not say how many tokens were cached")
    return tuple(told)
