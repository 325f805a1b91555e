"""What many model spans say about their calls, as columns: `model_call` for spans of one shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import polars as pl

from analyzers.frames import SPANS
from metabot.telemetry import semconv
from metabot.telemetry.answers import finish_reason, reason_in
from metabot.telemetry.calls import MODEL_SPANS
from metabot.telemetry.hashed_call import NAMES
from metabot.telemetry.model_call import first_token, queued, spoken
from metabot.telemetry.null_rows import Rows
from metabot.telemetry.record import Event
from metabot.telemetry.shapes import Group, Keys, integers, texts
from metabot.telemetry.usage import COUNTS, TOTAL, Usage, inclusive, usage

_TEXTS: Final = frozenset(
    {
        semconv.SYSTEM_INSTRUCTIONS,
        semconv.INPUT_MESSAGES,
        semconv.OUTPUT_MESSAGES,
        semconv.TOOL_DEFINITIONS,
        semconv.ADK_REQUEST,
        semconv.ADK_RESPONSE,
        *semconv.REQUEST_BODY,
        *semconv.RESPONSE_BODY,
        *semconv.PROMPT_LISTS,
        *NAMES,
    }
)
_LISTS: Final = tuple(f"{prefix}." for prefix in (*semconv.PROMPT_LISTS, *semconv.ANSWER_LISTS, *semconv.TOOL_LISTS))
_TIMES: Final = (*semconv.FIRST_TOKEN_NS, *semconv.QUEUED_NS)
_SPOKEN: Final = tuple(name for name in spoken({}) if name != "texts")
_OWN: Final = {name: kind for name, kind in MODEL_SPANS.items() if name not in (*SPANS.schema, "scope")}


@lru_cache(maxsize=1_000)
def _has_texts(keys: Keys) -> bool:
    return any(key in _TEXTS or key.startswith(_LISTS) for key in keys)


class Calls(NamedTuple):
    columns: Mapping[str, Sequence[object] | None]
    texts: Mapping[int, str]  # behind the hashes


def read(group: Group, events: Mapping[int, Sequence[Event]]) -> Calls:
    found = [spoken(group.attributes(place)) for place in range(len(group))] if _has_texts(group.keys) else []
    first_tokens, queues = _times(group, events)
    columns: dict[str, Sequence[object] | None] = {
        "provider": _providers(texts(group.first(semconv.PROVIDER))),
        "model": texts(group.first(semconv.MODEL)),
        "finish_reason": _finish_reasons(group),
        "response_id": texts(group.first(semconv.RESPONSE_ID)),
        "first_token_ns": first_tokens,
        "queued_ns": queues,
        **_counts(group),
        **{name: [one[name] for one in found] for name in _SPOKEN if found},
    }
    return Calls(columns, {hashed: text for one in found for hashed, text in one["texts"].items()})


def frame(models: Rows) -> pl.DataFrame:
    """The columns of MODEL_SPANS that spans do not have, besides the scope."""
    return inclusive(models.frame({**_OWN, TOTAL: pl.Int64}))


def _counts(group: Group) -> dict[str, Sequence[int | None] | None]:
    if any(name in group.keys for name in semconv.TOKEN_DETAILS):
        counted = [usage(group.attributes(place)) for place in range(len(group))]
        return {name: [getattr(one, name) for one in counted] for name in Usage._fields}
    return {name: integers(group.first(names)) for name, names in COUNTS.items()}


def _providers(named: Sequence[str | None] | None) -> Sequence[str | None] | None:
    if named is None or semconv.NO_PROVIDER.isdisjoint(named):
        return named
    return [None if one in semconv.NO_PROVIDER else one for one in named]


def _finish_reasons(group: Group) -> Sequence[str | None] | None:
    if _has_texts(group.keys):
        return [finish_reason(group.attributes(place)) for place in range(len(group))]
    summary = group.first(semconv.FINISH_REASONS)
    if summary is None:
        return None
    known = {id(value): reason_in(value) for value in {id(value): value for value in summary.values}.values()}
    return [known[id(value)] for value in summary.values]


def _times(
    group: Group, events: Mapping[int, Sequence[Event]]
) -> tuple[Sequence[int | None] | None, Sequence[int | None] | None]:
    """When the first tokens came, and how long the servers let the calls wait."""
    told = {name: column.values for name in _TIMES if (column := group.column(name)) is not None}
    if not told and not events:
        return None, None
    rows = [{name: values[place] for name, values in told.items()} for place in range(len(group))]
    first_tokens = [
        first_token(row, start, end, events.get(place, ()))
        for place, (row, start, end) in enumerate(zip(rows, group.starts, group.ends, strict=True))
        if start is not None and end is not None
    ]
    return first_tokens, [queued(row) for row in rows]
