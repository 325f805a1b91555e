"""How it is printed what applications counted of themselves, and what their validators decided."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from analyzers.usage.decisions import OUTCOMES, Decisions
from analyzers.usage.self_measured import MeasuredModel, MeasuredState, MeasuredTool, PeakMemory, SelfMeasured
from metabot.cli.quantities import counted, seconds, share

_SHOWN: Final = 3  # rows of a list: the rest stands in the JSON
_MB: Final = 1_000_000


def self_measured_lines(found: SelfMeasured) -> Iterator[str]:
    """A line each for tools, states, model calls, memory, and what else a session counts; none of what is empty."""
    if not found.monitors:
        return
    calls, failed = sum(one.calls for one in found.tools), sum(one.errors for one in found.tools)
    if found.tools:
        yield (
            f"{counted(found.monitors, 'monitor')} counted {counted(calls, 'tool call')}"
            f"{_failed(failed)}: {', '.join(map(_tool, found.tools[:_SHOWN]))}{_more(len(found.tools))}"
        )
    if found.states:
        yield f"states {', '.join(map(_state, found.states[:_SHOWN]))}{_more(len(found.states))}"
    yield from _models(found)
    if found.memory is not None:
        yield _memory(found.memory)
    counts = {"cycle": found.cycles, "artifact": found.created + found.modified + found.deleted}
    said = [counted(count, noun) for noun, count in counts.items() if count]
    if said:
        kinds = {"created": found.created, "modified": found.modified, "deleted": found.deleted}
        parts = ", ".join(f"{count:,} {kind}" for kind, count in kinds.items() if count)
        yield f"{', '.join(said)}{f': {parts}' if parts else ''}"


def decision_lines(found: Decisions) -> Iterator[str]:
    """A line for each validator, with how it decided and why it did not approve."""
    for one in found.validators[:_SHOWN]:
        outcomes = ", ".join(f"{count:,} {name}" for name in OUTCOMES if (count := getattr(one, name)))
        reasons = [f"{reason} {count:,}" for reason, count in one.reasons[:_SHOWN]]
        yield f"{one.validator}: {outcomes}{_in_brackets(reasons)}"
    if len(found.validators) > _SHOWN:
        yield f"{counted(found.count, 'decision')} of {len(found.validators):,} validators"


def _models(found: SelfMeasured) -> Iterator[str]:
    if not found.models:
        return
    calls, failed = sum(one.calls for one in found.models), sum(one.errors for one in found.models)
    used = {
        "input": sum(one.input_tokens for one in found.models),
        "output": sum(one.output_tokens for one in found.models),
        "cached": found.cached_tokens,
    }
    tokens = ", ".join(f"{count:,} {kind}" for kind, count in used.items() if count)
    yield (
        f"{counted(calls, 'model call')}{_failed(failed)}{f', tokens {tokens}' if tokens else ''}: "
        f"{', '.join(map(_model, found.models[:_SHOWN]))}{_more(len(found.models))}"
    )


def _tool(one: MeasuredTool) -> str:
    said = [f"{one.errors:,} failed"] if one.errors else []
    said += [] if one.mean_ms is None else [f"mean {seconds(one.mean_ms / 1_000)}"]
    return f"{one.tool} {one.calls:,}{_in_brackets(said)}"


def _state(one: MeasuredState) -> str:
    longest = "" if one.longest_ms is None else f", the longest {seconds(one.longest_ms / 1_000)}"
    return f"{one.state} {seconds(one.total_ms / 1_000)} ({one.entries:,} times{longest})"


def _model(one: MeasuredModel) -> str:
    return f"{one.model or 'of an unknown model'} {one.calls:,}"


def _memory(one: PeakMemory) -> str:
    of_limit = ""
    if one.limit_bytes is not None and one.share is not None:
        of_limit = f" of {one.limit_bytes / _MB:,.0f} MB ({share(one.share)})"
    return f"memory at most {one.peak_bytes / _MB:,.0f} MB{of_limit}, {one.service}"


def _in_brackets(said: list[str]) -> str:
    return f" ({', '.join(said)})" if said else ""


def _failed(count: int) -> str:
    return f", {count:,} failed" if count else ""


def _more(rows: int) -> str:
    return f", and {rows - _SHOWN} more" if rows > _SHOWN else ""
