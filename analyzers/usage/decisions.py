"""What validators decided about an agent's actions, out of both shapes in which it is recorded.

An event `validator_decision` tells of one action with all its validators (`decisions`), or of one validator alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from analyzers.untrusted import Name
from analyzers.usage.quantities import most_common

EVENT: Final = "validator_decision"
DECIDED: Final = pl.Schema({
    "service": pl.String,
    "session_id": pl.String,
    "trace_id": pl.String,
    "span_id": pl.String,
    "time_ns": pl.Int64,
    "n": pl.UInt32,  # of the event that told it: an action's decisions have one number
    "action": pl.String,  # its kind, or its name
    "key": pl.String,
    "validator": pl.String,
    "outcome": pl.String,
    "reason": pl.String,  # free text
    "latency_ms": pl.Float64,
    "ended": pl.String,  # the outcome of the whole action, where it was told with all its validators
    "ended_by": pl.String,
    "whole_ms": pl.Float64,  # what all of them took, waiting included
})  # fmt: skip
OUTCOMES: Final = ("approved", "modified", "rejected", "retry", "failed", "other")
_WORDS: Final = {
    **dict.fromkeys(("approve", "allow", "allowed", "pass", "passed", "accept", "accepted", "ok", "true"), "approved"),
    **dict.fromkeys(("modify", "sanitize", "sanitized", "sanitise", "sanitised", "rewritten"), "modified"),
    **dict.fromkeys(("reject", "deny", "denied", "block", "blocked", "refuse", "refused", "false"), "rejected"),
    **dict.fromkeys(("retried", "delay", "delayed", "wait", "defer", "deferred"), "retry"),
    **dict.fromkeys(("error", "timeout", "crashed"), "failed"),
    **{outcome: outcome for outcome in OUTCOMES},
}
_VALIDATORS: Final = 20
_REASONS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidatorUse:
    validator: Name
    decisions: int
    approved: int
    modified: int
    rejected: int
    retry: int
    failed: int  # it raised, hung or gave no verdict
    other: int  # in words that are not known
    reasons: tuple[tuple[Name, int], ...]  # why it did not approve, most common first, at most five


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    count: int
    validators: tuple[ValidatorUse, ...]  # most decisions first, at most twenty


def decisions(events: pl.LazyFrame) -> Decisions:
    """Reads EVENTS."""
    told = decided(events)
    counts = [(pl.col("outcome") == outcome).sum().alias(outcome) for outcome in OUTCOMES]
    found = (
        told.group_by("validator")
        .agg(pl.len().alias("decisions"), *counts)
        .sort("decisions", "validator", descending=[True, False])
        .head(_VALIDATORS)
    )
    return Decisions(count=told.height, validators=tuple(_validator(row, told) for row in found.iter_rows(named=True)))


def decided(events: pl.LazyFrame) -> pl.DataFrame:
    """A row of DECIDED for each decision of each validator, in the events' order. Reads EVENTS."""
    columns = ("service", "session_id", "trace_id", "span_id", "time_ns", "payload")
    found = events.filter(pl.col("name") == EVENT).select(columns).collect().sort("time_ns", maintain_order=True)
    rows = [
        {**dict(zip(columns, told[:-1], strict=False)), "n": n, **row}
        for n, told in enumerate(found.iter_rows())
        for row in _rows(told[-1])
    ]
    return pl.DataFrame(rows, schema=DECIDED, orient="row")


def _rows(payload: str | None) -> Iterator[dict[str, Any]]:
    told = _object(payload)
    steps = told.get("decisions")
    whole = _whole(told) if isinstance(steps, list) else {}
    for step in [told] if not isinstance(steps, list) else steps:
        if isinstance(step, dict) and (validator := _text(step.get("validator"))):
            yield {
                "action": _text(told.get("action")),
                "key": _text(told.get("key")),
                "validator": validator,
                "outcome": _outcome(step.get("decision")),
                "reason": _text(step.get("reason")),
                "latency_ms": _ms(step.get("latency_ms")),
                **whole,
            }


def _whole(told: Mapping[str, Any]) -> dict[str, Any]:
    ended_by, whole_ms = _text(told.get("validator")), _ms(told.get("latency_ms"))
    return {"ended": _outcome(told.get("decision")), "ended_by": ended_by, "whole_ms": whole_ms}


def _object(payload: str | None) -> Mapping[str, Any]:
    try:
        told = json.loads(payload or "{}")
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _outcome(decision: object) -> str:
    word = str(decision).strip().lower() if isinstance(decision, str | bool) else ""
    return _WORDS.get(word, "other")


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _ms(value: object) -> float | None:
    return float(value) if type(value) in (int, float) and 0 <= value < 1e15 else None  # type: ignore[operator, arg-type]


def _validator(row: dict[str, Any], told: pl.DataFrame) -> ValidatorUse:
    of_it = told.filter((pl.col("validator") == row["validator"]) & (pl.col("outcome") != "approved"))
    name = Name(row.pop("validator"))
    return ValidatorUse(validator=name, reasons=most_common(of_it["reason"], _REASONS), **row)
