"""The names of the tools that a request defines, in whatever way a framework writes them."""

import json

import pytest

from metabot.telemetry.model_call import spoken
from metabot.telemetry.tool_definitions import Tool, tools_offered

PLAIN = {"name": "lookup", "description": "finds an order"}
OPENAI = {"type": "function", "function": PLAIN}
LENGTH = len(json.dumps(OPENAI, separators=(",", ":")))


@pytest.mark.parametrize(
    "attributes",
    [
        pytest.param({"gen_ai.tool.definitions": json.dumps([OPENAI])}, id="the conventions"),
        pytest.param({"gen_ai.tool.definitions": [OPENAI]}, id="a request log"),
        pytest.param({"gen_ai.tool.definitions": [{"toolSpec": PLAIN}]}, id="Bedrock"),
        pytest.param({"llm.tools.0.tool.json_schema": json.dumps(OPENAI)}, id="OpenInference"),
        pytest.param({"llm.request.functions.0.name": "lookup"}, id="OpenLLMetry"),
        pytest.param(
            {"gcp.vertex.agent.llm_request": json.dumps({"config": {"tools": [{"function_declarations": [PLAIN]}]}})},
            id="ADK",
        ),
    ],
)
def test_names_each_tool_and_its_length(attributes):
    """One tool, whose definition has some characters."""
    (tool,) = tools_offered(attributes)
    assert tool.name == "lookup"
    assert tool.chars > 0


@pytest.mark.parametrize(
    "attributes",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"gen_ai.tool.definitions": "no JSON"}, id="a text"),
        pytest.param({"gen_ai.tool.definitions": json.dumps([3, None, [], {"name": 7}])}, id="no names"),
    ],
)
def test_what_has_no_name_is_no_tool(attributes):
    """Hosted tools and damaged definitions are passed over."""
    assert tools_offered(attributes) == []


def test_a_name_counts_once():
    """The last definition of two with one name is the one that a model sees."""
    assert tools_offered({"gen_ai.tool.definitions": json.dumps([PLAIN, OPENAI])}) == [Tool("lookup", LENGTH)]


def test_a_call_tells_what_it_offered_and_what_was_called():
    """Both stand in the fields of the model call."""
    called = {"role": "assistant", "tool_calls": [{"id": "1", "function": {"name": "lookup", "arguments": "{}"}}] * 2}
    attributes = {
        "gen_ai.tool.definitions": json.dumps([OPENAI]),
        "gen_ai.input.messages": json.dumps([{"role": "user", "content": "Where is it?"}]),
        "gen_ai.output.messages": json.dumps([called]),
    }
    told = spoken(attributes)
    assert (told["tools_offered"], told["tools_called"]) == (("lookup",), ("lookup",))
    assert told["tools_chars"] == (LENGTH,)
