"""Cache loss: what the call before had left in the provider's cache is read again at full price.

Four causes are told apart, because their cures differ: `after a pause` (the provider forgot it: keep it for longer, or
warm), `after a model switch` (each model has a cache of its own: stay with one), `prompt rewritten` (the prompt begins
differently from the one before: append, do not rewrite), and `unexplained` (fewer cached tokens, and prompts were not
captured).

Bad:   a session of 139,534 tokens rests for 13 minutes; of the 141,787 tokens in the cache, 17,842 are left.
Fine:  short prompts; a history that was summed up and is much shorter now; a pause that the provider's cache outlives;
       several agents, or several models, that take turns within the time that a cache keeps.

Needs calls in order of one agent in one session, else in one trace, with their input tokens. Where the provider reports
cached tokens, only they count: lost is what the call before read from or wrote to the cache and this one did not find.
Where it does not, prompts must be captured as blocks, and the loss is modelled: what both prompts begin with, once the
pause is longer than `keep_seconds` or the model another; of a rewritten prompt, at most what the shorter of the two
holds behind the place where they part. What goes to another model must be captured: it may be about something else.
Ignores calls of less than 1,024 tokens, which providers do not cache, and what one conversation might find in the cache
of another.

The figure, `uncached input tokens per call`, is the tokens lost for one cause, over all calls. The money is the least
that they cost: the price of input less that of cached input; writing to a cache costs more.

Settings:
  keep_seconds       how long a provider is taken to keep a prefix where it does not report what was cached
  min_prompt_tokens  of a call; a shorter prompt is cheap to read again
  min_lost_tokens    in one call; less is rounding
  min_calls          of the operation
  min_total_tokens   lost in all
  min_share          of the operation's input tokens
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from analyzers.clock import seen
from analyzers.exhibits import CODE, affected, code_anchors, exemplars, newest_revision
from analyzers.finding import Candidate, Metric, Subject, Waste
from analyzers.frames import CALLS, SPANS, Frame
from analyzers.identifiers import SUBJECT, about, subject_of
from analyzers.prompts.conversations import GAP_NS, SAME, WHOLE, conversations, examined
from analyzers.prompts.parting import parting
from analyzers.usage.quantities import NS

READS: Final[tuple[Frame, ...]] = (SPANS, CALLS)
RULE_VERSION: Final = 1

_KEPT_FROM: Final = 1024  # tokens: providers cache no shorter prompt
_FELL: Final = 0.5  # of what the cache held; less than that is found by another server, or a step of rounding
_CUT: Final = 0.5  # of the prompt before; a shorter one was summed up on purpose
_REWRITTEN: Final = 0.1  # of the prompt; two prompts that share less begin differently


@dataclass(frozen=True, slots=True)
class Settings:
    keep_seconds: float = 300
    min_prompt_tokens: int = 12_800
    min_lost_tokens: int = 1024
    min_calls: int = 5
    min_total_tokens: int = 50_000
    min_share: float = 0.002


_DEFAULTS: Final = Settings()


def detect(spans: pl.LazyFrame, calls: pl.LazyFrame, *, settings: Settings = _DEFAULTS) -> list[Candidate]:
    """One candidate for each operation and cause."""
    told = _told(spans, calls, settings)
    enough_calls = pl.col("calls") >= settings.min_calls
    much = pl.col("lost") >= settings.min_total_tokens
    worth_it = pl.col("lost") >= settings.min_share * pl.col("input_tokens")
    found = _groups(told).filter(enough_calls & much & worth_it)
    return [_candidate(group, told, calls, settings) for group in found.to_dicts()]


def measure(
    spans: pl.LazyFrame, calls: pl.LazyFrame, *, subject: Subject, settings: Settings = _DEFAULTS
) -> Metric | None:
    """The figure at one subject, whatever the conditions say; `None` where the operation has no call to lose at."""
    groups = _groups(_told(spans, calls, settings))
    here = groups.filter(about(subject))
    return _metric(here.row(0, named=True)) if here.height else None


_READ: Final = (
    "trace_id", "span_id", "session_id", "service", "operation", "start_ns", "end_ns", "clock", "model", "revision",
    "input_tokens", "cached_tokens", "cache_write_tokens", "block_hashes", "block_size", "block_unit",
    "input_usd_per_mtok", "cached_usd_per_mtok", "cost_unknown", *CODE,
)  # fmt: skip
_TOKENS: Final = pl.col("input_tokens")
_CACHED: Final = pl.col("cached_tokens").clip(lower_bound=0)
_REPORTED: Final = pl.col("held").is_not_null() & _CACHED.is_not_null()


def _told(spans: pl.LazyFrame, calls: pl.LazyFrame, settings: Settings) -> pl.DataFrame:
    """The calls that go on from another one, and what each lost (`lost`, else 0) for which cause (`detail`)."""
    ordered = conversations(spans, _going_on(calls))
    kept = _CACHED + pl.col("cache_write_tokens").clip(lower_bound=0).fill_null(0)
    before = ordered.with_columns(
        pl.when(SAME).then(_TOKENS.shift(1)).alias("before"),
        pl.when(SAME).then(kept.shift(1)).alias("held"),
        GAP_NS.alias("gap_ns"),
        (SAME & (pl.col("model") != pl.col("model").shift(1))).fill_null(value=False).alias("switched"),
        _since_same_model().alias("same_model_ns"),
    )
    limit = round(settings.keep_seconds * NS)
    whole = (settings.min_prompt_tokens <= _TOKENS) & (_CUT * pl.col("before") <= _TOKENS)
    rows = parting(before, whole).with_columns(
        (pl.col("gap_ns") > limit).fill_null(value=False).alias("idle"),
        (pl.col("switched") & ~(pl.col("same_model_ns") <= limit).fill_null(value=False)).alias("cold"),
        (pl.col("shared") < _REWRITTEN * _TOKENS).fill_null(value=False).alias("rewritten"),
    )
    lost = _lost()
    losing = whole & (lost > 0) & (lost >= settings.min_lost_tokens)
    return rows.with_columns(
        pl.when(losing).then(lost).otherwise(0).alias("lost"),
        pl.when(losing).then(_cause()).alias("detail"),
        _REPORTED.not_().alias("modelled"),
    )


def _going_on(calls: pl.LazyFrame) -> pl.LazyFrame:
    """Calls of sessions, else traces, that make several calls large enough for a cache."""
    marked = calls.select(_READ).filter(_TOKENS >= _KEPT_FROM).with_columns(WHOLE.alias("whole"))
    several = marked.group_by("whole").agg(pl.len()).filter(pl.col("len") > 1)
    return marked.join(several.select("whole"), on="whole", how="semi").drop("whole")


def _since_same_model() -> pl.Expr:
    """From the last call of the same model in the conversation to this one; null where there is none."""
    return pl.col("start_ns") - pl.max_horizontal("start_ns", "end_ns").shift(1).over("conversation", "model")


def _lost() -> pl.Expr:
    """By the provider's own count where it reports one, else by the blocks of the prompts."""
    held = pl.min_horizontal("held", _TOKENS, pl.when("switched").then("shared"))
    told = (_FELL * held >= _CACHED) & (~pl.col("switched") | pl.col("shared").is_not_null())
    reported = pl.when(told).then(held - _CACHED).otherwise(0)
    rewritten = pl.min_horizontal("before", _TOKENS) - pl.col("shared")
    repeated = pl.when(pl.col("cold") | (pl.col("idle") & ~pl.col("switched"))).then("shared").otherwise(0)
    modelled = pl.when(pl.col("rewritten")).then(rewritten).otherwise(repeated)
    return pl.when(_REPORTED).then(reported).otherwise(modelled).fill_null(0)


