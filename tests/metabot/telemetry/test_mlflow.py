import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.telemetry import mlflow
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import Event, Reject, Span
from tests.metabot.telemetry.exports import BEGIN_NS, MS, TRACE, line

OWN = "eee19b7ec3c1b174"
PARENT = "00f067aa0ba902b7"


def b64(digits):
    return base64.b64encode(bytes.fromhex(digits)).decode()


def attributes(kind="CHAT_MODEL", **told):
    known = {"mlflow.traceRequestId": f"tr-{TRACE}", "mlflow.spanType": kind}
    return {name: json.dumps(value) for name, value in {**known, **told}.items()}


def flat(**fields):
    """As protocol buffers in JSON; the fourth version has other ids in the same places."""
    span = {
        "trace_id": b64(TRACE), "span_id": b64(OWN), "parent_span_id": b64(PARENT), "name": "Completions",
        "start_time_unix_nano": BEGIN_NS, "end_time_unix_nano": BEGIN_NS + 5 * MS, "events": [],
        "status": {"code": "STATUS_CODE_OK", "message": ""}, "attributes": attributes(),
    }  # fmt: skip
    return {**span, **fields}


OF_MLFLOW_2 = {
    "name": "Completions", "context": {"trace_id": f"0x{TRACE}", "span_id": f"0x{OWN}"}, "parent_id": f"0x{PARENT}",
    "start_time": BEGIN_NS, "end_time": BEGIN_NS + 5 * MS, "status_code": "OK", "status_message": "",
    "attributes": attributes(), "events": [],
}  # fmt: skip
OF_FOUR = flat(trace_id=f"tr-{TRACE}", otel_trace_id=TRACE, span_id=OWN, parent_span_id=PARENT, status={"code": "OK"})


def trace(*spans, **info):
    return {"info": {"trace_id": f"tr-{TRACE}", "state": "OK", **info}, "data": {"spans": list(spans)}}


def read(value):
    return list(mlflow.read([line(value)]))


def call(**told):
    (span,) = read(trace(flat(attributes=attributes(**told))))
    return span.model_call


@pytest.mark.parametrize(
    "span",
    [pytest.param(OF_MLFLOW_2, id="MLflow 2"), pytest.param(flat(), id="base64"), pytest.param(OF_FOUR, id="both ids")],
)
@pytest.mark.parametrize(
    "held",
    [
        pytest.param(trace, id="a trace"),
        pytest.param(lambda span: [trace(span)], id="a list of traces"),
        pytest.param(lambda span: {"spans": [span], "request": "{}"}, id="the file beside a run"),
        pytest.param(
            lambda span: [{"trace_metadata": {}, "trace": json.dumps(trace(span))}], id="a row with it as text"
        ),
        pytest.param(lambda span: [{"trace_metadata": {}, "trace": None, "spans": [span]}], id="a row with its spans"),
        pytest.param(
            lambda span: {"object": "response", "output": [], "databricks_output": {"trace": trace(span)}},
            id="what a served agent answers",
        ),
    ],
)
def test_each_shape_of_a_span_is_the_same_span(span, held):
    """Whatever holds it."""
    value = held(span)
    assert mlflow.recognises(Opening(line(value)))
    (found,) = read(value)
    assert (found.trace_id, found.span_id, found.parent_id) == (TRACE, OWN, PARENT)
    assert (found.start_ns, found.end_ns, found.status, found.kind) == (BEGIN_NS, BEGIN_NS + 5 * MS, "ok", "model")


@pytest.mark.parametrize(
    ("kind", "is_"),
    [("LLM", "model"), ("EMBEDDING", "embedding"), ("RETRIEVER", "retrieval"), ("AGENT", "agent"),
     ("CHAIN", "workflow"), ("TOOL", "tool"), ("PARSER", "internal")],
)  # fmt: skip
def test_a_type_is_a_kind(kind, is_):
    """A type that an application made up is none."""
    (span,) = read(trace(flat(attributes=attributes(kind))))
    assert span.kind == is_


