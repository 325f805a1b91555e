import csv
import io
import json

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from pyarrow import parquet

from metabot.telemetry import calls, langfuse
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import Event, Reject, Span
from tests.metabot.telemetry import mutated
from tests.metabot.telemetry.exports import line, model_rows

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def observation(own_id, parent=None, **fields):
    return {
        "id": own_id,
        "traceId": TRACE,
        "type": "SPAN",
        "name": "step",
        "startTime": "2026-09-21T14:13:20.000Z",
        "endTime": "2026-09-21T14:13:21.500Z",
        "parentObservationId": parent,
        "level": "DEFAULT",
        "metadata": {"attributes": {"tool.name": "bake"}},
        **fields,
    }


ROOT = observation("aa" * 8, metadata={})
MODEL = observation(
    "bb" * 8,
    "aa" * 8,
    type="GENERATION",
    model="large-1",
    usageDetails={"input": 20, "output": 5, "total": 25},
    input="Hi",
)
TOOL = observation("cc" * 8, "aa" * 8, type="TOOL", input={"loaves": 3}, output="done")
SCORE = {
    "id": "s1",
    "traceId": TRACE,
    "observationId": "bb" * 8,
    "name": "helpfulness",
    "value": 0.2,
    "dataType": "NUMERIC",
    "comment": "too short",
    "timestamp": "2026-09-21T14:14:00.000Z",
}
HEAD = {"id": TRACE, "name": "bread", "timestamp": "2026-09-21T14:13:20.000Z", "sessionId": "s-1", "bookmarked": False}
PAGE = {"trace": {**HEAD, "scores": [SCORE]}, "observations": [MODEL, ROOT, TOOL]}
SNAKE = {
    "id": "bb" * 8,
    "trace_id": TRACE,
    "type": "GENERATION",
    "parent_observation_id": "",
    "start_time": "2026-09-21 14:13:20.000000",
    "end_time": "2026-09-21 14:13:21.500000",
    "name": "step",
    "provided_model_name": "large-1",
    "usage_details": {"input": 20, "output": 5},
    "session_id": "s-1",
    "model_parameters": '{"temperature": 1}',
}


def read(*values):
    return list(langfuse.read([line(value) for value in values]))


def spans_of(records):
    found = list(records)
    assert not [one for one in found if isinstance(one, Reject)]
    return [one for one in found if isinstance(one, Span)]


WHOLE = [
    pytest.param([PAGE], id="a trace beside its observations"),
    pytest.param([{**PAGE["trace"], "observations": PAGE["observations"]}], id="a trace around its observations"),
    pytest.param([{"data": [{**PAGE["trace"], "observations": PAGE["observations"]}]}], id="the interface's list"),
    pytest.param([[PAGE]], id="an array of traces"),
    pytest.param([*PAGE["observations"], SCORE], id="lines of observations and scores"),
    pytest.param([[*PAGE["observations"], SCORE]], id="an array of observations and scores"),
    pytest.param([{"data": PAGE["observations"], "meta": {}}, SCORE], id="the interface's list of observations"),
]


@pytest.mark.parametrize("values", WHOLE)
def test_every_way_out_of_langfuse_gives_the_same(values):
    """The same spans and the same score, whatever lies around them; only the session is known by the trace alone."""
    found = spans_of(read(*values))
    assert {(one.span_id, one.parent_id, one.kind, one.trace_id) for one in found} == {
        ("aa" * 8, None, "workflow", TRACE),
        ("bb" * 8, "aa" * 8, "model", TRACE),
        ("cc" * 8, "aa" * 8, "tool", TRACE),
    }
    (score,) = (one for one in read(*values) if isinstance(one, Event))
    assert (score.kind, score.name, score.value, score.text) == ("score", "helpfulness", 0.2, "too short")
    assert (score.trace_id, score.span_id) == (TRACE, "bb" * 8)
    assert langfuse.recognises(Opening(b"".join(map(line, values))))


def test_tools_have_their_arguments_and_results():
    """As they were recorded."""
    (tool,) = (one for one in spans_of(read(PAGE)) if one.kind == "tool")
    assert (tool.input, tool.output, tool.session_id) == ('{"loaves":3}', "done", "s-1")


