"""Unused tools: tools that every request defines and no answer ever calls.

Bad:   each of 400 calls carries the definitions of 23 tools; 18 were not called once: 6,100 input tokens a call.
Fine:  a tool that is called now and then; a tool that another part of the same service calls; definitions of a few
       tokens; a recording of a handful of calls.

Needs requests with their tools' definitions (their names and lengths are enough), answers with the tools that they
asked for, and input tokens. A tool counts as called if an answer of any operation of the service asked for it, or a
tool span of the service has its name. Where answers end with a tool call and do not name the tool, the recording has
lost calls, and nothing is said of that operation.
Ignores whether an unused tool is the one that saves the day once a year: the finding names the tools, a person decides.

The figure, `input tokens per call`, is the mean over all calls of the operation and model that offer tools of: the
definitions of tools that were never called. A definition's tokens are the call's own tokens per character times its
characters. Money is at the price of cached input where the provider reports as many tokens cached as all definitions
take (they stand first), at that of input elsewhere.

Settings:
  min_calls   that offered a tool; it is not unused before
  min_traces  so too
  min_called  different tools that the operation's answers did ask for: the recording shows that calls are recorded
  min_tokens  of definitions never called, the mean over all calls
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
from analyzers.prompts.money import per_call, usd
from analyzers.untrusted import Name

READS: Final[tuple[Frame, ...]] = (SPANS, CALLS)
RULE_VERSION: Final = 1

_SHOWN: Final = 5  # names of tools in the sentence


@dataclass(frozen=True, slots=True)
class Settings:
    min_calls: int = 20
    min_traces: int = 5
    min_called: int = 1
    min_tokens: int = 200


_DEFAULTS: Final = Settings()


def detect(spans: pl.LazyFrame, calls: pl.LazyFrame, *, settings: Settings = _DEFAULTS) -> list[Candidate]:
    """One candidate for each service, operation and model that offers tools in vain."""
    offers = _offers(calls)
    if offers.is_empty():
        return []
    called, each = _called(calls), _each(offers, calls)
    unused = _unused(spans, each, called, settings)
    wasted = _wasted(offers, each, unused)
    enough_called = pl.col("called") >= settings.min_called
    nothing_lost = pl.col("lost") == 0
    worth_it = pl.col("tokens_per_call") >= settings.min_tokens
    groups = _groups(wasted, called).remove(pl.col("tools") == 0)
    found = groups.filter(enough_called & nothing_lost & worth_it)
    return [_candidate(group, wasted, unused) for group in found.to_dicts()]


def measure(
    spans: pl.LazyFrame, calls: pl.LazyFrame, *, subject: Subject, settings: Settings = _DEFAULTS
) -> Metric | None:
    """The figure at one subject, whatever the conditions say; `None` where none of its calls tells tools and tokens."""
    offers = _offers(calls)
    if offers.filter(about(subject)).is_empty():
        return None
    called, each = _called(calls), _each(offers, calls)
    wasted = _wasted(offers, each, _unused(spans, each, called, settings))
    groups = _groups(wasted, called).filter(about(subject))
    return _metric(groups.row(0, named=True)) if groups.height else None


_READ: Final = (
    "trace_id", "span_id", "start_ns", "end_ns", "clock", "revision", *CODE, "cost_unknown", "input_tokens",
    "cached_tokens", "input_usd_per_mtok", "cached_usd_per_mtok",
)  # fmt: skip


def _offers(calls: pl.LazyFrame) -> pl.DataFrame:
    """The calls that offer tools and tell their tokens, and of which a tool call was `lost`."""
    asked = pl.col("finish_reason").str.to_lowercase().str.replace_all("-", "_").is_in(_ASKED)
    rows = calls.filter(_OFFERING).select(
        *SUBJECT[:2],
        pl.col("model").alias("detail"),
        *_READ,
        (pl.col("input_tokens") / pl.col("prompt_chars")).alias("per_char"),
        _SET.alias("set"),
        pl.col("tools_offered").list.len().alias("offered"),
        (asked & (pl.col("tools_called").list.len().fill_null(0) == 0)).fill_null(value=False).alias("lost"),
    )
    return named(rows.collect(), *SUBJECT)


_SET: Final = pl.struct("service", "operation", "model", "tools_offered", "tools_chars").hash()
_OFFERING: Final = (
    pl.all_horizontal(pl.col("trace_id", "span_id", "service", "operation").is_not_null())
    & (pl.col("tools_offered").list.len() > 0)
    & (pl.col("tools_offered").list.len() == pl.col("tools_chars").list.len())
    & (pl.col("prompt_chars") > 0)
    & (pl.col("input_tokens") > 0)
)
_ASKED: Final = ("tool_calls", "tool_call", "tool_use", "function_call")  # finish reasons of answers that ask for tools


def _called(calls: pl.LazyFrame) -> pl.DataFrame:
    """The names that answers asked for, once for each service, operation and model."""
    asking = calls.filter(pl.col("tools_called").list.len() > 0)
    told = asking.select("service", "operation", pl.col("model").alias("detail"), pl.col("tools_called").alias("tool"))
    names = told.unique().explode("tool").unique().drop_nulls(("service", "tool")).collect()
    return named(names, *SUBJECT).unique()


def _each(offers: pl.DataFrame, calls: pl.LazyFrame) -> pl.DataFrame:
    """One row per set of tools and tool in it. Sets are far fewer than calls."""
    sets = offers.group_by("set", *SUBJECT, maintain_order=True).agg(
        pl.len().alias("calls"),
        pl.col("trace_id").n_unique().alias("traces"),
        pl.struct("trace_id", "span_id").first().alias("where"),
    )
    where = sets.select("set", pl.col("where").struct.unnest())
    lists = (
        calls.filter(pl.col("span_id").is_in(where["span_id"].implode()) & _OFFERING)
        .select("trace_id", "span_id", _SET.alias("set"), tool="tools_offered", chars="tools_chars")
        .collect()
        .join(where, on=("set", "trace_id", "span_id"))
        .unique("set", keep="first", maintain_order=True)
        .drop("trace_id", "span_id")
    )
    told = sets.join(lists, on="set", maintain_order="left").explode("tool", "chars").drop_nulls(("tool", "chars"))
    return told.unique(("set", "tool"), keep="first", maintain_order=True)


def _unused(spans: pl.LazyFrame, each: pl.DataFrame, called: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """The tools of each group that were offered often enough and never called."""
    tools = each.group_by(*SUBJECT, "tool")
    offered = tools.agg(pl.col("calls").sum(), pl.col("traces").max())  # at least as many: sets may share traces
    often = (pl.col("calls") >= settings.min_calls) & (pl.col("traces") >= settings.min_traces)
    executed = spans.filter(pl.col("kind") == "tool").select("service", "operation").unique().drop_nulls().collect()
    ran = (
        named(executed, "service")
        .with_columns(pl.concat_list("operation", pl.col("operation").str.split(" ")).alias("tool"))
        .explode("tool")
        .select("service", "tool")
    )
    never = offered.filter(often).join(called, on=("service", "tool"), how="anti")
    return never.join(ran, on=("service", "tool"), how="anti").sort(*SUBJECT, "tool")


def _wasted(offers: pl.DataFrame, each: pl.DataFrame, unused: pl.DataFrame) -> pl.DataFrame:
    """The calls with the tokens that they spend on tools never called, as `wasted`, on `tools` of them."""
    vain = each.join(unused.select(*SUBJECT, "tool"), on=(*SUBJECT, "tool"), how="semi", nulls_equal=True)
    chars = pl.col("chars").cast(pl.Float64).sum()
    spent = vain.group_by("set").agg(chars.alias("vain_chars"), pl.len().alias("tools"))
    sets = each.group_by("set").agg(chars.alias("whole_chars")).join(spent, on="set", how="left")
    cached = (pl.col("cached_tokens") >= pl.col("whole_chars") * pl.col("per_char")).fill_null(value=False)
    price = pl.when(cached).then("cached_usd_per_mtok").otherwise("input_usd_per_mtok")
    return (
        offers.join(sets, on="set", how="left", maintain_order="left")
        .with_columns(
            (pl.col("vain_chars") * pl.col("per_char")).fill_null(0.0).alias("wasted"), pl.col("tools").fill_null(0)
        )
        .with_columns((pl.col("wasted") * price / 1e6).alias("usd"))
    )


def _groups(wasted: pl.DataFrame, called: pl.DataFrame) -> pl.DataFrame:
    """One row per service, operation and model."""
    asked = called.group_by(SUBJECT).agg(pl.len().alias("called"))
    return (
        wasted.group_by(SUBJECT)
        .agg(
            pl.len().alias("calls"),
            (pl.col("tools") > 0).sum().alias("wasting"),
            pl.col("tools").max(),
            pl.col("offered").max(),
            pl.col("lost").sum(),
            pl.col("wasted").mean().alias("tokens_per_call"),
            pl.col("trace_id").n_unique().alias("traces_examined"),
            pl.col("trace_id").filter(pl.col("tools") > 0).n_unique().alias("traces"),
            pl.col("cached_tokens").null_count().alias("cached_unknown"),
        )
        .join(asked, on=SUBJECT, how="left", nulls_equal=True)
        .with_columns(pl.col("called").fill_null(0))
        .sort(SUBJECT)
    )


def _metric(group: dict[str, Any]) -> Metric:
    return Metric(value=group["tokens_per_call"], unit="input tokens per call", n=group["calls"], exact=False)


def _candidate(group: dict[str, Any], wasted: pl.DataFrame, unused: pl.DataFrame) -> Candidate:
    subject = subject_of(group)
    tools = unused.filter(about(subject))["tool"].to_list()
    wasting = wasted.filter(about(subject) & (pl.col("tools") > 0))
    first, last = seen(wasting)
    cost, cost_unknown = usd(wasting, "usd")
    return Candidate(
        analyzer="unused-tools",
        rule_version=RULE_VERSION,
        subject=subject,
        evidence=Waste(observed=_metric(group), achievable=0.0, occurrences=group["wasting"]),
        problem=_problem(group, tools),
        e_value=None,
        first_ns=first,
        last_ns=last,
        traces=group["traces"],
        traces_examined=group["traces_examined"],
        cost_usd_per_call=per_call(cost, group["calls"]),
        cost_unknown=cost_unknown,
        seconds_per_call=None,
        exemplars=exemplars(wasting.sort("wasted", descending=True, maintain_order=True)),
        code=code_anchors(wasting),
        revision=newest_revision(wasting),
        tools=tuple(Name(tool) for tool in tools),
        unknown=_unknown(group),
        affected=affected(wasting),
    )


def _problem(group: dict[str, Any], tools: list[str]) -> str:
    shown = ", ".join(str(Name(tool)) for tool in tools[:_SHOWN])
    more = f" and {len(tools) - _SHOWN:,} more" if len(tools) > _SHOWN else ""
    return (
        f"about {group['tokens_per_call']:,.0f} input tokens per call define tools that none of {group['calls']:,} "
        f"calls asked for ({len(tools):,} of up to {group['offered']:,} offered): {shown}{more}"
    )


def _unknown(group: dict[str, Any]) -> tuple[str, ...]:
    scaled = "tokens of a definition: in proportion to its characters in the call's own input tokens"
    rare = "whether a tool is kept for a case that these traces do not hold"
    if not group["cached_unknown"]:
        return (scaled, rare)
    unsaid = f"{group['cached_unknown']:,} of {group['calls']:,} calls do not say how many tokens were cached"
    return (scaled, rare, f"{unsaid}: the cost is an upper bound")
