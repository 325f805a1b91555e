"""What is read in bulk is what is read span by span."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.telemetry import otlp_json, semconv
from metabot.telemetry.documents import documents
from metabot.telemetry.record import Columns, Reject, Span
from metabot.telemetry.typed_decoder import is_read
from tests.metabot.telemetry.bulk import expanded, without_texts
from tests.metabot.telemetry.exports import BEGIN_NS, MS, TRACE, attributes, export, line, otlp_span

ENOUGH = 300  # spans that are read as columns


def one_by_one(*lines):
    return [record for one in lines for record in otlp_json.one_by_one("line 1", json.loads(one))]


def assert_same(*lines, times=ENOUGH):
    """However often the lines are repeated, so that there are enough, in bulk and one by one they are the same."""
    records = list(otlp_json.read([*lines] * times))
    assert any(isinstance(record, Columns) for record in records)
    found, expected = expanded(records), one_by_one(*lines) * times
    spans = [without_texts(record) for record in expected if isinstance(record, Span)]
    assert [repr(one) for one in found if isinstance(one, Span)] == [repr(one) for one in spans]
    rejects = [(record.reason, record.head) for record in expected if isinstance(record, Reject)]
    assert [(record.reason, record.head) for record in found if isinstance(record, Reject)] == rejects
    texts = {}
    for record in expected:
        if isinstance(record, Span) and record.model_call:
            texts |= record.model_call.texts
    columns = [record for record in records if isinstance(record, Columns)]
    assert {hashed: text for one in columns for hashed, text in one.texts.items()} == texts


NAMES = [
    *semconv.SESSION, *semconv.ENVIRONMENT, *semconv.CODE_FUNCTION, *semconv.CODE_FUNCTION_BARE,
    *semconv.CODE_NAMESPACE, *semconv.CODE_LINE, *semconv.ERROR_TYPE, *semconv.HTTP_STATUS, *semconv.KINDS,
    *semconv.INPUT, *semconv.OUTPUT, *semconv.PROVIDER, *semconv.MODEL, *semconv.FINISH_REASONS,
    *semconv.INPUT_TOKENS[:2], *semconv.CACHED_TOKENS[:2], *semconv.CACHE_WRITE_TOKENS[:1], *semconv.OUTPUT_TOKENS[:2],
    *semconv.REASONING_TOKENS[:1], *semconv.TOTAL_TOKENS[:1], *semconv.TOKEN_DETAILS,
    *semconv.FIRST_TOKEN_NS, *semconv.QUEUED_NS,
    semconv.INPUT_MESSAGES, semconv.OUTPUT_MESSAGES, "gen_ai.tool.name", "gen_ai.agent.name", "gen_ai.prompt",
    "gen_ai.prompt.0.content", "gen_ai.completion.0.finish_reason", "unheard.of",
]  # fmt: skip
KINDS = st.sampled_from([kind for values in semconv.KINDS.values() for kind in values] + ["odd", "CHAT"])
VALUES = st.one_of(
    st.builds(lambda text: {"stringValue": text},
              st.sampled_from(["", "stop", "7", " 12 ", "é", "[1]", '["a"]', '{"cache_read": 3}'])),
    st.builds(lambda text: {"stringValue": text}, KINDS),
    st.builds(lambda number: {"intValue": number}, st.integers(-5, 10) | st.sampled_from([2**53 + 1, 2**63, 2**70])),
    st.builds(lambda number: {"intValue": str(number)}, st.integers(-5, 400)),
    st.builds(lambda number: {"doubleValue": number}, st.sampled_from([0.0, 0.004, 1.5, 7.0, "0.25", 1e300])),
    st.builds(lambda flag: {"boolValue": flag}, st.booleans() | st.just("true")),
    st.builds(lambda texts: {"arrayValue": {"values": [{"stringValue": text} for text in texts]}},
              st.lists(st.sampled_from(["stop", "", "tool_calls"]), max_size=2)),
    st.builds(lambda value: {"kvlistValue": {"values": attributes({"role": "user", "content": value})}}, st.text()),
    st.sampled_from([None, {}, {"stringValue": None}, {"bytesValue": "AAAA"}, {"arrayValue": {}}]),
)  # fmt: skip
IDS = st.sampled_from(["eee19b7ec3c1b174", "EEE19B7EC3C1B174", "0" * 16, "", None, "7usZfsPBsXQ=", "0xee1", "no id"])
TRACES = st.sampled_from([TRACE, TRACE.upper(), base64.b64encode(bytes.fromhex(TRACE)).decode(), "0" * 32, None])
TIMES = st.sampled_from([BEGIN_NS, str(BEGIN_NS), str(BEGIN_NS + 7 * MS), BEGIN_NS - MS, "0", None, 5, "5.0"])
EVENT = st.fixed_dictionaries(
    {"timeUnixNano": TIMES, "name": st.sampled_from(["exception", "First Token Stream Event", "", None, "note"])},
    optional={"attributes": st.just(attributes({"exception.type": "E", "exception.message": "m"}))},
)
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "traceId": TRACES, "spanId": IDS, "parentSpanId": IDS, "startTimeUnixNano": TIMES, "endTimeUnixNano": TIMES,
        "kind": st.sampled_from([0, 1, 2, 5, 9, "SPAN_KIND_SERVER", "3", "odd", None]),
        "name": st.sampled_from(["", "chat", None]),
        "status": st.sampled_from([None, {}, {"code": 2}, {"code": "STATUS_CODE_ERROR", "message": "m"}]),
        "events": st.none() | st.lists(EVENT, max_size=2),
    },
)  # fmt: skip


@st.composite
def odd_spans(draw):
    """Spans of few shapes: what one has at a place, the next has in another type."""
    shapes = draw(st.lists(st.lists(st.sampled_from(NAMES), max_size=6), min_size=1, max_size=2))
    spans = []
    for _ in range(draw(st.integers(1, 4))):
        shape = draw(st.sampled_from(shapes))
        pairs = [{"key": key, "value": draw(VALUES)} for key in shape]
        spans.append({**otlp_span(), **draw(FIELDS), "attributes": pairs})
    return spans


@given(odd_spans(), odd_spans())
def test_in_bulk_is_one_by_one(spans, others):
    """Whatever stands in the fields, the rows and the rejects are the same."""
    plain = [otlp_span(f"{number:016x}", carrying={"gen_ai.operation.name": "chat"}) for number in range(1, 4)]
    assert_same(line(export(*plain, *spans)), line(export(*others, service="cart", scope="other")), times=100)


RESOURCES = [
    {"service.name": "shop", "session.id": "s", "deployment.environment": "e", "service.version": "1"},
    {"vcs.ref.head.revision": "c0ffee"},
    {},
]


def test_each_span_has_its_own_resource_and_scope():
    """What a span does not say itself comes from the resource that it stands under, and from no other."""
    spans = [otlp_span(), otlp_span("b2", carrying={"session.id": "own", "gen_ai.request.model": "m"})]
    entries = [
        {
            "resource": {"attributes": attributes(resource)},
            "scopeSpans": [{"scope": {"name": f"scope {number}"}, "spans": spans}],
        }
        for number, resource in enumerate(RESOURCES)
    ]
    older = {"instrumentationLibrarySpans": [{"instrumentationLibrary": {"name": "old"}, "spans": spans}]}
    assert_same(line({"resourceSpans": entries}), line({"batches": [older, {}]}), line([{"resourceSpans": entries}]))


@pytest.mark.parametrize("odd", [
    pytest.param({"resourceSpans": [7]}, id="no wrapper"),
    pytest.param(export({**otlp_span(), "name": 7}), id="a name that is a number"),
    pytest.param(export({**otlp_span(), "attributes": [7, {"key": 1}]}), id="no attributes"),
    pytest.param(export({**otlp_span(), "attributes": [{"key": "k", "value": {"odd": 1}}]}), id="an unknown kind"),
])  # fmt: skip
def test_an_odd_document_leaves_the_others(odd):
    """It is read value by value; its neighbours are read in bulk."""
    good = line(export(otlp_span("a1")))
    records = expanded(otlp_json.read([good * ENOUGH, line(odd), good * ENOUGH]))
    assert sum(isinstance(record, Span) and record.span_id == "a1" for record in records) == 2 * ENOUGH
    assert records[-1] == one_by_one(line(odd))[0] or isinstance(records[-1], Reject)


def test_a_reject_names_its_line_and_place():
    """Whoever looks for it in the file finds it, however many were read together."""
    lines = [line(export(otlp_span("a1"), otlp_span("b2")))] * ENOUGH
    lines[7] = line(export(otlp_span("a1"), otlp_span("b2", traceId=None)))
    lines[9] = b"{torn\n"
    rejects = [record for record in otlp_json.read(lines) if isinstance(record, Reject)]
    assert [reject.position for reject in rejects] == ["line 8, span 2", "line 10"]


@pytest.mark.parametrize("levels", [50, 300, 900])
def test_a_value_nested_without_end_costs_its_span_alone(levels):
    """Its neighbours are read in bulk."""
    deep = '{"values":[{"arrayValue":' * levels + "{}" + "}]}" * levels
    hostile = json.dumps(export(otlp_span("b2", carrying={"gen_ai.operation.name": "chat", "error.type": "DEEP"})))
    hostile = hostile.replace('{"stringValue": "DEEP"}', f'{{"arrayValue":{deep}}}').encode() + b"\n"
    records = expanded(otlp_json.read([line(export(otlp_span("a1"))) * ENOUGH, hostile]))
    assert len(records) == ENOUGH + 1
    assert all(isinstance(record, Span) for record in records[:ENOUGH])


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["agent-prism", "agento-otel"])
def test_recordings_are_the_same_in_bulk(real_data, name):
    """Nothing that others recorded is read otherwise for being read fast."""
    read = 0
    for path in (real_data / "raw" / name).rglob("*.json*"):
        values = [found[1] for found in documents([path.read_bytes()]) if isinstance(found, tuple)]
        lines = [line(value) for value in values]
        spans = sum(isinstance(record, Span) for record in one_by_one(*lines))
        if spans:
            assert_same(*lines, times=-(-ENOUGH // spans))
            read += 1
    assert read


@pytest.mark.parametrize("sizes", [range(100), range(1, 2_600, 400)], ids=["few keys", "keys without end"])
def test_keys_that_are_new_are_learned(sizes):
    """Whatever keys a file brings, and however late, none of what they say is lost."""
    told = {"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 7, "note": "x" * 500}
    lines = [
        line(export(otlp_span(carrying={**told, **{f"gen_ai.prompt.{number}.content": "x" for number in range(size)}})))
        for size in sizes
    ]
    lines += [line(export(otlp_span(carrying={"session.id": "s", f"late.{number}": 1}))) for number in range(200)]
    assert_same(*lines, times=1)


def test_every_attribute_that_the_table_names_is_read():
    """A name that is added there is not passed over here."""
    assert {name for name in NAMES if name != "unheard.of"} <= {name for name in NAMES if is_read(name)}
    assert not is_read("unheard.of")


def test_columns_go_on_before_a_long_document_ends():
    """However many spans one export holds, as many as make a batch go on together; the odd ones keep their places."""
    spans = [otlp_span(f"{number:016x}") for number in range(1, 45_001)]
    spans[7]["traceId"] = spans[41_000]["traceId"] = None
    found = list(otlp_json.read([line(export(*spans))]))
    assert [record.spans.height for record in found if isinstance(record, Columns)] == [19_999, 20_000, 4_999]
    assert [record.position for record in found if isinstance(record, Reject)] == [
        "line 1, span 8",
        "line 1, span 41001",
    ]
    ids = [span_id for record in found if isinstance(record, Columns) for span_id in record.spans.sort("n")["span_id"]]
    assert ids == [span["spanId"] for span in spans if span["traceId"]]


def test_events_without_a_time_are_no_events():
    """They cannot be placed, and their span has none."""
    assert_same(line(export(otlp_span(events=[{"name": "exception"}]))))


GOOD = line(export(*[otlp_span(f"{number:016x}", carrying={"gen_ai.request.model": "m"}) for number in range(1, 4)]))


@given(st.integers(0, len(GOOD) - 2), st.binary(max_size=4).filter(lambda noise: b"\n" not in noise), st.integers(0, 9))
def test_bytes_that_changed_cost_at_most_their_line(at, noise, cut):
    """Wherever it is torn or overwritten, the lines around it are read in bulk as if it were not there."""
    torn = (GOOD[:at] + noise + GOOD[at + cut :]).rstrip(b"\n") + b"\n"
    found = expanded(otlp_json.read([GOOD * 100, torn, GOOD * 100]))
    assert all(isinstance(record, Span | Reject) for record in found)
    expected = [without_texts(record) for record in one_by_one(GOOD)] * 200
    kept = [record for record in found if record in expected[:3]]
    assert len(kept) >= len(expected)


def test_torn_lines_without_end_do_not_wait_for_spans():
    """They are handed on before the file ends."""
    told = []

    def chunks():
        yield line(export(otlp_span("a1")))
        for _ in range(50):
            yield b"{torn\n" * 1_000
            told.append(len(found))

    found = []
    for record in otlp_json.read(chunks()):
        found.append(record)
    assert len(found) == 50_001
    assert told[-1] >= 20_000
