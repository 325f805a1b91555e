import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.telemetry import any_agent
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import Reject, Span
from tests.metabot.telemetry.exports import TRACE, line
from tests.metabot.telemetry.sdk_spans import BEGIN_NS, sdk_span

AGENT = 12324293800750531911


def agent_span(operation, own, **attributes):
    """A span with integers for ids, as the program dumps it."""
    context = {"trace_id": int(TRACE, 16), "span_id": own, "is_remote": False}
    parent = {"trace_id": int(TRACE, 16), "span_id": AGENT} if own != AGENT else {"trace_id": None, "span_id": None}
    return sdk_span(
        name=operation, kind="internal", context=context, parent=parent, start_time=BEGIN_NS, end_time=BEGIN_NS + 5,
        status={"status_code": "ok", "description": None}, carrying={"gen_ai.operation.name": operation, **attributes},
    )  # fmt: skip


def read(*spans):
    return list(any_agent.read([line({"spans": list(spans), "final_output": "4"})]))


def test_ids_of_128_bits_are_kept():
    """Neither the trace's id nor the span's fits into a column of 64-bit integers."""
    (span,) = read(agent_span("invoke_agent", AGENT))
    assert (span.trace_id, span.span_id, span.parent_id, span.kind) == (TRACE, f"{AGENT:016x}", None, "agent")


def test_a_file_is_recognised_by_its_spans():
    """Integers of any size stand before what tells the format."""
    assert any_agent.recognises(Opening(line({"spans": [agent_span("call_llm", 7)]})))
    assert any_agent.recognises(Opening(line([{"spans": [agent_span("call_llm", 7)]}])))
    assert not any_agent.recognises(Opening(line([sdk_span()])))


def test_the_first_versions_wrote_openinference():
    """Their spans have the same ids and no operation."""
    carried = {"openinference.span.kind": "LLM", "llm.model_name": "large-1", "llm.token_count.prompt": 50}
    span = agent_span("generation", 7, **carried)
    span["context"]["trace_flags"] = {"value": 0}
    del span["attributes"]["gen_ai.operation.name"]
    assert any_agent.recognises(Opening(line({"spans": [span], "final_output": "4"})))
    (found,) = read(span)
    assert (found.kind, found.model_call.model, found.model_call.input_tokens) == ("model", "large-1", 50)


def test_a_rendering_is_known_by_its_page():
    """It stands beside the trace and holds the same run without its ids."""
    page = "<html>\n<head></head><body><pre>╭─── CALL_LLM: acme/large-1 ───╮</pre></body></html>".encode()
    assert any_agent.is_rendering(Opening(page))
    assert not any_agent.is_rendering(Opening(b"<html><p>CALL me</p></html>"))
    assert not any_agent.is_rendering(Opening(line({"spans": [agent_span("call_llm", 7)]})))


def test_a_tool_has_what_it_was_given_and_what_came_back():
    """Both have names of this program's own."""
    carried = {"gen_ai.tool.name": "add", "gen_ai.tool.args": '{"a": 2}', "gen_ai.output": "4"}
    (span,) = read(agent_span("execute_tool", 7, **carried))
    assert (span.kind, span.input, span.output, span.parent_id) == ("tool", '{"a": 2}', "4", f"{AGENT:016x}")


@pytest.mark.parametrize(
    ("output", "chars"),
    [
        pytest.param('[{"tool.name": "add", "tool.args": "{}"}]', len("add\n{}"), id="tool calls"),
        pytest.param("four", 4, id="a text"),
        pytest.param('{"steps": []}', len('{"steps": []}'), id="JSON that the model was asked for"),
    ],
)
def test_an_answer_is_a_text_or_tool_calls(output, chars):
    """The name of the attribute was another in the first versions."""
    for name in ("gen_ai.output", "genai.output"):
        (span,) = read(agent_span("call_llm", 7, **{name: output}))
        assert span.model_call.answer_chars == chars


def test_a_call_has_its_tokens():
    """Cached tokens are part of the input; the program's own cost is not read."""
    counts = {"input_tokens": 50, "cached_tokens": 40, "output_tokens": 5, "reasoning_tokens": 3, "input_cost": 1.0}
    (span,) = read(agent_span("call_llm", 7, **{f"gen_ai.usage.{name}": value for name, value in counts.items()}))
    call = span.model_call
    assert (call.input_tokens, call.cached_tokens, call.output_tokens, call.reasoning_tokens) == (50, 40, 5, 3)


def test_a_file_of_something_else_is_a_reject():
    """A trace without spans is none."""
    (found,) = any_agent.read([b'{"final_output": "4"}'])
    assert isinstance(found, Reject)
    assert found.reason == "no trace of any-agent"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)


@given(JSON, st.dictionaries(st.sampled_from(list(sdk_span())), JSON, max_size=4), JSON)
def test_any_content_gives_records(value, fields, output):
    """Nothing raises: not around the spans, not inside one."""
    span = {**agent_span("call_llm", 7, **{"gen_ai.output": output}), **fields}
    records = [*any_agent.read([json.dumps(value).encode()]), *read(span)]
    assert all(isinstance(one, Span | Reject) for one in records)


@pytest.mark.real_data
def test_recordings_of_seven_frameworks(real_data):
    """Each is one agent's run; every model call has its tokens and nothing is rejected."""
    folder = real_data / "raw/any-agent/tests/assets"
    calls = {}
    for path in sorted(folder.glob("*_trace.json")):
        assert any_agent.recognises(Opening(path.read_bytes()))
        spans = list(any_agent.read([path.read_bytes()]))
        assert all(isinstance(span, Span) for span in spans)
        assert [span.kind for span in spans].count("agent") == 1
        models = [span.model_call for span in spans if span.model_call]
        assert all(call.input_tokens and call.output_tokens and call.answer_chars for call in models)
        calls[path.name] = (len(models), sum(call.input_tokens for call in models))
    assert calls["OPENAI_trace.json"] == (3, 269 + 359 + 392)
    assert len(calls) == 7