def _cause() -> pl.Expr:
    return (
        pl.when("rewritten")
        .then(pl.lit("prompt rewritten"))
        .when("cold")
        .then(pl.lit("after a model switch"))
        .when("idle")
        .then(pl.lit("after a pause"))
        .otherwise(pl.lit("unexplained"))
    )


def _groups(told: pl.DataFrame) -> pl.DataFrame:
    """One row per operation and cause, with the calls and input tokens of the operation."""
    totals = told.group_by("service", "operation").agg(pl.len().alias("calls"), _TOKENS.cast(pl.Int128).sum())
    return (
        told.filter(pl.col("detail").is_not_null())
        .group_by(SUBJECT)
        .agg(pl.len().alias("losing"), pl.col("lost").cast(pl.Int128).sum(), pl.col("modelled").sum())
        .join(totals, on=("service", "operation"))
        .sort(SUBJECT)
    )


def _metric(group: dict[str, Any]) -> Metric:
    return Metric(
        value=group["lost"] / group["calls"],
        unit="uncached input tokens per call",
        n=group["calls"],
        exact=not group["modelled"],
    )


def _candidate(group: dict[str, Any], told: pl.DataFrame, calls: pl.LazyFrame, settings: Settings) -> Candidate:
    subject = subject_of(group)
    losing = told.filter(about(subject))
    cost, cost_unknown = _cost(losing, group["calls"])
    first, last = seen(losing)
    return Candidate(
        analyzer="cache-loss",
        rule_version=RULE_VERSION,
        subject=subject,
        evidence=Waste(observed=_metric(group), achievable=0.0, occurrences=group["losing"]),
        problem=_problem(group, losing, told, settings),
        e_value=None,
        first_ns=first,
        last_ns=last,
        traces=losing["trace_id"].n_unique(),
        traces_examined=examined(calls, losing)["traces_examined"].item(),
        cost_usd_per_call=cost,
        cost_unknown=cost_unknown,
        seconds_per_call=None,
        exemplars=exemplars(losing.sort("lost", descending=True, maintain_order=True)),
        code=code_anchors(losing),
        revision=newest_revision(losing),
        unknown=_unknown(group, settings),
        affected=affected(losing),
    )


