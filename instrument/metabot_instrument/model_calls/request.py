"""What a request asks: its parameters, and the conversation that it sends.

https://platform.openai.com/docs/api-reference: chat completions, the older completions, responses and embeddings.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from metabot_instrument.model_calls.spoken import Asked, Message, Part, said, tool_call, tool_result, tools
from metabot_instrument.model_calls.values import Body, body, listed, number, text, whole
from metabot_instrument.vocabulary import attributes as names

OPERATIONS: Final = {
    "/chat/completions": "chat",
    "/responses": "chat",
    "/completions": "text_completion",
    "/embeddings": "embeddings",
}
"""From the path that is posted to the operation."""

_LIMITS: Final = ("max_completion_tokens", "max_tokens", "max_output_tokens")
_NUMBERS: Final[dict[str, tuple[str, Callable[[object], Any]]]] = {
    names.TEMPERATURE: ("temperature", number),
    names.TOP_P: ("top_p", number),
    names.TOP_K: ("top_k", number),
    names.FREQUENCY_PENALTY: ("frequency_penalty", number),
    names.PRESENCE_PENALTY: ("presence_penalty", number),
    names.SEED: ("seed", whole),
    names.DIMENSIONS: ("dimensions", whole),
    names.REQUEST_MODEL: ("model", text),
    names.REQUEST_TIER: ("service_tier", text),
}
_SAID_AS_ITEMS: Final = ("function_call_output", "custom_tool_call_output")
CALLED_AS_ITEMS: Final = ("function_call", "custom_tool_call")


def parameters(asked: Body) -> dict[str, Any]:
    """Attributes; None where the request says nothing."""
    choices = whole(asked.get("n"))
    conversation = asked.get("conversation")
    return {
        **{name: read(asked.get(key)) for name, (key, read) in _NUMBERS.items()},
        names.MAX_TOKENS: next((limit for name in _LIMITS if (limit := whole(asked.get(name))) is not None), None),
        names.CHOICES: choices if choices != 1 else None,
        names.STOP: _stops(asked.get("stop")),
        names.STREAM: True if asked.get("stream") is True else None,
        names.ENCODINGS: [encoding] if (encoding := text(asked.get("encoding_format"))) else None,
        names.OUTPUT_TYPE: _output_type(asked),
        names.CONVERSATION: text(conversation) or text(body(conversation).get("id")),
    }


def _stops(stop: object) -> list[str] | None:
    return [one for one in map(text, [stop] if isinstance(stop, str) else listed(stop)) if one] or None


def _output_type(asked: Body) -> str | None:
    wanted = body(asked.get("response_format")) or body(body(asked.get("text")).get("format"))
    kind = text(wanted.get("type"))
    return "json" if kind and kind.startswith("json") else kind


def conversation(asked: Body) -> Asked:
    """The request's texts; of an embedding's input nothing is kept."""
    return Asked(
        tools(asked.get("tools") or asked.get("functions")),
        said(asked.get("instructions")),
        [message for message in map(_message, _sent(asked)) if message["parts"]],
    )


def _sent(asked: Body) -> list[object]:
    sent = asked.get("messages") or asked.get("input") or asked.get("prompt")
    return [sent] if isinstance(sent, str) else listed(sent)


def _message(sent: object) -> Message:
    if isinstance(sent, str):
        return {"role": "user", "parts": said(sent)}
    told = body(sent)
    kind, role = told.get("type"), text(told.get("role")) or "user"
    if kind in CALLED_AS_ITEMS:
        return {"role": "assistant", "parts": [tool_call(told)]}
    if kind in _SAID_AS_ITEMS:
        return {"role": "tool", "parts": [tool_result(told.get("call_id"), told.get("output"))]}
    if kind == "reasoning":
        return {"role": "assistant", "parts": said(told.get("summary"), "reasoning")}
    if role in ("tool", "function"):
        return {"role": role, "parts": [tool_result(told.get("tool_call_id"), told.get("content"))]}
    return {"role": role, "parts": parts(told)}


def parts(message: Body) -> list[Part]:
    """Of a message or of a choice's: what it says, then the tools that it calls."""
    calls = [*listed(message.get("tool_calls")), message.get("function_call")]
    return [
        *said(message.get("reasoning_content") or message.get("reasoning"), "reasoning"),
        *said(message.get("content")),
        *said(message.get("refusal")),
        *(tool_call(call) for call in map(body, calls) if call),
    ]
