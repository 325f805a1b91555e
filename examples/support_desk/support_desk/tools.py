"""The tools that the model may call: three look-ups over the shop's local HTTP service."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import requests

from support_desk.tracing import code_of, http_client_span, tracer

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionFunctionToolParam, ChatCompletionMessageFunctionToolCall


def lookup_customer(email: str) -> dict[str, Any]:
    """The customer's record: name, level, country, open tickets, vouchers given this year."""
    return _get("/customers", {"email": email})


def lookup_order(order_id: str) -> dict[str, Any]:
    """An order: its items, status, dates and tracking."""
    return _get("/orders", {"order_id": order_id})


def search_articles(query: str) -> dict[str, Any]:
    """The three help articles that share most words with the query."""
    return _get("/articles", {"query": query})


def _get(path: str, params: dict[str, str]) -> dict[str, Any]:
    with http_client_span(f"{_base_url()}{path}", _get) as span:
        response = requests.get(f"{_base_url()}{path}", params=params, timeout=5)
        response.raise_for_status()
        span.set_attribute("http.response.status_code", response.status_code)
        found: dict[str, Any] = response.json()
        return found


def _base_url() -> str:
    return os.environ.get("SUPPORT_DESK_TOOLS_URL", "http://127.0.0.1:8085")


def execute(call: ChatCompletionMessageFunctionToolCall) -> str:
    """Runs the tool that the model asked for; the result is the text of the tool's message."""
    name, arguments = call.function.name, call.function.arguments
    tool = _TOOLS.get(name)
    if tool is None:
        return json.dumps({"error": f"there is no tool {name!r}"})
    attributes = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": name,
        "gen_ai.tool.type": "function",
        "gen_ai.tool.call.id": call.id,
        "gen_ai.tool.call.arguments": arguments,
        **code_of(tool),
    }
    with tracer.start_as_current_span(f"execute_tool {name}", attributes=attributes) as span:
        result = json.dumps(tool(**json.loads(arguments)))
        span.set_attribute("gen_ai.tool.call.result", result)
        return result


def _definition(name: str, description: str, parameter: str, meaning: str) -> ChatCompletionFunctionToolParam:
    parameters = {
        "type": "object",
        "properties": {parameter: {"type": "string", "description": meaning}},
        "required": [parameter],
        "additionalProperties": False,
    }
    return {
        "type": "function",
        "function": {"name": name, "description": description, "parameters": parameters, "strict": True},
    }


_TOOLS: dict[str, Callable[..., dict[str, Any]]] = {
    "lookup_customer": lookup_customer,
    "lookup_order": lookup_order,
    "search_articles": search_articles,
}

DEFINITIONS: list[ChatCompletionFunctionToolParam] = [
    _definition(
        "lookup_customer",
        "Find a customer's record by e-mail address.",
        "email",
        "The address that the ticket came from.",
    ),
    _definition(
        "lookup_order",
        "Find an order with its items, status, dates and tracking.",
        "order_id",
        "The order's number, for example HP-10482.",
    ),
    _definition(
        "search_articles",
        "Search the help articles; answers with the three best ones.",
        "query",
        "Three to six plain keywords.",
    ),
]