def test_rows_of_blob_storage_have_other_names():
    """Snake case, an empty parent, times without a zone."""
    (found,) = spans_of(read(SNAKE))
    assert (found.parent_id, found.session_id, found.kind) == (None, "s-1", "model")
    assert found.model_call is not None
    assert (found.model_call.model, found.model_call.input_tokens) == ("large-1", 20)
    assert (
        found
        == spans_of(read({**MODEL, "parentObservationId": None, "input": None, "sessionId": "s-1", "metadata": {}}))[0]
    )


def _csv(row):
    text = io.StringIO()
    writer = csv.DictWriter(text, row)
    writer.writeheader()
    writer.writerow({name: value if isinstance(value, str) else json.dumps(value) for name, value in row.items()})
    return text.getvalue().encode()


def _parquet(row):
    usage = pa.array([list(row["usage_details"].items())], pa.map_(pa.string(), pa.int64()))
    cells = {name: usage if name == "usage_details" else [value] for name, value in row.items()}
    file = io.BytesIO()
    parquet.write_table(pa.table(cells), file)
    return file.getvalue()


@pytest.mark.parametrize("encode", [_csv, _parquet])
def test_rows_may_be_a_table(encode):
    """CSV, where objects are JSON in a cell, and Parquet, where they are maps: the same span."""
    data = encode(SNAKE)
    assert langfuse.recognises(Opening(data))
    assert spans_of(langfuse.read([data])) == spans_of(read(SNAKE))


def test_several_outermost_observations_lie_below_their_trace():
    """The trace itself is the root: from the first one's start to the last one's end."""
    late = observation("dd" * 8, endTime="2026-09-21T14:13:22.000Z")
    root, *below = spans_of(read({"trace": HEAD, "observations": [ROOT, late]}))
    assert (root.operation, root.kind, root.parent_id, root.session_id) == ("bread", "workflow", None, "s-1")
    assert {one.parent_id for one in below} == {root.span_id}
    assert root.end_ns == max(one.end_ns for one in below)


@pytest.mark.parametrize(
    ("fields", "value", "text"),
    [
        pytest.param(
            {"dataType": "BOOLEAN", "value": 1, "stringValue": "True", "comment": None}, 1.0, None, id="a truth"
        ),
        pytest.param({"dataType": "BOOLEAN", "value": True, "comment": None}, 1.0, None, id="a truth written as one"),
        pytest.param(
            {"dataType": "CATEGORICAL", "value": 0, "stringValue": "rude"}, None, "rude: too short", id="a category"
        ),
        pytest.param(
            {"dataType": "CATEGORICAL", "value": "rude", "comment": None}, None, "rude", id="a category alone"
        ),
        pytest.param({"dataType": None, "value": 3}, 3.0, "too short", id="no type"),
    ],
)
def test_a_score_is_a_number_or_a_word(fields, value, text):
    """Langfuse writes 0 for a category that has no number."""
    (score,) = read({**SCORE, **fields})
    assert (score.value, score.text) == (value, text)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        pytest.param(
            {**HEAD, "observations": ["aa" * 8]}, "a trace without its observations", id="ids of observations"
        ),
        pytest.param(observation("aa" * 8, startTime=None), "no start time", id="no start"),
        pytest.param(observation(None), "no span id", id="no id"),
        pytest.param({**SCORE, "timestamp": None}, "a score without a time", id="a score without a time"),
        pytest.param({**SCORE, "name": ""}, "a score without a name", id="a score without a name"),
        pytest.param([7], "no row with named values", id="no object"),
        pytest.param(HEAD, "no observation, no score and no trace with observations", id="a trace alone"),
    ],
)
def test_what_cannot_be_read_is_a_reject(value, reason):
    """With where it stands and why."""
    refused, kept = read(value, MODEL)
    assert isinstance(refused, Reject)
    assert refused.reason == reason
    assert isinstance(kept, Span)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"traceId": TRACE, "spanId": "1", "name": "x"}, id="another's span"),
        pytest.param({"trace_id": TRACE, "type": "span", "start_time": 1}, id="another's row"),
        pytest.param({"data": [{"traceID": TRACE, "spans": []}]}, id="Jaeger"),
        pytest.param(HEAD, id="a trace alone"),
    ],
)
def test_not_recognised(value):
    """They share some of the names."""
    assert not langfuse.recognises(Opening(line(value)))


