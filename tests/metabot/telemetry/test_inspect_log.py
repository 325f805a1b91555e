import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.telemetry import inspect_log
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import Event, Reject, Span
from tests.metabot.telemetry.exports import line
from tests.metabot.telemetry.inspect_logs import EVAL, archive, event, model_event, sample, whole


def read(data, size=1 << 16):
    return list(inspect_log.read(data[at : at + size] for at in range(0, len(data), size)))


SCORED = sample(model_event(), scores={"match": {"value": "C", "answer": "4"}})


def test_an_archive_and_a_list_hold_the_same():
    """Whatever the log is written as, its records are the same ones."""
    assert read(archive(SCORED)) == read(line(whole(SCORED))) == read(archive(SCORED), size=7)
    assert [type(one) for one in read(archive(SCORED))] == [Span, Span, Span, Event]


@pytest.mark.parametrize(
    ("data", "recognised"),
    [
        pytest.param(archive(SCORED), True, id="an archive"),
        pytest.param(line(whole(SCORED)), True, id="a list"),
        pytest.param(line(whole()), True, id="a log without samples"),
        pytest.param(b"PK\x03\x04 and something else", False, id="another archive"),
        pytest.param(line({"eval": {"task": "sums"}}), False, id="another file with an eval"),
    ],
)
def test_a_log_is_recognised_by_what_stands_above_its_samples(data, recognised):
    """An archive names its members near its beginning."""
    assert inspect_log.recognises(Opening(data)) == recognised


def test_an_evaluation_that_failed_as_a_whole_says_so():
    """It may have no samples that could."""
    (told,) = read(line(whole(status="error", error={"message": "no such model", "traceback": "…"})))
    assert (told.kind, told.severity, told.text, told.service) == ("log", "error", "no such model", "sums")


def test_a_log_without_samples_is_fine():
    """It was cancelled, or only its header was kept."""
    assert read(line(whole())) == []
    assert read(archive()) == []
    assert read(b"") == []


def test_a_torn_list_gives_the_samples_before_the_tear():
    """Where it tore is a reject."""
    torn = line(whole(SCORED, SCORED))[:-300]
    *records, reject = read(torn)
    assert [type(one) for one in records] == [Span, Span, Span, Event]
    assert isinstance(reject, Reject)
    assert reject.position == "sample 2"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["role", "content", "type", "events", "id", "value"]), inner, max_size=3)
    ),
    max_leaves=8,
)
EVENT_FIELDS = ["event", "timestamp", "completed", "output", "input", "input_refs", "model", "error", "id", "span_id"]


@given(
    st.sampled_from(
        ["model", "tool", "sandbox", "subtask", "span_begin", "span_end", "score", "error", "sample_limit"]
    ),
    st.dictionaries(st.sampled_from([*EVENT_FIELDS, "events", "arguments", "result", "cache", "score"]), JSON),
    st.dictionaries(
        st.sampled_from(
            ["id", "uuid", "events", "messages", "output", "scores", "error", "limit", "attachments", "message_pool"]
        ),
        JSON,
    ),
    st.dictionaries(st.sampled_from([*EVAL]), JSON),
)
def test_any_content_gives_records(kind, in_event, in_sample, in_eval):
    """Nothing raises: not above the samples, not around the events, not inside one."""
    told = sample(model_event(**in_event), event(kind, 2, **in_event), scores={"match": {"value": "C"}})
    for one in (told, {**told, **in_sample}, in_sample):
        log = json.dumps(whole(one, eval={**EVAL, **in_eval})).encode()
        records = [*read(log), *read(archive(one))]
        assert all(isinstance(found, Span | Event | Reject) for found in records)


@given(st.binary(max_size=200), st.integers(0, 900))
def test_any_bytes_give_records(data, cut):
    """Neither an archive cut anywhere nor one with anything in it raises."""
    for broken in (
        data,
        b"PK\x03\x04" + data,
        archive(SCORED)[:cut],
        archive(members={"samples/1_epoch_1.json": data}),
    ):
        assert all(isinstance(found, Span | Event | Reject) for found in read(broken))


@pytest.mark.parametrize("deep", [b"[" * 10_000, b'{"samples":[' + b'{"events":[' * 10_000])
def test_what_is_nested_too_deeply_is_a_reject(deep):
    """It does not end the process."""
    assert all(isinstance(found, Reject) for found in read(deep))
    assert all(isinstance(found, Reject) for found in read(archive(members={"samples/1_epoch_1.json": deep})))


@pytest.mark.real_data
def test_recordings_of_two_years(real_data):
    """Tokens of the calls add up to what each log says of itself; only what is no log is rejected."""
    paths = [
        path for name in ("inspect-ai", "inspect-scout") for path in sorted((real_data / "raw" / name).rglob("*.*"))
    ]
    summed, rejected = {}, {}
    for path in paths:
        data = path.read_bytes()
        if not inspect_log.recognises(Opening(data)):
            rejected[path.name] = data
            continue
        records = read(data)
        assert not any(isinstance(one, Reject) for one in records)
        calls = {(one.trace_id, one.span_id): one.model_call for one in records if isinstance(one, Span)}
        summed[path.name] = (
            sum(1 for call in calls.values() if call),
            sum((call.input_tokens or 0) for call in calls.values() if call),
            sum((call.output_tokens or 0) for call in calls.values() if call),
        )
    assert set(rejected) == {"log_invalid.txt"}
    assert summed["2025-05-12T20-27-36-04-00_browser.json"] == (5, 1124 + 1568 + 2732 + 3896 + 5915, 281)
    assert summed["log_images_tc.json"] == (1, 323, 5)
    assert summed["log_formats.json"] == summed["log_formats.eval"] == (1, 66, 2)
    security = next(found for name, found in summed.items() if "security-guide_Lux" in name)
    assert security == (32, 5279, 5622)
