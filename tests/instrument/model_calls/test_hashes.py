"""One call recorded with its texts and the same with hashes only: the bot knows the same of both."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from model_server import serving

import metabot_instrument
from metabot.telemetry.agent_logs import trace_lines
from metabot.telemetry.model_call import spoken
from metabot_instrument.model_calls import answer, captured, request
from tests.instrument.model_calls.answers import COMPLETION, TOOL, whole
from tests.instrument.model_calls.recorded import client, read_back, recording

LONG = "You count beans, and nothing else. " * 40
CHAT = {
    "model": "gpt-4o",
    "tools": [TOOL, {**TOOL, "function": {"name": "weigh", "parameters": {}}}],
    "messages": [
        {"role": "system", "content": LONG},
        {"role": "user", "content": [{"type": "text", "text": "How many?"}, {"type": "text", "text": "Süß."}]},
        {"role": "assistant", "tool_calls": COMPLETION["choices"][0]["message"]["tool_calls"]},
        {"role": "tool", "tool_call_id": "call_1", "content": "12"},
    ],
}
NEEDS_TEXT = ("texts", "piece_hashes", "piece_chars", "answer_packed", "asks_for_form")
TEXT = st.text(max_size=400)
PART = st.one_of(
    TEXT.map(lambda text: {"type": "text", "text": text}),
    st.just({"type": "image_url", "image_url": {"url": "https://x.example/1.png"}}),
    st.just({"type": "input_audio", "input_audio": {"data": "AAAA"}}),
)
CALL = st.tuples(TEXT, TEXT, TEXT).map(
    lambda told: {"id": told[0], "type": "function", "function": {"name": told[1], "arguments": told[2]}}
)
CONTENT = st.none() | TEXT | st.lists(PART, max_size=3)
MESSAGE = st.fixed_dictionaries(
    {"role": st.sampled_from(["system", "developer", "user", "assistant", "tool"]), "content": CONTENT},
    optional={"tool_calls": st.lists(CALL, max_size=2), "tool_call_id": TEXT, "reasoning_content": TEXT},
)
ITEM = st.one_of(
    st.fixed_dictionaries({"role": st.just("user"), "content": CONTENT}),
    st.fixed_dictionaries({"type": st.just("function_call"), "call_id": TEXT, "name": TEXT, "arguments": TEXT}),
    st.fixed_dictionaries({"type": st.just("function_call_output"), "call_id": TEXT, "output": CONTENT}),
)
SCHEMA = st.dictionaries(
    st.text(max_size=5), st.integers(0, 9) | TEXT | st.lists(st.booleans(), max_size=2), max_size=3
)
DEFINED = st.tuples(TEXT, SCHEMA).map(
    lambda told: {"type": "function", "function": {"name": told[0], "parameters": told[1]}}
)
REQUEST = st.one_of(
    st.fixed_dictionaries({"messages": st.lists(MESSAGE, max_size=4)}, optional={"tools": st.lists(DEFINED)}),
    st.fixed_dictionaries({"input": TEXT | st.lists(ITEM, max_size=4)}, optional={"instructions": TEXT}),
)
CHOICE = st.fixed_dictionaries({"message": MESSAGE, "finish_reason": st.sampled_from(["stop", "length", None])})


def recorded(capture):
    with serving(whole(COMPLETION)) as server, recording(capture=capture):
        client(server.url).chat.completions.create(**CHAT)
        (span,) = read_back()
    return span.model_call


def without(call):
    return replace(call, first_token_ns=None, texts={}, piece_hashes=(), piece_chars=(), asks_for_form=None)


def test_the_bot_knows_the_same_of_both():
    """Blocks, texts' hashes, lengths, tools, the answer: everything but what is cut out of the texts themselves."""
    with_text, hashed = recorded("text"), recorded("hashes")
    assert len(with_text.block_hashes) == 6
    assert (len(with_text.request_hashes), with_text.tools_offered) == (8, ("tell", "weigh"))
    assert with_text.texts
    assert not hashed.texts
    assert without(with_text) == without(hashed)


def test_of_a_call_without_either_the_figures_are_known():
    """And the tools, by name and length; nothing that tells two prompts apart."""
    call = recorded("none")
    assert (call.input_tokens, call.tools_offered, call.tools_called) == (300, ("tell", "weigh"), ("tell",))
    assert call.prompt_chars is call.prompt_hash is call.answer_hash is call.last_message is call.block_size is None
    assert call.block_hashes == call.request_hashes == ()


def attributes(asked, answered, capture):
    """As OTLP carries them: lists are lists."""
    told = {
        **captured.of_request(request.conversation(asked), capture),
        **captured.of_answer(answer.messages(answered), capture),
    }
    return {name: value for name, value in told.items() if value is not None}


@given(REQUEST, st.lists(CHOICE, max_size=2))
def test_whatever_was_said_hashes_stand_for_it(asked, choices):
    """Any conversation: the bot's reading of its texts and of its hashes agree in every field that both tell."""
    answered = {"choices": choices}
    with_text, hashed = (spoken(attributes(asked, answered, capture)) for capture in ("text", "hashes"))
    for name, value in with_text.items():
        if name not in NEEDS_TEXT:
            assert hashed[name] == value, name


@pytest.mark.parametrize("capture", ["text", "hashes", "none"])
def test_its_trace_line_tells_what_its_export_tells(capture):
    """However long the prompt: the bot reads one call in both."""
    with serving(whole(COMPLETION)) as server, recording(capture=capture) as lines:
        client(server.url).chat.completions.create(**CHAT)
        (exported,) = read_back()
        metabot_instrument.flush()
        (written,) = trace_lines.read([lines.read_bytes()])
    assert written.model_call == exported.model_call
    assert (written.operation, written.kind) == (exported.operation, exported.kind)
    assert (written.model_call.block_hashes != ()) == (capture != "none")
