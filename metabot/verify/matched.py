"""The summary that the replay server leaves in the sandbox. The command under test can write there too."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from metabot.replay.summary import SCHEMA
from metabot.verify.measured import Evaluated, Matched, Served

MOST_BYTES: Final = 64 * 1024  # more is no summary


def matched_in(summary: bytes | None) -> Matched | None:
    """None where there is none, or where it is not one of the replay's."""
    try:
        values = json.loads(summary) if summary is not None and len(summary) <= MOST_BYTES else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(values, dict) or values.get("schema") != SCHEMA:
        return None
    ways, late = _table(values, "matched"), _table(values, "late")
    counts = {
        **{f"by_{way}": ways.get(way) for way in ("rule", "hash", "sequence", "nearest")},
        "missing": values.get("missing"),
        "late": late.get("answers"),
    }
    known = _counts(counts)
    return Matched(**known, served=_served(_table(values, "model"))) if len(known) == len(counts) else None


def served_in(run: Evaluated) -> Served | None:
    """None where no replay server answered, or one that does not tell."""
    return None if run.matched is None else run.matched.served


def _served(model: Mapping[str, Any]) -> Served | None:
    names = {"input_tokens": "prompt_tokens", "cached_tokens": "cached_tokens", "output_tokens": "completion_tokens"}
    counts = {"requests": model.get("requests"), **{ours: model.get(theirs) for ours, theirs in names.items()}}
    known = _counts(counts)
    return Served(**known) if len(known) == len(counts) else None


def _counts(values: Mapping[str, Any]) -> dict[str, int]:
    return {name: count for name, count in values.items() if type(count) is int and 0 <= count < 2**53}


def _table(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = values.get(name)
    return table if isinstance(table, dict) else {}