def test_a_tool_has_what_it_was_given_and_what_came_back():
    """Both are JSON in a text."""
    told = {"mlflow.spanInputs": {"a": 2}, "mlflow.spanOutputs": "4", "mlflow.spanFunctionName": "add"}
    (span,) = read(trace(flat(attributes=attributes("TOOL", **told))))
    assert (span.input, span.output, span.code_function) == ('{"a":2}', "4", "add")


ASKED = {"model": "large-1", "messages": [{"role": "user", "content": "2+2?"}]}


@pytest.mark.parametrize(
    ("asked", "came", "finish"),
    [
        pytest.param(
            ASKED,
            {"model": "large-1-2026", "choices": [{"message": {"content": "four"}, "finish_reason": "stop"}]},
            "stop",
            id="chat completions",
        ),
        pytest.param(
            {"model": "large-1", "input": "2+2?"},
            {"model": "large-1-2026", "output": [{"type": "message", "content": [{"text": "four"}]}]},
            None,
            id="responses",
        ),
        pytest.param(
            ASKED,
            {"model": "large-1-2026", "content": [{"type": "text", "text": "four"}], "stop_reason": "end_turn"},
            "end_turn",
            id="Anthropic's",
        ),
        pytest.param(
            [[{"type": "human", "content": "2+2?"}]],
            {
                "generations": [[{"text": "four", "message": {"content": "four"}}]],
                "llm_output": {"model_name": "large-1"},
            },
            None,
            id="LangChain's",
        ),
    ],
)
def test_a_call_is_read_out_of_the_librarys_own_bodies(asked, came, finish):
    """Each library has its own."""
    found = call(**{"mlflow.spanInputs": asked, "mlflow.spanOutputs": came})
    assert (found.prompt_chars, found.answer_chars, found.finish_reason) == (4, 4, finish)
    assert found.model.startswith("large-1")


SUMMARY = {"input_tokens": 100, "output_tokens": 20, "total_tokens": 120}


@pytest.mark.parametrize(
    ("summary", "usage", "counts"),
    [
        pytest.param(SUMMARY, None, (100, None, None, 20, None), id="the summary"),
        pytest.param(
            {**SUMMARY, "cache_read_input_tokens": 60}, None, (100, 60, None, 20, None), id="a cached part of it"
        ),
        pytest.param(
            SUMMARY,
            {
                "prompt_tokens": 100,
                "prompt_tokens_details": {"cached_tokens": 60},
                "completion_tokens_details": {"reasoning_tokens": 5},
            },
            (100, 60, None, 20, 5),
            id="more in the answer",
        ),
        pytest.param(
            SUMMARY,
            {
                "input_tokens": 100,
                "output_tokens": 20,
                "cache_read_input_tokens": 60,
                "cache_creation_input_tokens": 10,
            },
            (170, 60, 10, 20, None),
            id="beside the input",
        ),
        pytest.param(
            {**SUMMARY, "input_tokens": 170, "total_tokens": 190, "cache_read_input_tokens": 60},
            {
                "input_tokens": 100,
                "output_tokens": 20,
                "cache_read_input_tokens": 60,
                "cache_creation_input_tokens": 10,
            },
            (170, 60, 10, 20, None),
            id="beside the input, and added in the summary",
        ),
        pytest.param(None, {"prompt_tokens": 7, "completion_tokens": 3}, (7, None, None, 3, None), id="no summary"),
        pytest.param(None, None, (None, None, None, None, None), id="unknown"),
    ],
)
def test_tokens_have_one_meaning(summary, usage, counts):
    """Cached and written tokens are input, whichever version of MLflow summed them up."""
    told = {"mlflow.chat.tokenUsage": summary, "mlflow.spanOutputs": {"usage": usage}}
    found = call(**told)
    assert counts == (
        found.input_tokens, found.cached_tokens, found.cache_write_tokens, found.output_tokens, found.reasoning_tokens,
    )  # fmt: skip


