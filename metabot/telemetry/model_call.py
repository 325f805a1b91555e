"""What one model span says about the call that it recorded."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Any, Final

from metabot.telemetry import semconv
from metabot.telemetry.answers import answer, finish_reason, tool_call_ids, tools_called
from metabot.telemetry.attributes import Attributes, first, number, text
from metabot.telemetry.complaints import asks_for_form
from metabot.telemetry.hashed_call import completed
from metabot.telemetry.messages import prompt
from metabot.telemetry.pieces import hash_text
from metabot.telemetry.record import Event, ModelCall
from metabot.telemetry.recorded import recorded
from metabot.telemetry.tool_definitions import tools_offered
from metabot.telemetry.usage import usage

_LONG: Final = 2_000  # characters of an answer from which on it is packed


def model_call(
    attributes: Attributes, scope: str | None, start_ns: int, end_ns: int, events: Iterable[Event]
) -> ModelCall:
    counts = usage(attributes)
    provider = text(first(attributes, semconv.PROVIDER))
    return ModelCall(
        provider=None if provider in semconv.NO_PROVIDER else provider,
        model=text(first(attributes, semconv.MODEL)),
        **counts._asdict(),
        finish_reason=finish_reason(attributes),
        response_id=text(first(attributes, semconv.RESPONSE_ID)),
        first_token_ns=first_token(attributes, start_ns, end_ns, events),
        queued_ns=queued(attributes),
        **spoken(attributes),
        scope=scope,
    )


def spoken(attributes: Attributes) -> dict[str, Any]:
    """The fields of `ModelCall` that come from the texts of the request and of the answer, or from their hashes."""
    asked, answered, defined = prompt(attributes), answer(attributes), tools_offered(attributes)
    told = {
        **recorded(asked.texts if asked else (), answered)._asdict(),
        "answer_packed": _packed(answered) if answered else None,
        "tools_called": tools_called(attributes),
        "last_message": _without_space(asked.last) if asked and asked.last else None,
        "tool_call_ids": tool_call_ids(attributes),
        "asks_for_form": asks_for_form(asked.last) if asked and asked.last else None,
        "tools_offered": tuple(tool.name for tool in defined),
        "tools_chars": tuple(tool.chars for tool in defined),
    }
    return completed(told, attributes)


def _without_space(message: str) -> int:
    """The message's hash; two instrumentations may space one JSON text differently."""
    return hash_text("".join(message.split()))


def _packed(answer: str) -> int | None:
    """What repeats itself packs into a few bytes; a short answer packs badly, whatever it says."""
    return len(zlib.compress(answer.encode("utf-8", "replace"), 1)) if len(answer) >= _LONG else None


def queued(attributes: Attributes) -> int | None:
    """How long the server let the call wait, in nanoseconds."""
    for name, unit in semconv.QUEUED_NS.items():
        waited = number(attributes.get(name))
        if waited is not None and 0 <= waited * unit < 2**63:
            return round(waited * unit)
    return None


def first_token(attributes: Attributes, start_ns: int, end_ns: int, events: Iterable[Event]) -> int | None:
    """The time of the first token, from an event or an attribute; one outside the span is a fault of the recording."""
    times = [event.time_ns for event in events if event.name.lower() in semconv.FIRST_TOKEN_EVENTS]
    for name, unit in semconv.FIRST_TOKEN_NS.items():
        waited = number(attributes.get(name))
        if waited is not None and 0 <= waited * unit < 2**63:
            times.append(start_ns + round(waited * unit))
    return min((time for time in times if start_ns <= time <= end_ns), default=None)
