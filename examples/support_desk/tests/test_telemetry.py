"""The traces of a conversation, as they stand in the file."""

import json
from pathlib import Path
from typing import Any

import pytest
from openai import OpenAI
from opentelemetry import trace
from scripted import ANSWER, LOOKUPS, SEARCH, TICKET, ScriptedModel
from support_desk.agent import handle

pytestmark = pytest.mark.usefixtures("service")


@pytest.fixture(scope="module")
def spans(client: OpenAI, model: ScriptedModel, telemetry_file: Path) -> list[dict[str, Any]]:
    """The spans of one whole conversation, attributes as plain values."""
    model.answers = [LOOKUPS, SEARCH, {"content": json.dumps(ANSWER)}]
    handle(TICKET, client)
    trace.get_tracer_provider().force_flush()  # type: ignore[attr-defined]
    exports = [json.loads(line) for line in telemetry_file.read_text(encoding="utf-8").splitlines()]
    recorded = [
        span | {"attributes": {entry["key"]: next(iter(entry["value"].values())) for entry in span["attributes"]}}
        for export in exports
        for resource in export["resourceSpans"]
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
    ]
    newest = max((span for span in recorded if "parentSpanId" not in span), key=lambda s: int(s["endTimeUnixNano"]))
    return [span for span in recorded if span["traceId"] == newest["traceId"]]


def named(spans: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return sorted((s for s in spans if s["name"] == name), key=lambda s: int(s["startTimeUnixNano"]))


def test_a_conversation_is_one_trace(spans: list[dict[str, Any]]) -> None:
    """One agent span above three model calls and three tools."""
    (agent,) = named(spans, "invoke_agent support_desk")
    assert agent["attributes"]["gen_ai.conversation.id"] == "T-1"
    assert len(named(spans, "chat gpt-4.1-mini")) == 3
    assert {s["name"] for s in spans if s["name"].startswith("execute_tool")} == {
        "execute_tool lookup_customer",
        "execute_tool lookup_order",
        "execute_tool search_articles",
    }


def test_every_span_has_its_parent(spans: list[dict[str, Any]]) -> None:
    """Also when tools run in threads of their own."""
    ids = {span["spanId"] for span in spans}
    orphans = [span["name"] for span in spans if span.get("parentSpanId", span["spanId"]) not in ids]
    assert orphans == []
    assert sum("parentSpanId" not in span for span in spans) == 1


def test_ids_are_hexadecimal(spans: list[dict[str, Any]]) -> None:
    """As OTLP/JSON asks for, not base64."""
    for span in spans:
        assert (len(bytes.fromhex(span["traceId"])), len(bytes.fromhex(span["spanId"]))) == (16, 8)


def test_a_model_call_says_what_it_used(spans: list[dict[str, Any]]) -> None:
    """Tokens, cached tokens, finish reason, messages, and the tool calls that were asked for."""
    first = named(spans, "chat gpt-4.1-mini")[0]["attributes"]
    assert first["gen_ai.usage.input_tokens"] == "100"
    assert first["gen_ai.usage.cache_read.input_tokens"] == "64"
    assert first["gen_ai.response.finish_reasons"] == {"values": [{"stringValue": "tool_calls"}]}
    roles = [message["role"] for message in json.loads(first["gen_ai.input.messages"])]
    assert roles == ["system", "user"]
    (answer,) = json.loads(first["gen_ai.output.messages"])
    assert [part["type"] for part in answer["parts"]] == ["tool_call", "tool_call"]
    assert answer["parts"][0]["arguments"] == {"email": "ada.lindqvist@example.com"}


def test_a_tool_span_carries_arguments_and_result(spans: list[dict[str, Any]]) -> None:
    """And the model's own id of the call."""
    (tool,) = named(spans, "execute_tool lookup_order")
    attributes = tool["attributes"]
    assert attributes["gen_ai.tool.call.id"] == "lookup_order-id"
    assert json.loads(attributes["gen_ai.tool.call.arguments"]) == {"order_id": "HP-10417"}
    assert json.loads(attributes["gen_ai.tool.call.result"])["status"] == "shipped"


def test_spans_say_where_their_code_is(spans: list[dict[str, Any]]) -> None:
    """File and function of the application."""
    for span in spans:
        assert span["attributes"]["code.file.path"].endswith(".py")
        assert span["attributes"]["code.function.name"].startswith("support_desk.")
