"""Which messages tell a model that its answer could not be read, and what a call keeps of that and of its answer."""

import json

import pytest

from metabot.telemetry.complaints import asks_for_form
from metabot.telemetry.model_call import spoken


@pytest.mark.parametrize(
    "message",
    [
        "Error in code parsing:\nYour code snippet is invalid, because the pattern was not found in it.",
        "Your output was not formatted correctly. You must always include one discussion and one command.",
        "Please always provide EXACTLY ONE action in triple backticks, found 0 actions.",
        "Format error:\n\nno action",
        "Invalid Format: Missing 'Action:' after 'Thought:'",
        "Could not parse LLM output: `yes`",
        "Validation Error found:\n1 validation error for User\nRecall the function correctly, fix the errors",
        "Plain text responses are not permitted, please include your response in a tool call",
        "Fix the errors and try again.",
    ],
)
def test_is_a_complaint(message):
    """The words of agent frameworks and of libraries of structured output."""
    assert asks_for_form(message)


@pytest.mark.parametrize(
    "message",
    [
        "",
        "Please continue.",
        "Where is my order?",
        "Why do I get 'Unexpected token, invalid JSON' from this server?",
        "x" * 500 + " Invalid format: Missing 'Action:'",
        "Your answer was not valid JSON. " + "x" * 6_000,
    ],
)
def test_is_none(message):
    """Questions about formats, words far down in a message, and whole conversations in one text."""
    assert not asks_for_form(message)


def test_a_call_tells_whether_its_last_message_is_one():
    """And nothing where no message was recorded."""
    messages = [{"role": "user", "content": "Hello"}, {"role": "user", "content": "Fix the errors and try again."}]
    assert spoken({"gen_ai.input.messages": json.dumps(messages)})["asks_for_form"] is True
    assert spoken({"gen_ai.input.messages": json.dumps(messages[:1])})["asks_for_form"] is False
    assert spoken({})["asks_for_form"] is None


def test_a_long_answer_tells_how_far_it_repeats_itself():
    """By the bytes that it packs into; a short one does not tell."""
    assert spoken({"output.value": "again " * 4_000})["answer_packed"] < 500
    assert spoken({"output.value": "again " * 3})["answer_packed"] is None
