"""Requests that the service would refuse with 400."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.replay.chat_request import BadRequest, read

USER = {"role": "user", "content": "hi"}
CALLS = {"role": "assistant", "tool_calls": [{"id": "c", "function": {"name": "t", "arguments": "{}"}}]}
RESULT = {"role": "tool", "tool_call_id": "c", "content": "1"}


def body(**fields: Any) -> bytes:
    return json.dumps({"model": "m", "messages": [USER]} | fields).encode()


@pytest.mark.parametrize(
    ("request_body", "param"),
    [
        pytest.param(b"{", None, id="torn JSON"),
        pytest.param(b"\xff", None, id="not UTF-8"),
        pytest.param(b"[]", None, id="a list"),
        pytest.param(b"[" * 100_000, None, id="nested too deep"),
        pytest.param(b'{"model": ' + b"9" * 5000 + b"}", None, id="a number too long"),
        pytest.param(body(model=None), "model", id="no model"),
        pytest.param(body(n=2), "n", id="two choices"),
        pytest.param(body(max_tokens=0), "max_tokens", id="no tokens"),
        pytest.param(body(messages=[]), "messages", id="no messages"),
        pytest.param(body(messages="hi"), "messages", id="messages are a text"),
        pytest.param(body(messages=["hi"]), "messages[0].role", id="a message is a text"),
        pytest.param(body(messages=[{"role": "robot", "content": "x"}]), "messages[0].role", id="unknown role"),
        pytest.param(body(messages=[{"role": [], "content": "x"}]), "messages[0].role", id="the role is a list"),
        pytest.param(body(messages=[{"role": "user"}]), "messages[0].content", id="no content"),
        pytest.param(
            body(messages=[{"role": "user", "content": [{"type": "image_url"}]}]), "messages[0].content", id="an image"
        ),
        pytest.param(body(tools={}), "tools", id="tools are a table"),
        pytest.param(body(tools=[{"type": "function"}]), "tools[0]", id="a tool without a function"),
        pytest.param(body(messages=[USER, CALLS]), "messages", id="a call without its result"),
        pytest.param(body(messages=[USER, CALLS, USER]), "messages[2]", id="a result is missing in between"),
        pytest.param(body(messages=[USER, RESULT]), "messages[1].tool_call_id", id="a result without its call"),
        pytest.param(
            body(messages=[USER, CALLS, RESULT, RESULT]), "messages[3].tool_call_id", id="a result that came twice"
        ),
        pytest.param(
            body(messages=[{"role": "user", "content": "x", "tool_calls": CALLS["tool_calls"]}]),
            "messages[0].tool_calls",
            id="a user who calls tools",
        ),
        pytest.param(
            body(messages=[USER, {"role": "assistant", "tool_calls": [{"id": "c"}]}]),
            "messages[1].tool_calls[0]",
            id="a call without a function",
        ),
    ],
)
def test_refuses(request_body: bytes, param: str | None) -> None:
    """The refusal names the field that is wrong."""
    with pytest.raises(BadRequest) as refused:
        read(request_body)
    assert refused.value.param == param


def test_tools_stand_before_the_messages_in_the_prompt() -> None:
    """The order in which providers cache."""
    tools = [{"type": "function", "function": {"name": "t", "parameters": {}}}]
    prompt = read(body(tools=tools, messages=[{"role": "system", "content": "S"}, USER])).prompt()
    assert prompt.index('"name": "t"') < prompt.index("S") < prompt.index("hi")


def test_text_parts_and_developer_messages_are_read() -> None:
    """Both are other ways to write a text and a system message."""
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    message = read(body(messages=[{"role": "developer", "content": parts}])).messages[0]
    assert (message.role, message.text) == ("system", "ab")


def test_a_result_knows_its_tool() -> None:
    """By the call's id."""
    assert read(body(messages=[USER, CALLS, RESULT])).messages[-1].tool == "t"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["role", "content", "id"]), inner),
    max_leaves=8,
)


@given(st.fixed_dictionaries({}, optional={"model": JSON, "messages": JSON, "tools": JSON, "stream_options": JSON}))
def test_no_request_breaks_the_reader(request: dict[str, Any]) -> None:
    """Any JSON is read or refused."""
    with suppress(BadRequest):
        read(json.dumps(request).encode())
