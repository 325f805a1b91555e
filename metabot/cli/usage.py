"""How the overview's figures of calls, prompts, tools, scores and events are printed: what is empty is left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from analyzers.overview import Overview
from analyzers.untrusted import Untrusted
from analyzers.usage.calls import CallUse, ModelCalls
from analyzers.usage.events import Events
from analyzers.usage.growth import Growth
from analyzers.usage.latency import Latency
from analyzers.usage.metrics import Metrics
from analyzers.usage.prompt_blocks import PromptBlocks
from analyzers.usage.quantities import Spread, Tally
from analyzers.usage.scores import Scores
from analyzers.usage.tools import ToolUse
from metabot.cli.console import wrapped
from metabot.cli.monitored import decision_lines, self_measured_lines
from metabot.cli.quantities import counted, seconds, share

_INDENT: Final = " " * 10
_SHOWN: Final = 3  # rows of a list: the rest stands in the JSON
_QUOTED: Final = 48
_FREQUENT: Final = 0.01  # of all calls; sizes that fewer calls have are chance


def usage_lines(overview: Overview) -> list[str]:
    """One paragraph each for calls, latency, prompts, growth, tools, scores, metrics, events and what is measured."""
    use = overview.model_calls.all
    sections = {
        "calls": _calls(overview.model_calls) if use.failed or use.empty_answers.calls or _nested(overview) else (),
        "latency": _latency(use.latency, use) if use.calls else (),
        "prompts": _prompts(overview.model_calls) if use.calls else (),
        "growth": _growths(overview.model_calls.growth),
        "tools": _tools(overview.tools),
        "scores": _scores(overview.scores),
        "metrics": _metrics(overview.metrics),
        "events": _events(overview.events),
        "measured": self_measured_lines(overview.self_measured),
        "decisions": decision_lines(overview.decisions),
    }
    return [line for title, said in sections.items() for line in _section(title, list(said))]


def _section(title: str, said: list[str]) -> list[str]:
    lines = [line for one in said for line in wrapped(one, first=_INDENT, indent=_INDENT + "  ", lines=3)]
    return [f"{title:<10}{lines[0].removeprefix(_INDENT)}", *lines[1:]] if lines else []


def _nested(overview: Overview) -> bool:
    return overview.model_calls.own.calls < overview.model_calls.all.calls


def _calls(calls: ModelCalls) -> Iterator[str]:
    use, own = calls.all, calls.own
    if own.calls < use.calls:
        yield (
            f"{use.calls:,} with nested agents, input tokens {tokens(use.input_tokens)}; "
            f"without them {own.calls:,}, {tokens(own.input_tokens)}"
        )
    if use.failed:
        types = ", ".join(f"{name} {count:,}" for name, count in use.error_types[:_SHOWN])
        yield (
            f"{use.failed:,} of {use.calls:,} failed, in {use.traces_with_failed:,} of {counted(use.traces, 'trace')}"
            f"{': ' + types if types else ''}; no further call followed {use.failed_last:,} of them"
        )
    empty = use.empty_answers
    if empty.calls:
        longest = f", the longest {seconds(empty.longest.seconds)}" if empty.longest else ""
        spent = empty.duration.total_seconds
        took = f" and {seconds(spent)}{longest}" if spent is not None else ""
        yield f"{counted(empty.calls, 'call')} returned no token, for {tokens(empty.input_tokens)} input tokens{took}"


def _latency(latency: Latency, use: CallUse) -> Iterator[str]:
    if latency.duration.known:
        slow = f"; {latency.slow.count:,} over {latency.slow.seconds:.0f} s" if latency.slow.count else ""
        unknown = f"; {latency.duration.unknown:,} unknown" if latency.duration.unknown else ""
        yield f"of model calls {_quantiles(latency.duration)}{slow}{unknown}"
    if latency.first_token.known:
        yield f"to the first token {_quantiles(latency.first_token)}, of {counted(latency.first_token.known, 'call')}"
    queueing = latency.queueing
    if queueing.waited.known:
        part = queueing.share_of_first_token
        of = f": {share(part)} of the time to the first token" if part is not None else ""
        yield f"queueing {_quantiles(queueing.waited)}{of}"
    if use.idle.count:
        yield (
            f"{counted(use.idle.count, 'gap')} of more than {use.idle.over_seconds:.0f} s between an agent's calls, "
            f"in {counted(use.idle.traces, 'trace')}"
        )


def _prompts(calls: ModelCalls) -> Iterator[str]:
    for blocks in calls.all.prompt_blocks[:1]:
        yield from _blocks(blocks)
    sizes = calls.input_sizes
    frequent = [size for size in sizes.most_frequent if size.calls >= max(10, sizes.calls * _FREQUENT)][:_SHOWN]
    if frequent and sizes.largest:
        said = ", ".join(f"{size.input_tokens:,} ({counted(size.calls, 'time')})" for size in frequent)
        yield f"most frequent input sizes {said}; largest {sizes.largest.input_tokens:,}"


def _blocks(blocks: PromptBlocks) -> Iterator[str]:
    if blocks.reusable_share is not None:
        yield (
            f"{blocks.blocks:,} blocks of {blocks.block_size:,} {blocks.block_unit}; an earlier call had "
            f"{share(blocks.reusable_share)} of them; {blocks.same_first_block:,} of {counted(blocks.calls, 'call')} "
            "begin with the same one"
        )
    next_to = blocks.consecutive
    if next_to.reused_share is not None:
        broken = f"; {counted(next_to.breaks, 'break')} in {counted(next_to.traces_with_breaks, 'trace')}"
        yield (
            f"an agent's next call reuses {share(next_to.reused_share)} of its blocks{broken if next_to.breaks else ''}"
        )


def _growths(found: tuple[Growth, ...]) -> Iterator[str]:
    for one in [one for one in found if one.grew and one.calls > 2][:_SHOWN]:
        slope = f", {one.tokens_per_call:+,.0f} a call" if one.tokens_per_call is not None else ""
        failed = f"; the last failed{f' with {one.last_error_type}' if one.last_error_type else ''}"
        yield (
            f"{one.session_id or one.trace_id}: {counted(one.calls, 'call')}, {one.first or 0:,} → {one.last or 0:,} "
            f"input tokens{slope}, {tokens(one.input_tokens)} in all{failed if one.last_failed else ''}"
        )


def _tools(tools: ToolUse) -> Iterator[str]:
    if not tools.calls:
        return
    where = f"in {tools.traces_with_failed:,} of {counted(tools.traces, 'trace')}"
    yield f"{counted(tools.calls, 'call')}, {f'{tools.failed:,} failed, {where}' if tools.failed else 'none failed'}"
    for message in tools.messages[:_SHOWN]:
        by = ", ".join(operation for operation, _ in message.operations[:_SHOWN])
        yield f"{counted(message.count, 'time')} {_quoted(message.message)} ({by})"
    for repeated in tools.repeated[:1]:
        where = repeated.session_id or repeated.trace_id
        yield f"{counted(repeated.count, 'time')} in {where}: {_quoted(repeated.message)} ({repeated.operation})"


def _scores(found: Scores) -> Iterator[str]:
    for score in found.names[:_SHOWN]:
        runs = score.runs
        if runs is None or not runs.scored:
            mean = f", mean {score.mean:,.4g}" if score.mean is not None else ""
            yield f"{score.name}: {score.count:,} in {counted(score.traces, 'trace')}{mean}"
            continue
        if not runs.passed:
            yield f"{score.name}: {counted(score.count, 'score')}, none passed, in {counted(score.traces, 'trace')}"
            continue
        tools = (
            f"; {runs.passed_with_failed_tool:,} of {runs.with_failed_tool:,} with a failed tool passed, "
            f"{runs.passed_without_failed_tool:,} of {runs.without_failed_tool:,} without"
        )
        yield (
            f"{score.name}: {runs.passed:,} of {counted(runs.scored, 'run')} passed, {runs.failed:,} failed"
            f"{tools if runs.with_failed_tool else ''}"
        )
    if len(found.names) > _SHOWN:
        where = counted(found.traces, "trace")
        yield f"{counted(found.count, 'score')} of {len(found.names):,} names in {where}, {found.with_text:,} with text"


def _metrics(metrics: Metrics) -> Iterator[str]:
    if not metrics.samples:
        return
    yield f"{metrics.series:,} series, {counted(metrics.samples, 'sample')}, {counted(len(metrics.names), 'name')}"
    for one in metrics.names[: 2 * _SHOWN]:
        if one.total is not None:
            yield f"{one.name}: {one.total:,.10g} in all"
        elif one.last is not None:
            yield f"{one.name}: {one.smallest:,.4g} to {one.largest:,.4g}, last {one.last:,.4g}"
    if len(metrics.names) > 2 * _SHOWN:
        yield f"and {counted(len(metrics.names) - 2 * _SHOWN, 'name')} more, with --format json"


def _events(found: Events) -> Iterator[str]:
    if not found.count:
        return
    bad = {"error": found.errors, "warning": found.warnings}
    said = "".join(f", {counted(count, severity)}" for severity, count in bad.items() if count)
    yield f"{counted(found.count, 'event')} of {counted(len(found.types), 'type')}{said}"
    shown = [f"{one.name} {one.count:,}" for one in found.types[: 2 * _SHOWN]]
    more = f", and {len(found.types) - len(shown)} more" if len(found.types) > len(shown) else ""
    yield f"{', '.join(shown)}{more}"


def _quantiles(spread: Spread) -> str:
    known = {"p50": spread.p50_seconds, "p95": spread.p95_seconds, "p99": spread.p99_seconds}
    return ", ".join(f"{name} {seconds(value)}" for name, value in known.items() if value is not None)


def _quoted(text: Untrusted) -> str:
    return text.quoted(_QUOTED)


def tokens(tally: Tally) -> str:
    """Tokens; `+` where some calls do not say."""
    if tally.known is None:
        return "unknown"
    return f"{tally.known:,}{'+' if tally.unknown_calls else ''}"
