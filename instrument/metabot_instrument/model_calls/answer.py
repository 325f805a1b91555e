"""What a response says: who answered, what it cost in tokens, why it ended, and its messages."""

from __future__ import annotations

from typing import Any, Final

from metabot_instrument.model_calls.request import CALLED_AS_ITEMS, parts
from metabot_instrument.model_calls.spoken import Message, Part, said, tool_call
from metabot_instrument.model_calls.values import Body, body, listed, text, whole
from metabot_instrument.told_errors import code_in
from metabot_instrument.vocabulary import attributes as names

_OF_INPUT: Final = ("prompt_tokens_details", "input_tokens_details")
_OF_OUTPUT: Final = ("completion_tokens_details", "output_tokens_details")
_CACHED: Final = ("cached_tokens", "cache_read_input_tokens", "prompt_cache_hit_tokens")
_WRITTEN: Final = ("cache_write_tokens", "cache_creation_tokens", "cache_creation_input_tokens")


def figures(answered: Body) -> dict[str, Any]:
    """Attributes; None where the response says nothing."""
    return {
        names.RESPONSE_ID: text(answered.get("id")),
        names.RESPONSE_MODEL: text(answered.get("model")),
        names.RESPONSE_TIER: text(answered.get("service_tier")),
        names.FINGERPRINT: text(answered.get("system_fingerprint")),
        names.FINISH_REASONS: [one for one in _reasons(answered) if one] or None,
        **_usage(body(answered.get("usage"))),
    }


def _usage(usage: Body) -> dict[str, int | None]:
    return {
        names.INPUT_TOKENS: _count(usage, ("prompt_tokens", "input_tokens")),
        names.CACHED_TOKENS: _part(usage, _OF_INPUT, _CACHED),
        names.CACHE_WRITE_TOKENS: _part(usage, _OF_INPUT, _WRITTEN),
        names.OUTPUT_TOKENS: _count(usage, ("completion_tokens", "output_tokens")),
        names.REASONING_TOKENS: _part(usage, _OF_OUTPUT, ("reasoning_tokens",)),
    }


def _part(usage: Body, details: tuple[str, ...], counts: tuple[str, ...]) -> int | None:
    places = (*(body(usage.get(name)) for name in details), usage)
    return next((found for place in places if (found := _count(place, counts)) is not None), None)


def _count(place: Body, counts: tuple[str, ...]) -> int | None:
    return next((found for name in counts if (found := whole(place.get(name))) is not None), None)


def _reasons(answered: Body) -> list[str | None]:
    """Of each choice; of a Responses answer why it is incomplete, else its status."""
    if choices := listed(answered.get("choices")):
        return [text(body(choice).get("finish_reason")) for choice in choices]
    return [text(body(answered.get("incomplete_details")).get("reason")) or text(answered.get("status"))]


def messages(answered: Body) -> list[Message]:
    """What was answered: a message a choice, or the one of a Responses answer."""
    reasons = _reasons(answered)
    if choices := listed(answered.get("choices")):
        spoken = [_of_choice(body(choice)) for choice in choices]
    else:
        spoken = [[part for item in listed(answered.get("output")) for part in _of_item(body(item))]]
    return [
        {"role": "assistant", "parts": found, **({"finish_reason": reason} if reason else {})}
        for found, reason in zip(spoken, reasons, strict=True)
        if found
    ]


def _of_choice(choice: Body) -> list[Part]:
    message = body(choice.get("message"))
    return parts(message) if message else said(choice.get("text"))


def _of_item(item: Body) -> list[Part]:
    if item.get("type") in CALLED_AS_ITEMS:
        return [tool_call(item)]
    if item.get("type") == "reasoning":
        return said(item.get("summary"), "reasoning")
    return said(item.get("content"))


def error_in(answered: Body) -> str | None:
    """The code of the error that a response holds instead of an answer."""
    told = answered.get("error")
    if told is None and answered.get("type") != "error":
        return None
    error = body(told) or answered
    return next((code for name in ("code", "type") if (code := code_in(error.get(name)))), "error")
