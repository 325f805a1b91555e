"""A chat completion as attributes of OpenTelemetry's conventions for generative AI."""

from __future__ import annotations

import json
from typing import Any

_PARAMETERS = {"temperature": "gen_ai.request.temperature", "max_tokens": "gen_ai.request.max_tokens"}


def request(asked: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": asked["model"],
        "gen_ai.input.messages": json.dumps([_message(one) for one in asked["messages"]]),
    }
    attributes |= {name: asked[key] for key, name in _PARAMETERS.items() if key in asked}
    if asked.get("tools"):
        attributes["gen_ai.tool.definitions"] = json.dumps(asked["tools"])
    return f"chat {asked['model']}", attributes


def response(said: dict[str, Any]) -> dict[str, Any]:
    choice, usage = said["choices"][0], said["usage"]
    return {
        "gen_ai.response.id": said["id"],
        "gen_ai.response.model": said["model"],
        "gen_ai.response.finish_reasons": [choice["finish_reason"]],
        "gen_ai.output.messages": json.dumps(
            [_message(choice["message"]) | {"finish_reason": choice["finish_reason"]}]
        ),
        "gen_ai.usage.input_tokens": usage["prompt_tokens"],
        "gen_ai.usage.output_tokens": usage["completion_tokens"],
        "gen_ai.usage.cache_read.input_tokens": usage["prompt_tokens_details"]["cached_tokens"],
    }


def _message(one: dict[str, Any]) -> dict[str, Any]:
    text = one.get("content")
    if one["role"] == "tool":
        return {"role": "tool", "parts": [{"type": "tool_call_response", "id": one["tool_call_id"], "response": text}]}
    parts = [{"type": "text", "content": text}] if text else []
    for call in one.get("tool_calls") or ():
        asked = call["function"]
        parts.append({"type": "tool_call", "id": call["id"], "name": asked["name"], "arguments": asked["arguments"]})
    return {"role": one["role"], "parts": parts}