def _problem(group: dict[str, Any], losing: pl.DataFrame, told: pl.DataFrame, settings: Settings) -> str:
    calls = f"{group['losing']:,} call{'s' if group['losing'] > 1 else ''}"
    modelled = "by a modelled cache, " if group["modelled"] else ""
    again = f"{modelled}{group['lost']:,} input tokens had to be read again by {calls}"
    if group["detail"] == "after a pause":
        longest = losing["gap_ns"].sort().item(-1)
        pauses = told.filter(_of_operation(group) & pl.col("idle")).height
        return (
            f"{again}, after pauses of up to {longest / NS:,.0f} s "
            f"(pauses of more than {settings.keep_seconds:,.0f} s: {pauses:,})"
        )
    if group["detail"] == "after a model switch":
        return f"{again}, after a change of the model within a conversation: each model has a cache of its own"
    if group["detail"] == "unexplained":
        return (
            f"{again}, though the call before had left them in the provider's cache, without a pause or another "
            "model: the prompt's beginning changed, or the provider dropped it"
        )
    parted = losing["shared"].sort().item(losing.height // 2)
    return (
        f"{modelled}up to {group['lost']:,} input tokens had to be read again by {calls} in "
        f"{losing['trace_id'].n_unique():,} traces, whose prompts begin differently from the one before: they part "
        f"after {parted:,} tokens (median); {int(losing['idle'].sum()):,} of them follow a pause, "
        f"{int(losing['switched'].sum()):,} another model"
    )


def _of_operation(group: dict[str, Any]) -> pl.Expr:
    return pl.all_horizontal(pl.col(name) == group[name] for name in ("service", "operation"))


def _cost(losing: pl.DataFrame, calls: int) -> tuple[float | None, str | None]:
    """The least USD per call of the operation, or why it is not known."""
    usd = pl.col("lost") * (pl.col("input_usd_per_mtok") - pl.col("cached_usd_per_mtok"))
    priced = losing.with_columns(usd.fill_nan(None).alias("usd"))
    unpriced = priced.filter(pl.col("usd").is_null())
    if unpriced.is_empty():
        return float(priced["usd"].sort().sum()) / 1e6 / calls, None
    said = unpriced["cost_unknown"].drop_nulls().sort()
    return None, said.item(0) if said.len() else "no list price of input and cached input tokens"


def _unknown(group: dict[str, Any], settings: Settings) -> tuple[str, ...]:
    if not group["modelled"]:
        return ()
    silent = f"{group['modelled']:,} of {group['losing']:,} calls do not say how many tokens were cached"
    return (f"{silent}: modelled with a cache that keeps each prefix for {settings.keep_seconds:,.0f} s",)
