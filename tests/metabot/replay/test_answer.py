"""Which rule answers, and that its words come from the request."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from metabot.replay.answer import Answer, answer, placeholders
from metabot.replay.chat_request import read
from metabot.replay.script import Script
from metabot.replay.script_file import load

SCRIPT = """
model = "m"

[[capture]]
role = "system"
pattern = 'You are helping (?P<customer>\\w+)'

[[rules]]
name = "look up"
assistant_turns = 0
messages = [{ role = "user", pattern = 'order (?P<order>\\d+)' }]
tool_calls = [{ name = "lookup", arguments = { id = "{order}", deep = ["{customer}"] } }]

[[rules]]
name = "found"
tool_results = ["lookup"]
messages = [{ role = "tool", tool = "lookup", pattern = 'status (?P<status>\\w+)' }]
json = { reply = "Hello {customer}, it is {status}. {{literally}}", n = 1 }

[[rules]]
name = "small talk"
messages = [{ role = "user", pattern = "^Hi" }]
text = "Hi {customer}"
"""

CALL = {"role": "assistant", "tool_calls": [{"id": "c", "function": {"name": "lookup", "arguments": "{}"}}]}
TOOLS = [{"type": "function", "function": {"name": "lookup"}}]


@pytest.fixture
def script(tmp_path: Path) -> Script:
    path = tmp_path / "script.toml"
    path.write_text(SCRIPT, encoding="utf-8")
    return load(path)


def asked(script: Script, *messages: dict[str, Any], tools: list[dict[str, Any]] = TOOLS) -> Answer | None:
    return answer(script, read(json.dumps({"model": "m", "messages": messages, "tools": tools}).encode()))


def system(text: str) -> dict[str, Any]:
    return {"role": "system", "content": text}


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def test_arguments_come_from_the_request(script: Script) -> None:
    """A captured text stands in the tool call's arguments, however deep."""
    found = asked(script, system("You are helping Ada."), user("Where is order 17?"))
    assert found is not None
    assert found.rule == "look up"
    assert [(name, json.loads(arguments)) for name, arguments in found.calls] == [
        ("lookup", {"id": "17", "deep": ["Ada"]})
    ]


def test_the_reply_depends_on_prompt_and_tool_result(script: Script) -> None:
    """The name comes from the instructions, the status from the tool; doubled braces are braces."""
    found = asked(
        script,
        system("You are helping Ada."),
        user("Where is order 17?"),
        CALL,
        {"role": "tool", "tool_call_id": "c", "content": "status shipped"},
    )
    assert found is not None
    assert json.loads(found.text or "") == {"reply": "Hello Ada, it is shipped. {literally}", "n": 1}


def test_a_name_that_the_prompt_lost_is_missing_from_the_reply(script: Script) -> None:
    """Nobody is made up."""
    found = asked(script, system("You are an assistant."), user("Hi"))
    assert found is not None
    assert found.text == "Hi "


@pytest.mark.parametrize(
    "messages",
    [
        pytest.param([user("Where is my parcel?")], id="no pattern fits"),
        pytest.param([system("order 17"), user("?")], id="the words stand in another role's message"),
        pytest.param([user("order 17"), {"role": "assistant", "content": "?"}, user("!")], id="too many turns"),
        pytest.param(
            [user("order 17"), CALL, {"role": "tool", "tool_call_id": "c", "content": "nothing"}], id="no status"
        ),
    ],
)
def test_no_rule_answers_when(script: Script, messages: list[dict[str, Any]]) -> None:
    """Without a rule there is no answer, not a similar one."""
    assert asked(script, *messages) is None


def test_a_rule_calls_no_tool_that_is_not_offered(script: Script) -> None:
    """A model can only call what the request offers."""
    assert asked(script, user("order 17"), tools=[]) is None


def test_placeholders_are_found_in_every_corner() -> None:
    """Lists, tables and plain values; doubled braces are none."""
    assert placeholders(["{a}", {"k": "x {b} {{c}}"}, 3, None]) == {"a", "b"}
