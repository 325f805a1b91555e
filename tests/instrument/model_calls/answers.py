"""Answers of a server that speaks OpenAI's interfaces, whole and streamed, for the tests of this folder."""

from __future__ import annotations

import json
from typing import Any

from model_server import Answering, Way

ASKED = [{"role": "system", "content": "Count beans."}, {"role": "user", "content": "How many?"}]
USAGE = {
    "prompt_tokens": 300,
    "completion_tokens": 40,
    "total_tokens": 340,
    "prompt_tokens_details": {"cached_tokens": 256, "cache_write_tokens": 12},
    "completion_tokens_details": {"reasoning_tokens": 24},
}
CALLED = {"id": "call_1", "type": "function", "function": {"name": "tell", "arguments": '{"beans":12}'}}
SAID = {"role": "assistant", "content": "Twelve.", "tool_calls": [CALLED]}
COMPLETION = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1_772_000_000,
    "model": "gpt-4o-2024-08-06",
    "system_fingerprint": "fp_1",
    "service_tier": "default",
    "choices": [{"index": 0, "message": SAID, "finish_reason": "tool_calls"}],
    "usage": USAGE,
}
TOOL = {
    "type": "function",
    "function": {"name": "tell", "description": "Tells.", "parameters": {"type": "object", "properties": {}}},
}
RESPONSE = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1_772_000_000,
    "model": "gpt-4o-2024-08-06",
    "status": "completed",
    "output": [
        {"id": "rs_1", "type": "reasoning", "summary": [{"type": "summary_text", "text": "Count."}]},
        {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "status": "completed",
            "content": [{"type": "output_text", "text": "Twelve.", "annotations": []}],
        },
        {"id": "fc_1", "type": "function_call", "call_id": "call_1", "name": "tell", "arguments": "{}"},
    ],
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [],
    "usage": {
        "input_tokens": 300,
        "input_tokens_details": {"cached_tokens": 256},
        "output_tokens": 40,
        "output_tokens_details": {"reasoning_tokens": 24},
        "total_tokens": 340,
    },
}
EMBEDDED = {
    "object": "list",
    "model": "text-embedding-3-small",
    "data": [{"object": "embedding", "index": 0, "embedding": [0.5, 0.25]}],
    "usage": {"prompt_tokens": 7, "total_tokens": 7},
}


def _chunk(*choices: dict[str, Any], **more: Any) -> dict[str, Any]:
    told = {name: COMPLETION[name] for name in ("id", "created", "model", "system_fingerprint", "service_tier")}
    return {**told, "object": "chat.completion.chunk", "choices": list(choices), **more}


def _delta(**delta: Any) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "finish_reason": None}


CHUNKS = [
    _chunk(_delta(role="assistant", content="")),
    _chunk(_delta(content="Twel")),
    _chunk(_delta(content="ve.")),
    _chunk(_delta(tool_calls=[{"index": 0, **CALLED, "function": {"name": "tell", "arguments": '{"bea'}}])),
    _chunk(_delta(tool_calls=[{"index": 0, "function": {"arguments": 'ns":12}'}}])),
    _chunk({"index": 0, "delta": {}, "finish_reason": "tool_calls"}),
    _chunk(usage=USAGE),
]
"""COMPLETION bit by bit."""

_ITEM = {"item_id": "msg_1", "output_index": 1, "content_index": 0}
RESPONSE_EVENTS = [
    {"type": "response.created", "response": {**RESPONSE, "status": "in_progress", "output": [], "usage": None}},
    {"type": "response.output_item.added", "output_index": 0, "item": RESPONSE["output"][0]},
    {"type": "response.output_item.done", "output_index": 0, "item": RESPONSE["output"][0]},
    {"type": "response.output_item.added", "output_index": 1, "item": {**RESPONSE["output"][1], "content": []}},
    {"type": "response.content_part.added", **_ITEM, "part": {"type": "output_text", "text": "", "annotations": []}},
    {"type": "response.output_text.delta", **_ITEM, "delta": "Twel", "logprobs": []},
    {"type": "response.output_text.delta", **_ITEM, "delta": "ve.", "logprobs": []},
    {"type": "response.output_item.done", "output_index": 1, "item": RESPONSE["output"][1]},
    {"type": "response.output_item.added", "output_index": 2, "item": RESPONSE["output"][2]},
    {"type": "response.output_item.done", "output_index": 2, "item": RESPONSE["output"][2]},
    {"type": "response.completed", "response": RESPONSE},
]


def whole(answer: Any) -> Way:
    def way(answering: Answering) -> None:
        answering.head(200, "application/json")
        answering.raw(json.dumps(answer).encode())

    return way


def streamed(*events: Any, done: bool = True) -> Way:
    def way(answering: Answering) -> None:
        answering.head(200, "text/event-stream")
        for number, event in enumerate(events):
            name = f"event: {event['type']}\n" if isinstance(event, dict) and "type" in event else ""
            told = {**event, "sequence_number": number} if name else event
            answering.raw(f"{name}data: {told if isinstance(told, str) else json.dumps(told)}\n\n".encode())
        if done:
            answering.event("[DONE]")

    return way
