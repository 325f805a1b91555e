import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.telemetry import monocle
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import Reject, Span
from tests.metabot.telemetry.exports import line
from tests.metabot.telemetry.sdk_spans import BEGIN, sdk_span

OTHER_TRACE = "0x" + "7" * 32
ASKED = {"tool_function": "add", "tool_arguments": "{}", "call_id": "c1"}
MODEL = {"entity.1.type": "inference.openai", "entity.2.name": "large-1", "entity.2.type": "model.llm.large-1"}


def own(kind, *, asked=None, answered=None, metadata=None, entities=MODEL, **fields):
    """One of Monocle's spans."""
    events = {"data.input": asked, "data.output": answered, "metadata": metadata}
    told = [{"name": name, "timestamp": BEGIN, "attributes": found} for name, found in events.items() if found]
    carried = {"monocle_apptrace.version": "0.6.0", "span.type": kind, "span_source": "/app/shop.py:41", **entities}
    return sdk_span(carrying=carried, events=told, **fields)


def read(*spans):
    return list(monocle.read([line(list(spans))]))


def call_of(*spans):
    (span,) = read(*spans)
    return span.model_call


def test_an_inference_is_a_model_call():
    """Model and provider are entities; tokens and the reason for its end are in events."""
    (span,) = read(
        own(
            "inference",
            asked={"input": ['{"system": "Be kind."}', '{"user": "2+2?"}']},
            answered={"response": '{"assistant": "Four."}', "finish_reason": "stop"},
            metadata={"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12},
        )
    )
    call = span.model_call
    assert (call.provider, call.model, call.finish_reason) == ("openai", "large-1", "stop")
    assert (call.input_tokens, call.output_tokens, call.cached_tokens) == (10, 2, None)
    assert (call.prompt_chars, call.answer_chars) == (len("Be kind.2+2?"), len("Four."))
    assert (span.code_file, span.code_line, span.service) == ("/app/shop.py", 41, "shop")


@pytest.mark.parametrize(
    "response",
    [
        pytest.param(
            '{"tools": [{"tool_id": "c1", "tool_name": "add", "tool_arguments": "{}"}]}', id="an answer of tools"
        ),
        pytest.param(json.dumps(ASKED), id="one of the request's"),
        pytest.param(json.dumps({"assistant": [json.dumps(ASKED)]}), id="JSON in JSON"),
    ],
)
def test_tool_calls_are_asked_for_with_their_ids(response):
    """Each framework's part of Monocle writes its own shape."""
    call = call_of(own("inference", answered={"response": response}))
    assert (call.tool_call_ids, call.answer_chars) == (("c1",), len("add\n{}"))


def test_what_a_tool_answered_is_part_of_the_request():
    """A tool's result stands in the request as output of a call's id; a message without text is left out."""
    asked = ['{"user": "2+2?"}', '{"user": null}', '{"call_id": "c1", "output": "4"}']
    assert call_of(own("inference", asked={"input": asked})).prompt_chars == len("2+2?4")


@pytest.mark.parametrize(
    ("kind", "entities", "is_", "operation"),
    [
        pytest.param(
            "agentic.tool.invocation",
            {"entity.1.type": "tool.adk", "entity.1.name": "add"},
            "tool",
            "execute_tool add",
            id="a tool",
        ),
        pytest.param(
            "agentic.invocation",
            {"entity.1.type": "agent.adk", "entity.1.name": "desk"},
            "agent",
            "invoke_agent desk",
            id="an agent",
        ),
        pytest.param("agentic.turn", {}, "workflow", "chat large-1", id="a turn"),
        pytest.param("agentic.request", {}, "workflow", "chat large-1", id="a turn in older versions"),
        pytest.param("workflow", {"entity.1.type": "workflow.generic"}, "workflow", "chat large-1", id="the root"),
        pytest.param("retrieval", {}, "retrieval", "chat large-1", id="a retrieval"),
        pytest.param("agentic.mcp.invocation", {}, "client", "chat large-1", id="the way to a tool"),
        pytest.param("inference.modelapi", {}, "client", "chat large-1", id="the client below a call"),
        pytest.param("http.process", {}, "server", "chat large-1", id="a request"),
    ],
)
def test_a_type_is_a_kind(kind, entities, is_, operation):
    """A tool and an agent are named, because Monocle calls all of them after one function."""
    (span,) = read(own(kind, entities=entities))
    assert (span.kind, span.operation) == (is_, operation)


def test_a_tool_has_what_it_was_given_and_what_came_back():
    """A list of one text is that text."""
    (span,) = read(own("agentic.tool.invocation", asked={"input": ['{"a": 2}']}, answered={"response": "4"}))
    assert (span.input, span.output) == ('{"a": 2}', "4")


def test_a_failed_span_has_the_code_that_it_failed_with():
    """`completed` stands in the same place where nothing failed."""
    answered = {"error_code": "rate_limit", "response": "slow down"}
    (failed,) = read(own("inference", answered=answered, status={"status_code": "ERROR", "description": "429"}))
    assert (failed.status, failed.error_type, failed.error_message) == ("error", "rate_limit", "429")
    (fine,) = read(own("inference", answered={"error_code": "completed"}, status={"status_code": "OK"}))
    assert fine.error_type is None


@pytest.mark.parametrize(
    ("provider", "output", "reasoning"),
    [pytest.param("gemini", 10, 6, id="beside the answer"), pytest.param("openai", 4, None, id="not told")],
)
def test_thoughts_are_output(provider, output, reasoning):
    """Gemini's total has them and its answer has not."""
    counts = {"prompt_tokens": 10, "completion_tokens": 4, "total_tokens": 20}
    call = call_of(own("inference", metadata=counts, entities={"entity.1.type": f"inference.{provider}"}))
    assert (call.output_tokens, call.reasoning_tokens) == (output, reasoning)


def foreign(**fields):
    carried = {"gen_ai.system": "gcp.vertex.agent", "gen_ai.request.model": "large-1", "gen_ai.usage.input_tokens": 10}
    context = {"trace_id": OTHER_TRACE, "span_id": "0x" + "8" * 16}
    return sdk_span(**{"name": "call_llm", "carrying": carried, "context": context, **fields})


def test_a_call_that_the_framework_recorded_too_is_one():
    """The framework writes under another trace's id, where nothing later finds the two together."""
    spans = read(own("inference", metadata={"prompt_tokens": 10}), foreign())
    assert [(span.kind, span.model_call is not None) for span in spans] == [("model", True), ("workflow", False)]


@pytest.mark.parametrize(
    "spans",
    [
        pytest.param([foreign()], id="Monocle recorded none"),
        pytest.param([own("inference"), foreign(end_time="2026-09-21T12:26:40.001000Z")], id="it ends before"),
        pytest.param([own("inference"), foreign(start_time="2026-09-21T12:26:40.004000Z")], id="it begins later"),
        pytest.param([own("inference"), foreign(carrying={"gen_ai.request.model": "small"})], id="another model"),
    ],
)
def test_a_call_of_the_framework_alone_is_kept(spans):
    """Each looks like a call recorded twice and is not."""
    assert read(*spans)[-1].kind == "model"


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(json.dumps([own("inference")], indent=4).encode(), id="the file exporter's"),
        pytest.param(b"[" + json.dumps(own("inference"), indent=4).encode() + b"\n", id="one not closed yet"),
        pytest.param(line(own("inference")), id="a span a line"),
        pytest.param(line({"batch": [own("inference")]}), id="a batch"),
    ],
)
def test_each_exporter_is_read(written):
    """A list that its writer has not closed is closed for it."""
    assert monocle.recognises(Opening(written))
    assert [span.kind for span in monocle.read([written[:50], written[50:]])] == ["model"]