def test_a_streamed_answer_has_the_time_of_its_first_piece():
    """The pieces themselves are no events that anyone looks for."""
    pieces = [
        {"name": f"mlflow.chunk.item.{place}", "time_unix_nano": BEGIN_NS + (2 + place) * MS, "attributes": {}}
        for place in range(2)
    ]
    (span,) = read(trace(flat(events=pieces)))
    assert (span.model_call.first_token_ns, span.events) == (BEGIN_NS + 2 * MS, ())


def test_what_failed_says_why():
    """The exception is an event."""
    raised = {"exception.type": "ValueError", "exception.message": "no"}
    event = {"name": "exception", "time_unix_nano": BEGIN_NS, "attributes": raised}
    (span,) = read(trace(flat(status={"code": "STATUS_CODE_ERROR", "message": "ValueError: no"}, events=[event])))
    assert (span.status, span.error_type, span.error_message) == ("error", "ValueError", "ValueError: no")


def test_a_trace_has_its_session_and_its_revision():
    """Both stand above the spans."""
    told = {"mlflow.trace.session": "s1", "mlflow.source.git.commit": "66c0c90"}
    for name in ("trace_metadata", "request_metadata"):
        (span,) = read(trace(flat(), **{name: told}))
        assert (span.session_id, span.revision) == ("s1", "66c0c90")


def test_feedback_is_a_score():
    """What was expected is none, and neither is what was taken back."""
    known = {"assessment_name": "correct", "create_time": "2026-09-21T12:26:40Z", "feedback": {"value": "yes"}}
    others = [{**known, "feedback": None, "expectation": {"value": "4"}}, {**known, "valid": False}]
    older = {"name": "style", "create_time_ms": BEGIN_NS // MS, "feedback": {"value": 0.5}, "rationale": "dull"}
    _, *scores = read(trace(flat(), assessments=[known, *others, older]))
    assert [(one.name, one.value, one.text, one.trace_id) for one in scores] == [
        ("correct", 1.0, "yes", TRACE), ("style", 0.5, "dull", TRACE),
    ]  # fmt: skip
    (reject,) = read(trace(assessments=[{"feedback": {"value": 1}}]))
    assert (reject.position, reject.reason) == ("line 1, assessment 1", "without a name or a time")


def test_a_file_of_something_else_is_a_reject():
    """Another's spans are not recognised."""
    assert not mlflow.recognises(Opening(line({"spans": [{"attributes": {"gen_ai.operation.name": "chat"}}]})))
    (reject,) = read({"a": 1})
    assert reject.reason == "no trace of MLflow"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["usage", "generations", "message", "output", "choices", "content"]), inner)
    ),
    max_leaves=8,
)


@given(
    JSON,
    JSON,
    st.dictionaries(st.sampled_from([*flat(), "context"]), JSON, max_size=4),
    st.dictionaries(st.sampled_from(["assessments", "trace_metadata", "data", "spans", "trace", "info"]), JSON),
)
def test_any_content_gives_records(asked, came, in_span, in_trace):
    """Nothing raises: not above the spans, not inside one, not inside a body."""
    told = attributes(**{"mlflow.spanInputs": asked, "mlflow.spanOutputs": came, "mlflow.chat.tokenUsage": came})
    whole = trace({**flat(attributes=told), **in_span}, **in_trace)
    records = [*read(whole), *read({**whole, **in_trace}), *read([in_trace])]
    assert all(isinstance(one, Span | Event | Reject) for one in records)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        pytest.param(BEGIN_NS // 1000, BEGIN_NS, id="microseconds"),
        pytest.param(BEGIN_NS, BEGIN_NS, id="nanoseconds"),
        pytest.param(7, 7, id="neither"),
    ],
)
def test_an_event_in_microseconds_stands_where_it_happened(written, kept):
    """MLflow stamps exceptions with another unit than spans."""
    failed = {"name": "exception", "time_unix_nano": written, "attributes": {"exception.type": "OvenError"}}
    (span,) = read(trace(flat(events=[failed])))
    assert [(event.time_ns, event.exception_type) for event in span.events] == [(kept, "OvenError")]
