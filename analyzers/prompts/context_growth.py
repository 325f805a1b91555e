"""Context growth: every call of a conversation sends the whole conversation again, and nothing caches it.

Bad:   an agent takes 27 steps; its prompt grows from 3,726 to 44,172 tokens, so that 566,060 tokens are sent, of which
       521,888 had been sent before. Or it grows until the provider's limit of tokens a minute, or the model's context,
       refuses it.
Fine:  a provider that reports most of the repeated tokens as cached; few or short calls; prompts of many sizes that do
       not go on from each other; a history that is cut or summed up, so that it stops growing.

Needs the input tokens and the order of the calls of one agent and operation in one session, else in one trace. Where
prompts were captured, each must begin with the one before; where they were not, it goes by their sizes. Ignores calls
whose input tokens are unknown, but for those that an error of the provider ended. Does not know how much of the history
the agent needs.

The figure, `input tokens per call`, is the mean over all calls of the operation in sessions or traces with several of
them, whether they grow or not: a conversation that a change keeps from growing still counts. What would do is a model:
each call of those that grow sends what it has more than the call before, as if nothing were sent twice. It is exact
where a prompt is the one before with more behind it. The money is what the repeated tokens cost, cached ones at their
own price.

Settings:
  min_calls            of a conversation that say their input tokens
  min_tokens           of input that a conversation adds up to; less is cheap to send again
  min_growing_share    of the calls that send more than the call before
  min_resent_share     of the input tokens that were sent before
  min_uncached_share   of those that the provider does not report as cached
  min_share            of the operation's conversations of so many calls that grow; sizes of any kind grow now and then
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from analyzers.clock import seen
from analyzers.exhibits import CODE, affected, code_anchors, exemplars, newest_revision
from analyzers.finding import Candidate, Metric, Subject, Waste
from analyzers.frames import CALLS, SPANS, Frame
from analyzers.identifiers import SUBJECT, about, named, subject_of
from analyzers.prompts.conversations import SAME, WHOLE, conversations, examined
from analyzers.prompts.refused import refused
from analyzers.untrusted import Untrusted

READS: Final[tuple[Frame, ...]] = (SPANS, CALLS)
RULE_VERSION: Final = 1

_GROWN: Final = 2  # times its first size: less is an answer or two behind a long prompt
_MOSTLY: Final = 0.5  # of the prompts begin with the one before; recorders drop the ends of long ones


@dataclass(frozen=True, slots=True)
class Settings:
    min_calls: int = 4
    min_tokens: int = 50_000
    min_growing_share: float = 0.8
    min_resent_share: float = 0.5
    min_uncached_share: float = 0.5
    min_share: float = 0.1


_DEFAULTS: Final = Settings()


def detect(spans: pl.LazyFrame, calls: pl.LazyFrame, *, settings: Settings = _DEFAULTS) -> list[Candidate]:
    """One candidate for each operation with conversations that grow."""
    growing = _growing(spans, calls, settings)
    resent = pl.col("resent")
    mostly_resent = (resent > 0) & (resent >= settings.min_resent_share * pl.col("input_tokens"))
    not_cached = pl.col("uncached") >= settings.min_uncached_share * resent
    goes_on = pl.col("continued") >= _MOSTLY * pl.col("comparable")
    no_chance = pl.col("conversations") >= settings.min_share * pl.col("peers")
    found = _groups(growing).filter(mostly_resent & not_cached & goes_on & no_chance)
    if found.is_empty():
        return []
    here = ("service", "operation")
    counted = found.join(examined(calls, found), on=here, maintain_order="left").join(
        _sent(calls, settings), on=here, maintain_order="left"
    )
    return [_candidate(group, growing, spans) for group in counted.to_dicts()]


def measure(
    spans: pl.LazyFrame,  # noqa: ARG001  # one signature
    calls: pl.LazyFrame,
    *,
    subject: Subject,
    settings: Settings = _DEFAULTS,
) -> Metric | None:
    """The figure at one subject, whatever the conditions say; `None` where no session or trace has several calls."""
    here = _sent(calls, settings).with_columns(pl.lit(None, pl.String).alias("detail")).filter(about(subject))
    return _metric(here.row(0, named=True)) if here.height else None


_READ: Final = (
    "trace_id", "span_id", "session_id", "service", "operation", "start_ns", "end_ns", "clock", "status", "revision",
    "input_tokens", "cached_tokens", "block_hashes", "input_usd_per_mtok", "cached_usd_per_mtok", "cost_unknown", *CODE,
)  # fmt: skip
_TOKENS: Final = pl.col("input_tokens")


def _sent(calls: pl.LazyFrame, settings: Settings) -> pl.DataFrame:
    """Of each operation the calls and their input tokens, in sessions or traces with enough of them."""
    told = pl.all_horizontal(pl.col("trace_id", "span_id", "service", "operation", "start_ns").is_not_null())
    each = calls.filter(told & (_TOKENS > 0)).group_by("service", "operation", WHOLE.alias("whole"))
    sums = (pl.len().alias("sent_calls"), _TOKENS.cast(pl.Int128).sum().alias("sent_tokens"))
    rows = named(each.agg(*sums).collect(), "service", "operation")
    several = rows.group_by("service", "operation", "whole").agg(pl.col("sent_calls", "sent_tokens").sum())
    enough = pl.col("sent_calls") >= max(2, settings.min_calls)
    return several.filter(enough).group_by("service", "operation").agg(pl.col("sent_calls", "sent_tokens").sum())


def _growing(spans: pl.LazyFrame, calls: pl.LazyFrame, settings: Settings) -> pl.DataFrame:
    """The calls of conversations that grow, with what each repeats of the one before (`resent`).

    Calls that say nothing of their tokens stand among them with nulls.
    """
    ordered = conversations(spans, _in_large(calls, settings), apart="operation")
    sized = ordered.filter(_TOKENS > 0).with_columns(
        pl.when(SAME).then(_TOKENS.shift(1)).alias("before"),
        pl.when(SAME).then(_begins_with_the_one_before()).alias("continues"),
    )
    rows = sized.with_columns(
        pl.lit(None, pl.String).alias("detail"),
        pl.min_horizontal(_TOKENS, "before").alias("again"),
        (pl.col("before") < _TOKENS).alias("grew"),
    ).with_columns(pl.when(pl.col("before").is_null()).then(0).otherwise("again").alias("resent"))
    each = rows.group_by("conversation").agg(
        pl.len().alias("calls"),
        _TOKENS.cast(pl.Int128).sum().alias("total"),
        (_TOKENS.last() >= _GROWN * _TOKENS.first().cast(pl.Int128)).alias("grown"),
        (pl.col("grew").sum() >= settings.min_growing_share * pl.col("before").count()).alias("steady"),
    )
    enough = (pl.col("calls") >= max(2, settings.min_calls)) & (pl.col("total") >= settings.min_tokens)
    subjects = rows.select("conversation", *SUBJECT).unique("conversation")
    peers = each.filter(enough).join(subjects, on="conversation").with_columns(pl.len().over(SUBJECT).alias("peers"))
    chosen = peers.filter(pl.col("grown") & pl.col("steady")).select("conversation", "peers")
    silent = ordered.filter(~(_TOKENS > 0).fill_null(value=False))
    told = pl.concat([rows.drop("again"), silent], how="diagonal").join(chosen, on="conversation")
    return told.sort("conversation", "start_ns", "end_ns", "trace_id", "span_id", nulls_last=True)


def _in_large(calls: pl.LazyFrame, settings: Settings) -> pl.LazyFrame:
    """Only the calls of sessions, else traces, that are large enough to hold such a conversation."""
    marked = calls.select(_READ).with_columns(WHOLE.alias("whole"))
    large = (
        marked.group_by("whole")
        .agg(_TOKENS.count().alias("calls"), _TOKENS.cast(pl.Float64).sum().alias("total"))
        .filter((pl.col("calls") >= max(2, settings.min_calls)) & (pl.col("total") >= settings.min_tokens))
    )
    return marked.join(large.select("whole"), on="whole", how="semi").drop("whole")


def _begins_with_the_one_before() -> pl.Expr:
    """Whether the prompt's block at the end of the one before is the same; hashes are chained. Null if not captured."""
    blocks = pl.col("block_hashes")
    end = blocks.list.len().cast(pl.Int64).shift(1) - 1
    there = blocks.list.get(pl.when(end >= 0).then(end), null_on_oob=True)
    same = (there == blocks.list.last().shift(1)).fill_null(value=False)
    return pl.when((end >= 0) & (blocks.list.len() > 0)).then(same)