def test_other_files_of_the_sdk_are_not_recognised():
    """Without Monocle's version on a span they are another's."""
    assert not monocle.recognises(Opening(line([sdk_span()])))
    assert [type(one) for one in monocle.read([b'{"a": 1}'])] == [Reject]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["user", "tools", "tool_name", "tool_function", "call_id", "output"]), inner)
    ),
    max_leaves=8,
)


@given(JSON, JSON, JSON, st.dictionaries(st.sampled_from([*list(sdk_span()), "batch"]), JSON, max_size=4))
def test_any_content_gives_records(asked, answered, metadata, fields):
    """Nothing raises: not around the spans, not inside one, not inside a message."""
    whole = own(
        "inference", asked={"input": asked}, answered={"response": answered}, metadata={"prompt_tokens": metadata}
    )
    records = [*read({**whole, **fields}), *monocle.read([json.dumps(fields).encode()])]
    assert all(isinstance(one, Span | Reject) for one in records)


@pytest.mark.real_data
def test_recordings_of_five_frameworks(real_data):
    """No span is rejected; two model calls of the agent kit stand four times in its file and are two."""
    calls = {}
    for path in sorted((real_data / "raw/monocle/apptrace/tests/integration").glob("*.json")):
        spans = list(monocle.read([path.read_bytes()]))
        assert monocle.recognises(Opening(path.read_bytes()))
        assert all(isinstance(span, Span) for span in spans)
        once = {(span.trace_id, span.span_id): span.model_call for span in spans if span.model_call}
        calls[path.stem.removeprefix("test_")] = (len(once), sum(call.input_tokens for call in once.values()))
    assert calls["adk_single_agent"] == (2, 181 + 215)
    assert calls["openai_agents_sdk"] == (2, 45 + 275)
    assert calls["crewai_single_agent"] == (2, 314 + 391)
    assert calls["langgraph_multi_agent"][0] == 10
