import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.telemetry.answers import answer, finish_reason, tool_call_ids
from metabot.telemetry.messages import prompt

TOOL = {"type": "function", "name": "search"}

GENAI = {
    "gen_ai.tool.definitions": json.dumps([TOOL]),
    "gen_ai.system_instructions": json.dumps([{"type": "text", "content": "You are helpful."}]),
    "gen_ai.input.messages": json.dumps(
        [
            {"role": "user", "parts": [{"type": "text", "content": "Where is it?"}]},
            {
                "role": "assistant",
                "parts": [{"type": "tool_call", "id": "c1", "name": "search", "arguments": {"q": 1}}],
            },
            {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": "on the shelf"}]},
        ]
    ),
}
OPENLLMETRY = {
    "llm.request.functions.0.name": "search",
    "gen_ai.prompt.0.role": "system",
    "gen_ai.prompt.0.content": "You are helpful.",
    "gen_ai.prompt.1.content": json.dumps([{"type": "text", "text": "Where is it?"}]),
    "gen_ai.prompt.2.role": "assistant",
    "gen_ai.prompt.2.tool_calls.0.id": "c1",
    "gen_ai.prompt.2.tool_calls.0.name": "search",
    "gen_ai.prompt.2.tool_calls.0.arguments": '{"q":1}',
    "gen_ai.prompt.3.role": "tool",
    "gen_ai.prompt.3.content": "on the shelf",
}
OPENINFERENCE = {
    "llm.tools.0.tool.json_schema": json.dumps(TOOL),
    "llm.input_messages.0.message.content": "You are helpful.",
    "llm.input_messages.1.message.contents.0.message_content.type": "text",
    "llm.input_messages.1.message.contents.0.message_content.text": "Where is it?",
    "llm.input_messages.2.message.tool_calls.0.tool_call.function.name": "search",
    "llm.input_messages.2.message.tool_calls.0.tool_call.function.arguments": '{"q":1}',
    "llm.input_messages.3.message.content": "on the shelf",
    "input.value": "what the flattened messages were made of",
}
BODY = {
    "llm.tools.0.tool.json_schema": json.dumps(TOOL),
    "input.value": json.dumps(
        {
            "messages": [
                {"role": "system", "content": "You are helpful."},
                {"role": "user", "content": [{"type": "text", "text": "Where is it?"}]},
                {
                    "role": "assistant",
                    "tool_calls": [{"id": "c1", "function": {"name": "search", "arguments": '{"q":1}'}}],
                },
                {"role": "tool", "tool_call_id": "c1", "content": "on the shelf"},
            ]
        }
    ),
}
LANGCHAIN = {
    "llm.tools.0.tool.json_schema": json.dumps(TOOL),
    "input.value": json.dumps(
        {
            "messages": [
                [
                    {"lc": 1, "id": ["SystemMessage"], "kwargs": {"content": "You are helpful."}},
                    {"lc": 1, "id": ["HumanMessage"], "kwargs": {"content": "Where is it?"}},
                    {"lc": 1, "kwargs": {"content": "", "tool_calls": [{"name": "search", "args": {"q": 1}}]}},
                    {"lc": 1, "id": ["ToolMessage"], "kwargs": {"content": "on the shelf"}},
                ]
            ]
        }
    ),
}
AI_SDK = {
    "gen_ai.tool.definitions": json.dumps([TOOL]),
    "ai.prompt.messages": json.dumps(
        [
            {"role": "system", "content": "You are helpful."},
            {"role": "user", "content": [{"type": "text", "text": "Where is it?"}]},
            {"role": "assistant", "content": "", "tool_calls": [{"name": "search", "args": {"q": 1}}]},
            {"role": "tool", "content": "on the shelf"},
        ]
    ),
}
LANGSMITH = {"llm.tools.0.tool.json_schema": json.dumps(TOOL), "gen_ai.prompt": LANGCHAIN["input.value"]}
ADK = {
    "gcp.vertex.agent.llm_request": json.dumps(
        {
            "config": {"system_instruction": "You are helpful.", "tools": [{"function_declarations": [TOOL]}]},
            "contents": [
                {"role": "user", "parts": [{"text": "Where is it?"}]},
                {"role": "model", "parts": [{"function_call": {"id": "c1", "name": "search", "args": {"q": 1}}}]},
                {"role": "user", "parts": [{"text": "on the shelf"}]},
            ],
        }
    )
}


@pytest.mark.parametrize(
    "attributes",
    [
        pytest.param(GENAI, id="OpenTelemetry"),
        pytest.param(OPENLLMETRY, id="OpenLLMetry"),
        pytest.param(OPENINFERENCE, id="OpenInference"),
        pytest.param(BODY, id="the request's body"),
        pytest.param(LANGCHAIN, id="LangChain's messages"),
        pytest.param(ADK, id="Agent Development Kit"),
        pytest.param(AI_SDK, id="AI SDK"),
        pytest.param(LANGSMITH, id="LangSmith"),
    ],
)
def test_every_convention_gives_the_same_texts_in_the_same_order(attributes):
    """Tools first, then instructions, then the messages with what was asked of tools and what they answered."""
    found = prompt(attributes)
    assert found is not None
    tool, *messages = found.texts
    assert "search" in tool
    assert [text.replace(" ", "").lower() for text in messages] == [
        "youarehelpful.", "whereisit?", "search", '{"q":1}', "ontheshelf",
    ]  # fmt: skip
    assert found.last == "on the shelf"


@pytest.mark.parametrize(
    "attributes",
    [
        pytest.param({}, id="nothing recorded"),
        pytest.param({"gen_ai.prompt.0.role": "user"}, id="roles alone"),
        pytest.param({"gen_ai.input.messages": "[]"}, id="no message"),
        pytest.param({"llm.tools.0.tool.json_schema": "{}"}, id="tools alone"),
        pytest.param({"gcp.vertex.agent.llm_request": "{}"}, id="an empty request"),
    ],
)
def test_a_prompt_that_was_not_recorded_is_unknown(attributes):
    """Unknown, not empty: an empty prompt would look the same as every other one."""
    assert prompt(attributes) is None


def test_a_prompt_that_lost_its_beginning_is_unknown():
    """A span that holds too many attributes drops the oldest ones; what is left would look like another prompt."""
    cut = {name: value for name, value in OPENINFERENCE.items() if "input_messages.0" not in name}
    assert prompt(cut).texts == []
    assert prompt(cut).last == "on the shelf"


def test_a_result_that_is_data_does_not_name_the_request():
    """Each instrumentation writes data its own way, so it cannot tell two calls apart."""
    contents = [{"role": "user", "parts": [{"function_response": {"id": "c1", "response": {"found": True}}}]}]
    found = prompt({"gcp.vertex.agent.llm_request": json.dumps({"contents": contents})})
    assert found is not None
    assert found.texts == ['{"found":true}']
    assert found.last is None


def test_structured_attributes_are_read_like_json():
    """An exporter may write messages as nested values instead of a string."""
    assert prompt({**GENAI, "gen_ai.input.messages": json.loads(GENAI["gen_ai.input.messages"])}) == prompt(GENAI)


@pytest.mark.parametrize(
    "attributes",
    [
        pytest.param(
            {"gen_ai.output.messages": json.dumps(
                [{"role": "assistant", "finish_reason": "tool_calls",
                  "parts": [{"type": "tool_call", "id": "a", "name": "x"},
                            {"type": "tool_call", "id": "b", "name": "y"}]}])},
            id="OpenTelemetry",
        ),
        pytest.param(
            {"gen_ai.completion.0.finish_reason": "tool_calls", "gen_ai.response.finish_reasons": ["stop"],
             "gen_ai.completion.0.tool_calls.0.id": "a", "gen_ai.completion.0.tool_calls.1.id": "b"},
            id="OpenLLMetry, whose answer is nearer than the span's summary",
        ),
        pytest.param(
            {"llm.output_messages.0.message.tool_calls.0.tool_call.id": "a",
             "llm.output_messages.0.message.tool_calls.1.tool_call.id": "b",
             "output.value": json.dumps({"choices": [{"finish_reason": "tool_calls", "message": {}}]})},
            id="OpenInference",
        ),
        pytest.param(
            {"output.value": json.dumps({"choices": [{"finish_reason": "tool_calls", "message": {
                "tool_calls": [{"id": "a", "function": {"name": "x"}}, {"id": "b", "function": {"name": "y"}}]}}]})},
            id="the response's body",
        ),
        pytest.param(
            {"gen_ai.response.finish_reasons": '["tool_calls"]', "gcp.vertex.agent.llm_response": json.dumps(
                {"content": {"parts": [{"function_call": {"id": "a"}}, {"function_call": {"id": "b"}}]},
                 "finish_reason": "STOP"})},
            id="Agent Development Kit",
        ),
    ],
)  # fmt: skip
def test_the_answer_says_why_it_ended_and_what_it_asked_for(attributes):
    """Ids are what ties a tool's span to the answer that asked for it."""
    assert tool_call_ids(attributes) == ("a", "b")
    assert finish_reason(attributes) == "tool_calls"


def test_what_was_answered_is_no_reason_why():
    """Answers that are texts alone say nothing of their end."""
    assert finish_reason({"gen_ai.output.messages": ["Hello."]}) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["messages", "content", "parts", "text", "tool_calls", "function", "id", "kwargs", "config", "tools",
             "function_call", "function_response", "response", "type", "choices", "message", "finish_reason"]
        ),
        inner, max_size=4,
    ),
    max_leaves=15,
)  # fmt: skip
NAMES = [
    "gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.tool.definitions", "gen_ai.system_instructions",
    "gen_ai.prompt.0.content", "gen_ai.prompt.0.tool_calls.0.arguments", "gen_ai.completion.0.tool_calls.0.id",
    "llm.input_messages.0.message.content", "gcp.vertex.agent.llm_request", "gcp.vertex.agent.llm_response",
    "input.value", "output.value", "gen_ai.response.finish_reasons", "gen_ai.prompt",
]  # fmt: skip


