"""Messages as the GenAI conventions write them, and the texts in them that a prompt's hashes are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from metabot_instrument.model_calls.values import Body, as_text, body, listed, text

Part = dict[str, Any]
Message = dict[str, Any]  # role, parts and, of an answer, finish_reason

_TEXTS = ("text", "input_text", "output_text", "refusal", "summary_text", "reasoning_text")
_URL = ("http://", "https://")


class Asked(NamedTuple):
    """What a request told the model, in the order in which it reads it: tools, instructions, messages."""

    tools: list[Body]
    instructions: list[Part]
    messages: list[Message]


def said(content: object, kind: str = "text") -> list[Part]:
    """The parts of a content: a string, or a list of strings and typed parts. Of images and files the place alone."""
    if found := text(content):
        return [{"type": kind, "content": found}]
    return [part for one in listed(content) if (part := _part(one, kind)) is not None]


def _part(one: object, kind: str) -> Part | None:
    if isinstance(one, str):
        return next(iter(said(one, kind)), None)
    told = body(one)
    name = text(told.get("type")) or "text"
    if name in _TEXTS:
        found = text(told.get("text")) or text(told.get("refusal"))
        return {"type": kind, "content": found} if found else None
    image = told.get("image_url")
    url = text(body(image).get("url")) or text(image)
    if url and url.startswith(_URL):
        return {"type": "uri", "modality": "image", "uri": url}
    return {"type": name}


def tool_call(call: Body) -> Part:
    """A tool's call, in a choice or as an item of its own."""
    function = body(call.get("function")) or body(call.get("custom")) or call
    told = {
        "id": text(call.get("call_id")) or text(call.get("id")),
        "name": text(function.get("name")),
        "arguments": as_text(function.get("arguments")) or as_text(function.get("input")),
    }
    return {"type": "tool_call", **{name: value for name, value in told.items() if value}}


def tool_result(call_id: object, result: object) -> Part:
    found = "\n".join(part["content"] for part in said(result) if "content" in part)
    told = {"id": text(call_id), "response": found}
    return {"type": "tool_call_response", **{name: value for name, value in told.items() if value}}


def tools(defined: object) -> list[Body]:
    """Definitions with the fields of a function beside its type."""
    return [{"type": tool.get("type"), **body(tool["function"])} if body(tool.get("function")) else tool
            for tool in map(body, listed(defined)) if tool]  # fmt: skip


def texts(parts: Iterable[Part]) -> Iterator[str]:
    """What of the parts the model reads as text, in order."""
    for part in parts:
        for name in ("content", "name", "arguments", "response"):
            if found := part.get(name):
                yield found


def plain(parts: list[Part]) -> str | None:
    """The text of a message that is text alone."""
    data = any("name" in part or "arguments" in part for part in parts)
    return None if data else "\n".join(texts(parts)) or None
