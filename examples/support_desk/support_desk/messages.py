"""A chat as the GenAI conventions record it: roles, and parts of text, tool calls and tool results.

https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-events/
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletion, ChatCompletionMessageParam


def recorded_input(messages: list[ChatCompletionMessageParam]) -> str:
    """`gen_ai.input.messages` of a request."""
    return json.dumps([_message(dict(message)) for message in messages])


def recorded_output(completion: ChatCompletion) -> str:
    """`gen_ai.output.messages` of an answer."""
    answers = [
        {**_message(choice.message.model_dump(exclude_none=True)), "finish_reason": choice.finish_reason}
        for choice in completion.choices
    ]
    return json.dumps(answers)


def _message(message: dict[str, Any]) -> dict[str, Any]:
    role, content = message["role"], message.get("content")
    if role == "tool":
        part = {"type": "tool_call_response", "id": message["tool_call_id"], "response": content}
        return {"role": role, "parts": [part]}
    text = [{"type": "text", "content": content}] if content else []
    calls = [
        {
            "type": "tool_call",
            "id": call["id"],
            "name": call["function"]["name"],
            "arguments": json.loads(call["function"]["arguments"]),
        }
        for call in message.get("tool_calls", ())
    ]
    return {"role": role, "parts": [*text, *calls]}
