"""A chat completion as attributes of OpenInference's conventions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any


def request(asked: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    attributes: dict[str, Any] = {
        "openinference.span.kind": "LLM",
        "llm.system": "openai",
        "llm.model_name": asked["model"],
        "input.value": json.dumps({key: asked[key] for key in asked if key in ("messages", "model", "tools")}),
        "input.mime_type": "application/json",
    }
    for number, one in enumerate(asked["messages"]):
        attributes |= _message(f"llm.input_messages.{number}.message", one)
    for number, tool in enumerate(asked.get("tools") or ()):
        attributes[f"llm.tools.{number}.tool.json_schema"] = json.dumps(tool)
    return "ChatCompletion", attributes


def response(said: dict[str, Any]) -> dict[str, Any]:
    usage = said["usage"]
    return {
        "output.value": json.dumps(said),
        "output.mime_type": "application/json",
        "llm.token_count.prompt": usage["prompt_tokens"],
        "llm.token_count.completion": usage["completion_tokens"],
        "llm.token_count.total": usage["total_tokens"],
        "llm.token_count.prompt_details.cache_read": usage["prompt_tokens_details"]["cached_tokens"],
        **_message("llm.output_messages.0.message", said["choices"][0]["message"]),
    }


def _message(prefix: str, one: dict[str, Any]) -> dict[str, Any]:
    return {f"{prefix}.{key}": value for key, value in _fields(one)}


def _fields(one: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    yield "role", one["role"]
    if one.get("content"):
        yield "content", one["content"]
    if one.get("tool_call_id"):
        yield "tool_call_id", one["tool_call_id"]
    for number, call in enumerate(one.get("tool_calls") or ()):
        yield f"tool_calls.{number}.tool_call.id", call["id"]
        yield f"tool_calls.{number}.tool_call.function.name", call["function"]["name"]
        yield f"tool_calls.{number}.tool_call.function.arguments", call["function"]["arguments"]
