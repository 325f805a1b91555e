"""A streamed answer put together again out of its server-sent events.

https://platform.openai.com/docs/api-reference/chat-streaming and .../responses-streaming
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from metabot_instrument.model_calls.values import Body, body, listed, text, whole

_SPOKEN: Final = ("content", "reasoning_content", "reasoning", "refusal")
_CALLED: Final = ("tool_calls", "function_call")
_KEPT: Final = ("id", "model", "service_tier", "system_fingerprint")


class Chunk(NamedTuple):
    end: int  # where in the bytes it ends
    told: Body | None  # None: it was no JSON


class Answered(NamedTuple):
    whole: Body  # as it would have come in one piece, as far as it came
    first: int | None  # where in the bytes the first chunk ends that says something
    broken: bool  # one of the chunks was no JSON


def answered(data: bytes) -> Answered:
    """The answer in these bytes, which may be one piece of JSON although a stream was asked for."""
    if data.lstrip()[:1] == b"{":
        at_once = _parsed(data)
        return Answered(at_once or {}, None, at_once is None)
    chunks = list(_chunks(data))
    told = [chunk.told for chunk in chunks if chunk.told]
    first = next((chunk.end for chunk in chunks if chunk.told and _says(chunk.told)), None)
    broken = any(chunk.told is None for chunk in chunks)
    return Answered(_of_responses(told) if any(map(_is_event, told)) else _of_chat(told), first, broken)


def _chunks(data: bytes) -> Iterator[Chunk]:
    end, lines = 0, list[bytes]()
    for line in data.splitlines(keepends=True):
        end += len(line)
        if line.startswith(b"data:"):
            lines.append(line[5:].strip())
        elif not line.strip() and lines:
            event, lines = b"\n".join(lines), []
            if event.startswith(b"[DONE]"):
                return
            yield Chunk(end, _parsed(event))


def _parsed(data: bytes) -> Body | None:
    try:
        return body(json.loads(data))
    except (ValueError, RecursionError):
        return None


def _is_event(chunk: Body) -> bool:
    """Of the Responses interface; chunks of chats may bear a type as well, and servers send pings."""
    return (text(chunk.get("type")) or "").startswith("response.")


def _says(chunk: Body) -> bool:
    if _is_event(chunk):
        return str(chunk["type"]).endswith(".delta")
    choices = [body(choice) for choice in listed(chunk.get("choices"))]
    deltas = [body(choice.get("delta")) for choice in choices]
    return any(choice.get("text") for choice in choices) or any(
        delta.get(name) for delta in deltas for name in (*_SPOKEN, *_CALLED)
    )


def _of_chat(chunks: list[Body]) -> Body:
    found: dict[str, Any] = {}
    choices: dict[int, dict[str, Any]] = {}
    for chunk in chunks:
        found |= {name: chunk[name] for name in _KEPT if chunk.get(name) and name not in found}
        if (error := chunk.get("error") or (chunk if chunk.get("type") == "error" else None)) is not None:
            found["error"] = error
        if (usage := body(chunk.get("usage"))) and _counted(usage) >= _counted(found.get("usage")):
            found["usage"] = usage
        for choice in map(body, listed(chunk.get("choices"))):
            _add(choices.setdefault(whole(choice.get("index")) or 0, {"message": {}, "calls": {}}), choice)
    for choice in choices.values():
        choice["message"]["tool_calls"] = list(choice.pop("calls").values())
    return {**found, "choices": list(choices.values())} if choices else found


def _counted(usage: object) -> int:
    """Tokens in all: some servers count up from chunk to chunk, and some end with zeros."""
    return sum(number for value in body(usage).values() if (number := whole(value)) is not None)


def _add(so_far: dict[str, Any], choice: Body) -> None:
    if reason := text(choice.get("finish_reason")):
        so_far["finish_reason"] = reason
    delta, message = body(choice.get("delta")) or {"content": choice.get("text")}, so_far["message"]
    for name in _SPOKEN:
        if piece := text(delta.get(name)):
            message[name] = message.get(name, "") + piece
    if function := body(delta.get("function_call")):
        _add_call(message.setdefault("function_call", {}), {"function": function})
    for call in map(body, listed(delta.get("tool_calls"))):
        place = whole(call.get("index"))
        _add_call(so_far["calls"].setdefault(text(call.get("id")) if place is None else place, {}), call)


def _add_call(so_far: dict[str, Any], call: Body) -> None:
    """The id and the name come once, the arguments bit by bit."""
    function = body(call.get("function"))
    for name, value in (("id", call.get("id")), ("name", function.get("name"))):
        if found := text(value):
            so_far.setdefault(name, found)
    so_far["arguments"] = so_far.get("arguments", "") + (text(function.get("arguments")) or "")


def _of_responses(events: list[Body]) -> Body:
    """The whole that the last events repeat; of a stream that ended early the items, and what the last one said."""
    found: dict[str, Any] = {}
    items: list[Body] = []
    piece = ""
    for event in events:
        if isinstance(event.get("response"), Mapping):
            found |= {name: value for name, value in event["response"].items() if value is not None}
        elif event.get("type") == "response.output_text.delta":
            piece += text(event.get("delta")) or ""
        elif event.get("type") == "response.output_item.done":
            items, piece = [*items, body(event.get("item"))], ""
        elif event.get("error") or event.get("type") == "error":
            found["error"] = body(event.get("error")) or event
    if not found.get("output"):
        found["output"] = [*items, *([{"content": piece}] if piece else [])]
    return found