@given(st.dictionaries(st.sampled_from(NAMES), JSON | JSON.map(json.dumps), max_size=5))
def test_any_content_is_read_without_raising(attributes):
    """Whatever was recorded, texts are texts and ids are ids."""
    found = prompt(attributes)
    assert found is None or all(isinstance(text, str) and text for text in found.texts)
    assert all(isinstance(one, str) for one in tool_call_ids(attributes))
    assert finish_reason(attributes) is None or isinstance(finish_reason(attributes), str)


def test_a_message_that_was_cut_inside_a_surrogate_pair_is_still_read_as_messages():
    """One bad character does not turn the whole request into one text."""
    messages = '[{"role":"user","content":"cut \\ud83d"},{"role":"user","content":"whole"}]'
    found = prompt({"gen_ai.input.messages": messages})
    assert found is not None
    assert found.texts == ["cut ?", "whole"]


@pytest.mark.parametrize("name", ["ai.response.text", "gen_ai.completion", "output.value"])
def test_an_answer_that_is_one_text_is_read(name):
    """Of the AI SDK, of the oldest conventions, of OpenInference."""
    assert answer({name: "on the shelf"}) == "on the shelf"


def test_a_reason_that_was_printed_is_the_reason():
    """Semantic Kernel writes the name of its enumeration with it."""
    assert finish_reason({"gen_ai.response.finish_reason": "FinishReason.STOP"}) == "STOP"
