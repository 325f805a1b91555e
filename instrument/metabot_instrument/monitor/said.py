"""What a signal says, in the words of several systems. What it holds is not trusted, and nothing raises for it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from metabot_instrument.boundary import count, tried
from metabot_instrument.model_calls.values import Body, body
from metabot_instrument.signals.bus import Signal

TOOL: Final = ("tool_name", "toolName", "tool", "name")
STATE: Final = ("state", "new_state", "newState", "to", "name")
NEW_STATE: Final = ("new_state", "newState", "to", "state", "name")
OLD_STATE: Final = ("old_state", "oldState", "previous_state", "previousState", "from")
MODEL: Final = ("model", "model_name", "modelName")
TOOL_CALL: Final = ("call_id", "callId", "tool_call_id", "toolCallId", "request_id", "requestId", "id")
REQUEST: Final = ("request_id", "requestId", "call_id", "callId", "id")
AGENT: Final = ("agent_id", "agentId", "agent")
SESSION: Final = ("session_id", "sessionId", "id")
PERSONA_BESIDE: Final = ("persona_id", "personaId")  # in a signal of something else
PERSONA: Final = (*PERSONA_BESIDE, "to", "persona", "id")
DURATION: Final = ("duration_ms", "durationMs")

_INPUT: Final = ("input", "input_tokens", "inputTokens", "prompt_tokens", "promptTokens", "promptTokenCount", "prompt")
_OUTPUT: Final = (
    *("output", "output_tokens", "outputTokens", "completion_tokens", "completionTokens"),
    *("candidatesTokenCount", "completion"),
)
_CACHED: Final = (
    *("cached", "cached_tokens", "cachedTokens", "cache_read_input_tokens", "prompt_cache_hit_tokens"),
    "cachedContentTokenCount",
)
_TOTAL: Final = ("total", "total_tokens", "totalTokens", "totalTokenCount")
_DETAILS: Final = ("prompt_tokens_details", "input_tokens_details")
_WORDS: Final = (*_INPUT, *_OUTPUT, *_CACHED, *_TOTAL, *_DETAILS)
_LONGEST: Final = 120  # characters of a name or an id
_LARGEST: Final = 10**12  # tokens or milliseconds of one call, or a number for a name
_STAMPS: Final = ((1e11, 1.0), (1e14, 1e3), (1e17, 1e6), (1e20, 1e9))  # below the first: seconds; ms, µs, ns
_EARLIEST, _LATEST = 1e8, 4.2e9  # seconds since 1970; what lies outside is no time of the calendar
_LIVE: Final = 2.0  # seconds that a stamp in whole seconds may lie behind the signal's own time


class Moment(NamedTuple):
    wall: float  # unix seconds
    monotonic: float
    given: bool  # `wall` is the emitter's


class Tokens(NamedTuple):
    input: int = 0
    output: int = 0
    cached: int = 0
    total: int = 0


def between(begin: Moment, end: Moment) -> float:
    """Milliseconds: by the emitter's stamps where it gave both, else by the monotonic clock."""
    seconds = end.wall - begin.wall if begin.given and end.given else end.monotonic - begin.monotonic
    return max(0.0, seconds * 1000)


def moment(signal: Signal) -> Moment:
    stamp = signal.data.get("timestamp")
    wall = _seconds(stamp)
    # A live stamp in whole seconds is too coarse to measure by.
    coarse = wall is not None and isinstance(stamp, int) and stamp == wall and 0 <= signal.time - wall < _LIVE
    if wall is None or coarse:
        return Moment(signal.time, signal.monotonic, False)
    return Moment(wall, signal.monotonic, True)


def _seconds(stamp: object) -> float | None:
    found = finite(stamp)
    if found is None:
        return None
    seconds = next((found / scale for below, scale in _STAMPS if found < below), math.inf)
    return seconds if _EARLIEST <= seconds <= _LATEST else None


def finite(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def name(data: Body, words: tuple[str, ...]) -> str | None:
    """The first text or number under one of the words, cut to 120 characters."""
    for word in words:
        found = data.get(word)
        if isinstance(found, int) and not isinstance(found, bool) and abs(found) < _LARGEST:
            return str(found)
        if isinstance(found, str) and (cut := found[:_LONGEST].strip()):
            return cut.encode("utf-8", "replace").decode()
    return None


def text(value: object) -> str | None:
    """An id that the application gave itself, as it may stand in JSON."""
    return None if value is None else name({"": str(value)}, ("",))


def duration(data: Body) -> float | None:
    """Milliseconds that an emitter measured itself."""
    found = next((value for word in DURATION if (value := finite(data.get(word))) is not None), None)
    return found if found is not None and 0 <= found <= _LARGEST else None


def tokens(data: Body) -> Tokens | None:
    """As the provider's answer or a signal counts them; None where nothing does."""
    for place in (_usage(data.get("tokens")), _usage(data.get("usage")), data):
        asked, answered, total = (_count(place, words) for words in (_INPUT, _OUTPUT, _TOTAL))
        if (asked, answered, total) != (None, None, None):
            both = (asked or 0) + (answered or 0)
            return Tokens(asked or 0, answered or 0, _cached(place), max(both, total or 0))
    return None


def _cached(place: Body) -> int:
    places = (place, *(body(place.get(word)) for word in _DETAILS))
    return next((found for one in places if (found := _count(one, _CACHED)) is not None), 0)


def _usage(value: object) -> Body:
    """A mapping, an object of a client package that can be one, or a total; one that fails says nothing."""
    if finite(value) is not None:
        return {"total": value}
    found, error = tried(_mapped, value)
    if error is not None:
        count("monitor", error)
    return found or {}


def _mapped(value: object) -> Body:
    if isinstance(value, Mapping):
        return {word: _mapped(value[word]) if word in _DETAILS else value[word] for word in _WORDS if word in value}
    dump: Any = getattr(value, "model_dump", None)
    return _mapped(dump()) if callable(dump) else {}


def _count(place: Body, words: tuple[str, ...]) -> int | None:
    for word in words:
        found = finite(place.get(word))
        if found is not None and 0 <= found <= _LARGEST and found.is_integer():
            return int(found)
    return None
