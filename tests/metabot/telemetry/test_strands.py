import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.telemetry import strands
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import Reject, Span
from tests.metabot.telemetry.exports import TRACE, line
from tests.metabot.telemetry.sdk_spans import BEGIN_NS


def flat(span_id="eee19b7ec3c1b174", *, carrying=(), events=(), **fields):
    """A span as `readable_spans_to_dicts` makes it."""
    span = {
        "trace_id": TRACE, "span_id": span_id, "parent_span_id": None, "name": "chat", "start_time": BEGIN_NS,
        "end_time": BEGIN_NS + 5, "attributes": dict(carrying), "scope": {"name": "strands.telemetry.tracer"},
        "status": {"code": "OK"}, "span_events": list(events),
    }  # fmt: skip
    return {**span, **fields}


def read(*spans):
    return list(strands.read([line(list(spans))]))


@pytest.mark.parametrize(
    "value",
    [
        pytest.param([flat()], id="a list"),
        pytest.param(flat(), id="a span a line"),
        pytest.param({"spans": [flat()]}, id="named"),
    ],
)
def test_each_way_of_saving_is_read(value):
    """The format is the list's; where it is saved is the user's."""
    assert strands.recognises(Opening(line(value)))
    assert [span.span_id for span in strands.read([line(value)])] == ["eee19b7ec3c1b174"]


def test_a_call_has_the_messages_of_its_events():
    """The events are called `event_name` here."""
    asked = {
        "event_name": "gen_ai.user.message",
        "timestamp": BEGIN_NS,
        "attributes": {"content": '[{"text": "2+2?"}]'},
    }
    carried = {"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 9, "gen_ai.system": "strands-agents"}
    (span,) = read(flat(carrying=carried, events=[asked]))
    call = span.model_call
    assert (call.prompt_chars, call.input_tokens, call.provider) == (4, 9, None)
    assert call.scope == "strands.telemetry.tracer"


def test_a_tool_that_says_that_it_failed_has_failed():
    """Its span is ok, because nothing was raised."""
    said = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "add", "gen_ai.tool.status": "error"}
    fine = {**said, "gen_ai.tool.status": "success"}
    assert [span.status for span in read(flat("a1", carrying=said), flat("b2", carrying=fine))] == ["error", "ok"]


def test_a_file_of_something_else_is_a_reject():
    """Another list of spans is not recognised, and another object is no list of spans."""
    assert not strands.recognises(Opening(line([{"trace_id": TRACE, "span_id": "a1", "events": []}])))
    (found,) = strands.read([b'{"a": 1}'])
    assert isinstance(found, Reject)
    assert found.reason == "no spans of Strands Evals"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["toolUse", "toolResult", "text", "parts", "arguments"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(JSON, JSON, st.dictionaries(st.sampled_from([*flat(), "spans"]), JSON, max_size=4))
def test_any_content_gives_records(content, told, fields):
    """Nothing raises: not around the spans, not inside one, not inside a message."""
    events = [
        {"event_name": name, "timestamp": BEGIN_NS, "attributes": {"content": content, "message": told}}
        for name in ("gen_ai.user.message", "gen_ai.choice", "gen_ai.tool.message")
    ]
    details = {"gen_ai.input.messages": content, "gen_ai.output.messages": told}
    events.append({"event_name": "gen_ai.client.inference.operation.details", "timestamp": 1, "attributes": details})
    for operation in ("chat", "execute_tool"):
        span = flat(carrying={"gen_ai.operation.name": operation}, events=events)
        records = [*read({**span, **fields}), *strands.read([json.dumps(fields).encode()])]
        assert all(isinstance(one, Span | Reject) for one in records)


@pytest.mark.real_data
def test_recordings_of_four_frameworks(real_data):
    """No span is rejected; each framework's model calls are there with their tokens."""
    counts = {}
    for path in sorted(
        (real_data / "raw/strands-evals/tests/strands_evals/mappers/fixtures").glob("*_live_spans.json")
    ):
        assert strands.recognises(Opening(path.read_bytes()))
        spans = list(strands.read([path.read_bytes()]))
        assert all(isinstance(span, Span) for span in spans)
        calls = [span.model_call for span in spans if span.model_call]
        counts[path.name.split("_")[0]] = (len(spans), len(calls), sum(call.input_tokens for call in calls))
    assert counts["smolagents"] == (7, 2, 2366 + 3890)
    assert counts["openai"] == (17, 8, 225 + 141 + 174 + 275 + 187 + 217 + 246 + 405)
    assert counts["adk"] == (7, 4, 2 * (157 + 222))  # each call on two spans, one inside the other
    assert counts["claude"] == (10, 0, 0)
