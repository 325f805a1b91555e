"""One conversation: from a ticket to its triage."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from opentelemetry.trace import Span, SpanKind

from support_desk import tools
from support_desk.messages import recorded_input, recorded_output
from support_desk.prompts import system_prompt
from support_desk.tickets import Ticket, Triage, triage
from support_desk.tracing import code_of, tracer

if TYPE_CHECKING:
    from openai import OpenAI
    from openai.types.chat import (
        ChatCompletion,
        ChatCompletionMessage,
        ChatCompletionMessageFunctionToolCall,
        ChatCompletionMessageParam,
        ChatCompletionMessageToolCallUnion,
    )

MODEL = os.environ.get("SUPPORT_DESK_MODEL", "gpt-4.1-mini")
MAX_TURNS = 8


def handle(ticket: Ticket, client: OpenAI) -> Triage:
    """Triage of one ticket.

    requests.RequestException: a tool failed. openai.OpenAIError: the model failed.
    ValueError: the model's answer is no triage, or it called tools for `MAX_TURNS` turns.
    """
    attributes = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "support_desk",
        "gen_ai.conversation.id": ticket.id,
        **code_of(handle),
    }
    with tracer.start_as_current_span("invoke_agent support_desk", attributes=attributes):
        messages: list[ChatCompletionMessageParam] = [
            {"role": "system", "content": system_prompt(datetime.now(UTC), ticket.sender)},
            {"role": "user", "content": ticket.text()},
        ]
        for _ in range(MAX_TURNS):
            message = _ask(client, messages, ticket.id)
            if not message.tool_calls:
                return triage(message.content or "")
            messages.append(_assistant(message))
            for call in message.tool_calls:
                result = tools.execute(_function_call(call))
                messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
        raise ValueError(f"{ticket.id}: no answer after {MAX_TURNS} turns of tool calls")


def _ask(client: OpenAI, messages: list[ChatCompletionMessageParam], conversation: str) -> ChatCompletionMessage:
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": MODEL,
        "gen_ai.conversation.id": conversation,
        "gen_ai.input.messages": recorded_input(messages),
        "gen_ai.tool.definitions": json.dumps(tools.DEFINITIONS),
        "server.address": client.base_url.host,
        **code_of(_ask),
    }
    with tracer.start_as_current_span(f"chat {MODEL}", kind=SpanKind.CLIENT, attributes=attributes) as span:
        completion = client.chat.completions.create(model=MODEL, messages=messages, tools=tools.DEFINITIONS)
        _record(span, completion)
        return completion.choices[0].message


def _record(span: Span, completion: ChatCompletion) -> None:
    span.set_attribute("gen_ai.response.id", completion.id)
    span.set_attribute("gen_ai.response.model", completion.model)
    span.set_attribute("gen_ai.response.finish_reasons", [choice.finish_reason for choice in completion.choices])
    span.set_attribute("gen_ai.output.messages", recorded_output(completion))
    usage = completion.usage
    if usage is None:
        return
    span.set_attribute("gen_ai.usage.input_tokens", usage.prompt_tokens)
    span.set_attribute("gen_ai.usage.output_tokens", usage.completion_tokens)
    details = usage.prompt_tokens_details
    if details is not None and details.cached_tokens is not None:
        span.set_attribute("gen_ai.usage.cache_read.input_tokens", details.cached_tokens)


def _assistant(message: ChatCompletionMessage) -> ChatCompletionMessageParam:
    calls = [_function_call(call) for call in message.tool_calls or ()]
    return {
        "role": "assistant",
        "content": message.content,
        "tool_calls": [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.function.name, "arguments": call.function.arguments},
            }
            for call in calls
        ],
    }


def _function_call(call: ChatCompletionMessageToolCallUnion) -> ChatCompletionMessageFunctionToolCall:
    if call.type != "function":
        raise ValueError(f"the model called a tool of a kind that the support desk has not: {call!r}")
    return call