def _groups(growing: pl.DataFrame) -> pl.DataFrame:
    """One row per operation. `uncached` is of the tokens that were resent; unknown counts as not cached."""
    uncached = pl.col("resent") - pl.col("cached_tokens").fill_null(0).clip(lower_bound=0)
    return (
        growing.filter(pl.col("resent").is_not_null())
        .group_by(SUBJECT)
        .agg(
            pl.len().alias("calls"),
            pl.col("conversation").n_unique().alias("conversations"),
            pl.col("peers").max(),
            pl.col("input_tokens", "resent").cast(pl.Int128).sum(),
            uncached.clip(lower_bound=0).cast(pl.Int128).sum().alias("uncached"),
            (pl.col("resent") > 0).sum().alias("repeating"),
            pl.col("continues").sum().alias("continued"),
            pl.col("continues").count().alias("comparable"),
            pl.col("cached_tokens").null_count().alias("cached_unknown"),
        )
        .sort(SUBJECT)
    )


def _metric(group: dict[str, Any]) -> Metric:
    calls = group["sent_calls"]
    return Metric(value=group["sent_tokens"] / calls, unit="input tokens per call", n=calls)


def _candidate(group: dict[str, Any], growing: pl.DataFrame, spans: pl.LazyFrame) -> Candidate:
    subject = subject_of(group)
    told = growing.filter((pl.col("service") == subject.service) & (pl.col("operation") == subject.operation))
    sized = told.filter(pl.col("resent").is_not_null())
    ended = refused(told, spans)
    cost, cost_unknown = _cost(sized)
    first, last = seen(sized)
    return Candidate(
        analyzer="context-growth",
        rule_version=RULE_VERSION,
        subject=subject,
        evidence=Waste(
            observed=_metric(group),
            achievable=(group["sent_tokens"] - group["resent"]) / group["sent_calls"],
            occurrences=group["repeating"],
        ),
        problem=_problem(group, sized, ended),
        e_value=None,
        first_ns=first,
        last_ns=last,
        traces=sized["trace_id"].n_unique(),
        traces_examined=group["traces_examined"],
        cost_usd_per_call=None if cost is None else cost / group["sent_calls"],
        cost_unknown=cost_unknown,
        seconds_per_call=None,
        exemplars=exemplars(pl.concat([one.select("trace_id", "span_id") for one in (ended, _largest(sized), sized)])),
        code=code_anchors(sized),
        revision=newest_revision(sized),
        http_statuses=tuple(ended["http_status"].drop_nulls().unique().sort().to_list()),
        quotes=tuple(Untrusted(text) for text in ended["message"].drop_nulls().head(1).to_list()),
        unknown=_unknown(group),
        affected=affected(ended, sized),
    )


