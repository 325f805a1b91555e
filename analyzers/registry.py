"""Every analyzer by the name that people type. A new one is one line here."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from analyzers.errors import (
    no_retry,
    recurring_error,
    retry_loop,
    silent_failure,
    step_limit,
    tool_misuse,
    validator_friction,
)
from analyzers.finding import Candidate, Metric
from analyzers.frames import Frame
from analyzers.latency import critical_path, missing_timeout, serial_calls, slow_first_token, slow_state
from analyzers.prompts import (
    cache_loss,
    context_growth,
    format_retry,
    late_instructions,
    oversized_tool_output,
    prompt_cache_miss,
    repeated_call,
    runaway_output,
    truncated_output,
    unused_tools,
)
from analyzers.resources import memory_growth, runaway_usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Analyzer:
    """`detect` and `measure` take the frames of `reads`, in that order and lazy, and `settings=`.

    A figure about the order of calls has a `pace`: with the durations of one recording put into another it is counted.
    """

    reads: tuple[Frame, ...]
    settings: type[Any]  # a frozen dataclass whose defaults are the reference
    detect: Callable[..., list[Candidate]]
    measure: Callable[..., Metric | None]  # takes `subject=` as well
    pace: Callable[..., Any] | None = None  # takes the frames; what it gives, `measure` takes as `pace=`
    page: str  # what `metabot explain` prints


def _of(module: Any) -> Analyzer:
    return Analyzer(
        reads=module.READS,
        settings=module.Settings,
        detect=module.detect,
        measure=module.measure,
        pace=getattr(module, "pace", None),
        page=module.__doc__,
    )


ANALYZERS: Final[dict[str, Analyzer]] = {
    "cache-loss": _of(cache_loss),
    "context-growth": _of(context_growth),
    "critical-path": _of(critical_path),
    "format-retry": _of(format_retry),
    "late-instructions": _of(late_instructions),
    "memory-growth": _of(memory_growth),
    "missing-timeout": _of(missing_timeout),
    "no-retry": _of(no_retry),
    "oversized-tool-output": _of(oversized_tool_output),
    "prompt-cache-miss": _of(prompt_cache_miss),
    "recurring-error": _of(recurring_error),
    "repeated-call": _of(repeated_call),
    "retry-loop": _of(retry_loop),
    "runaway-output": _of(runaway_output),
    "runaway-usage": _of(runaway_usage),
    "serial-calls": _of(serial_calls),
    "silent-failure": _of(silent_failure),
    "slow-first-token": _of(slow_first_token),
    "slow-state": _of(slow_state),
    "step-limit": _of(step_limit),
    "tool-misuse": _of(tool_misuse),
    "truncated-output": _of(truncated_output),
    "unused-tools": _of(unused_tools),
    "validator-friction": _of(validator_friction),
}


def configured(name: str, values: Mapping[str, float | int | bool | str]) -> Any:
    """The settings of one analyzer with these values over its defaults.

    Raises `ValueError` that says what is wrong and what to write: for a name or a key that is not known the nearest
    one, for a value the type that it must have.
    """
    if name not in ANALYZERS:
        raise ValueError(f"there is no analyzer {name!r}; {_nearest(name, list(ANALYZERS))}")
    return configured_as(name, ANALYZERS[name].settings, values)


def configured_as(name: str, settings: type[Any], values: Mapping[str, float | int | bool | str]) -> Any:
    """Like `configured`, for an analyzer that is not one of these, by its own settings."""
    known = {field.name: field.type for field in fields(settings)}
    for key, value in values.items():
        if key not in known:
            raise ValueError(f"{name} has no setting {key!r}; {_nearest(key, list(known))}")
        _check(name, key, value, whole=known[key] in (int, "int"))
    return settings(**values)


def _nearest(word: str, known: list[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1)
    return f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(known)}"


def _check(name: str, key: str, value: float | str, *, whole: bool) -> None:
    kind = "a whole number" if whole else "a number"
    fits = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
    if not fits or not math.isfinite(float(value)) or float(value) < 0:
        raise ValueError(f"{name}: {key} = {value!r} must be {kind} of 0 or more")