def test_lists_of_traces_alone_are_told_from_others():
    """So that the refusal can say what to export instead."""
    assert langfuse.lists_traces_alone(Opening(line(HEAD)))
    assert langfuse.lists_traces_alone(Opening(line({"data": [HEAD]})))
    assert not langfuse.lists_traces_alone(Opening(line(PAGE)))


def test_items_of_a_dataset_are_told_from_others():
    """They say what is to be asked, not what happened."""
    item = {"id": "1", "datasetId": "d", "datasetName": "evaluation", "input": "Hi", "expectedOutput": "Hello"}
    assert langfuse.lists_dataset_items(Opening(line({"data": [item]})))
    assert not langfuse.lists_dataset_items(Opening(line(PAGE)))


@given(chunks=mutated.files([PAGE, [MODEL, SCORE], SNAKE], lambda values: b"".join(map(line, values))))
def test_never_raises_on_content(chunks):
    """Whatever is missing, of another type or torn: records only."""
    assert all(isinstance(one, (Span, Event, Reject)) for one in langfuse.read(chunks))


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "spans", "expected"),
    [
        ("langfuse/**/framework-traces/agno-*.json", 6, [(163, 0, 20), (663, 0, 225)]),
        ("langfuse/**/framework-traces/beeai-*.json", 29, [(1195, None, None), (1988, None, None), (2359, None, None)]),
        (
            "langfuse/**/framework-traces/claude-agent-*.json",
            7,
            [(19, None, 29), (5, None, 53), (5, None, 56), (5, None, 94)],
        ),
        ("langfuse/**/framework-traces/crewai-*.json", 6, [(190, 0, 164)]),
        ("langfuse/**/framework-traces/google-adk-*.json", 5, [(28, None, 3), (39, None, 6)]),
        ("langfuse/**/framework-traces/langgraph-python-*.json", 9, [(60, 0, 15), (108, 0, 51)]),
        ("langfuse/**/framework-traces/openai-agents-*.json", 5, [(55, 0, 15), (85, 0, 29)]),
        (
            "langfuse/**/framework-traces/pydantic-ai-tools-*.json",
            12,
            [(265, None, 73), (417, None, 53), (502, None, 14), (131, None, 69)],
        ),
        ("agent-prism/**/langfuse-1.json", 5, [(1115, 1024, 101)]),
        ("agent-prism/**/langfuse-3.json", 7, [(1115, 0, 44), (17324, None, 429)]),
    ],
)
def test_public_traces_of_many_frameworks(real_data, name, spans, expected):
    """Every call once, wrapped or not, in its order: input, cached input and output."""
    files = sorted((real_data / "raw").glob(name))
    assert files
    for file in files:
        data = file.read_bytes()
        found = spans_of(langfuse.read([data]))
        rows = [(one.trace_id, one.span_id, one.parent_id) for one in found]
        merged = calls.merge(model_rows(found), pl.DataFrame(rows, schema=calls.PARENTS, orient="row"))
        assert langfuse.recognises(Opening(data[: 1 << 20]))
        assert len(found) == spans
        assert merged.select("input_tokens", "cached_tokens", "output_tokens").rows() == expected


@pytest.mark.real_data
def test_durations_come_from_the_times(real_data):
    """Observations say seconds in some files and milliseconds in others, and their trace seconds in all."""
    for file in sorted((real_data / "raw" / "langfuse").rglob("framework-traces/*.json")):
        trace = json.loads(file.read_bytes())["trace"]
        found = spans_of(langfuse.read([file.read_bytes()]))
        took = (max(one.end_ns for one in found) - min(one.start_ns for one in found)) / 1e9
        assert took == pytest.approx(trace["latency"], abs=0.002), file.name