def _largest(sized: pl.DataFrame) -> pl.DataFrame:
    """The calls of the conversation with most input."""
    totals = sized.group_by("conversation").agg(_TOKENS.cast(pl.Int128).sum())
    return sized.filter(
        pl.col("conversation") == totals.sort(_TOKENS, "conversation", descending=[True, False])["conversation"].item(0)
    )


def _problem(group: dict[str, Any], sized: pl.DataFrame, ended: pl.DataFrame) -> str:
    largest = _largest(sized)["input_tokens"]
    share = group["resent"] / group["input_tokens"]
    several = f"{group['conversations']:,} conversations that grow"
    said = (
        f"{share:.0%} of {group['input_tokens']:,} input tokens had been sent before, in "
        f"{several if group['conversations'] > 1 else '1 conversation that grows'} with every step; the largest from "
        f"{largest.item(0):,} to {largest.item(-1):,} tokens over {len(largest):,} calls, {int(largest.sum()):,} in all"
    )
    if group["cached_unknown"] == group["calls"]:
        said += "; whether a cache served them is not recorded"
    return said + _ended(ended)


def _ended(ended: pl.DataFrame) -> str:
    """How conversations that grew into a limit ended, if some did."""
    if ended.is_empty():
        return ""
    worst = ended.sort("prompt_before", "trace_id", descending=[True, False]).row(0, named=True)
    timed = worst["seconds"] is not None
    lasted = f" {worst['seconds']:,.0f} s after its first call, {worst['minute_tokens']:,} sent in the minute before"
    return (
        f"; {ended.height:,} grew into a {worst['cause']}, the largest of them behind a prompt of "
        f"{worst['prompt_before']:,} tokens{lasted if timed else ''}"
    )


def _cost(sized: pl.DataFrame) -> tuple[float | None, str | None]:
    """USD of what was sent again, or why it is not known."""
    cached = pl.col("cached_tokens").clip(lower_bound=0, upper_bound=pl.col("resent"))
    usd = (pl.col("resent") - cached) * pl.col("input_usd_per_mtok") + cached * pl.col("cached_usd_per_mtok")
    again = sized.filter(pl.col("resent") > 0).with_columns(usd.fill_nan(None).alias("usd"))
    unpriced = again.filter(pl.col("usd").is_null())
    if unpriced.is_empty():
        return float(again["usd"].sort().sum()) / 1e6, None
    if unpriced["cached_tokens"].null_count():
        return None, "how many of the tokens were cached is not recorded"
    said = unpriced["cost_unknown"].drop_nulls().sort()
    return None, said.item(0) if said.len() else "no list price of input and cached input tokens"


def _unknown(group: dict[str, Any]) -> tuple[str, ...]:
    told = ["how much of the history the agent needs"]
    if group["cached_unknown"]:
        told.append(f"{group['cached_unknown']:,} of {group['calls']:,} calls do not say how many tokens were cached")
    if group["comparable"] < group["repeating"]:
        told.append(
            f"of {group['repeating'] - group['comparable']:,} calls the prompt was not captured: only sizes say so"
        )
    return tuple(told)
