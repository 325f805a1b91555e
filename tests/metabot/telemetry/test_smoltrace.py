import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.telemetry import smoltrace
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import Event, Reject, Span
from tests.metabot.telemetry.exports import TRACE, line
from tests.metabot.telemetry.sdk_spans import BEGIN_NS

UNPADDED = "0x" + "7" * 30


def span(own="0xa1", *, kind=None, **fields):
    carried = {"llm.token_count.prompt": "10", **({"openinference.span.kind": kind} if kind else {})}
    return {
        "trace_id": UNPADDED, "span_id": own, "parent_span_id": None, "name": "completion", "start_time": BEGIN_NS,
        "end_time": BEGIN_NS + 5, "duration_ms": 77.0, "attributes": carried, "events": [],
        "status": {"code": 1, "description": None}, "kind": "SpanKind.INTERNAL", "resource": {}, **fields,
    }  # fmt: skip


def trace(*spans):
    return {"trace_id": UNPADDED, "spans": list(spans), "total_tokens": 10, "total_duration_ms": 5.0}


def result(**fields):
    verdicts = {"success": False, "tool_called": True, "correct_tool": True, "final_answer_called": True}
    known = {"trace_id": UNPADDED, "total_tokens": 10}
    return {
        "model": "acme/large-1", "evaluation_date": "2026-09-21T12:26:40", "test_id": "t", **verdicts,
        "response_correct": None, "error": "slow down", "enhanced_trace_info": json.dumps(known), **fields,
    }  # fmt: skip


def read(*rows):
    return list(smoltrace.read([line(list(rows))]))


def test_a_trace_gives_its_spans():
    """Ids get their zeros back, texts are counts, and how long it took is end less start."""
    (one,) = read(trace(span(kind="LLM")))
    assert (one.trace_id, one.span_id) == (UNPADDED[2:].rjust(32, "0"), "a1".rjust(16, "0"))
    assert (one.kind, one.end_ns - one.start_ns, one.model_call.input_tokens) == ("model", 5, 10)


def test_the_test_around_a_run_is_a_workflow():
    """It has no kind of its own."""
    (one,) = read(trace(span(attributes={"test.id": "t", "agent.type": "tool"})))
    assert one.kind == "workflow"


@pytest.mark.parametrize("written", ["('stop',)", "['stop']", "stop"])
def test_a_list_that_python_wrote_as_text_is_read(written):
    """Every attribute was made a text."""
    carried = {"gen_ai.operation.name": "chat", "gen_ai.response.finish_reasons": written}
    (one,) = read(trace(span(attributes=carried)))
    assert one.model_call.finish_reason == "stop"


def test_a_result_gives_a_score_for_each_verdict():
    """One that was not reached is none; the error says why the test failed."""
    scores = read(result())
    assert [(one.name, one.value, one.text) for one in scores] == [
        ("success", 0.0, "slow down"), ("tool_called", 1.0, None), ("correct_tool", 1.0, None),
        ("final_answer_called", 1.0, None),
    ]  # fmt: skip
    assert {(one.kind, one.trace_id, one.time_ns) for one in scores} == {
        ("score", UNPADDED[2:].rjust(32, "0"), BEGIN_NS)
    }


def test_a_result_may_name_its_trace_itself():
    """Rows of a published data set have it beside the verdicts."""
    row = result(enhanced_trace_info=None, trace_id=f"0x{TRACE}")
    assert {one.trace_id for one in read(row)} == {TRACE}


def test_each_file_is_recognised_by_what_it_holds():
    """Sums over the traces are known and not read."""
    assert smoltrace.recognises(Opening(line([trace(span())])))
    assert smoltrace.recognises(Opening(line([result()])))
    assert smoltrace.recognises(Opening(line(result()) + line(result())))
    assert not smoltrace.recognises(Opening(line([span()])))


@pytest.mark.parametrize(
    ("value", "summary"),
    [
        pytest.param(
            {"traces_dataset": "t", "results_dataset": "r", "success_rate": 0.0}, True, id="a leaderboard's row"
        ),
        pytest.param({"num_results": 5, "num_traces": 5, "num_metrics": 6}, True, id="what the run was"),
        pytest.param(
            [{"data_points": [{"value": {"value": 0}, "attributes": {"total_tests": 5}}]}], True, id="metrics"
        ),
        pytest.param([trace(span())], False, id="the traces"),
        pytest.param([result()], False, id="the results"),
    ],
)
def test_sums_are_known_by_name(value, summary):
    """They are refused with what they are, not with their keys."""
    assert smoltrace.is_summary(Opening(line(value))) == summary


def test_what_is_neither_is_a_reject_at_its_row():
    """The rows around it are read."""
    first, second, third = read(trace(span()), {"a": 1}, result(evaluation_date="soon"))
    assert isinstance(first, Span)
    assert (second.position, second.reason) == ("line 1, row 2", "neither a trace nor a result")
    assert (third.position, third.reason) == ("line 1, row 3", "a result without a date")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from([*span()]), JSON, max_size=4),
    st.dictionaries(st.sampled_from([*result(), "spans", "trace_id"]), JSON, max_size=4),
)
def test_any_content_gives_records(in_span, in_row):
    """Nothing raises: not around the spans, not inside one, not in a result."""
    records = read(trace({**span(), **in_span}), {**result(), **in_row}, in_row)
    assert all(isinstance(one, Span | Event | Reject) for one in records)


@pytest.mark.real_data
def test_three_of_sixteen_calls_were_refused(real_data):
    """In three of five traces, each with the provider's code; agents and tests around them are no calls."""
    (folder,) = (real_data / "raw/smoltrace/test_results").iterdir()
    spans = list(smoltrace.read([(folder / "traces.json").read_bytes()]))
    calls = [span for span in spans if span.kind == "model"]
    failed = [span for span in calls if span.status == "error"]
    assert (len(calls), len(failed), len({span.trace_id for span in failed})) == (16, 3, 3)
    assert len({span.trace_id for span in spans}) == 5
    assert all(
        span.error_type == "litellm.exceptions.RateLimitError" and "3505" in span.error_message for span in failed
    )
    assert all(span.model_call.input_tokens is None for span in failed)
    scores = list(smoltrace.read([(folder / "results.json").read_bytes()]))
    assert {score.trace_id for score in scores} == {span.trace_id for span in spans}
    assert [score.value for score in scores if score.name == "success"] == [0.0, 0.0, 0.0]
    for name in ("metrics", "leaderboard_row", "metadata"):
        assert smoltrace.is_summary(Opening((folder / f"{name}.json").read_bytes()))
