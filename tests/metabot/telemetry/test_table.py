import json

import pytest
from hypothesis import given

from metabot.errors import SettingsError
from metabot.telemetry import formats, table
from metabot.telemetry.columns import FIELDS
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import Reject, Span
from tests.metabot.telemetry.mutations import mutated

S, MS = 10**9, 10**6
AT = 1_790_000_000 * S
CALLS = {"start": "ts", "duration": "latency:ms", "model": "engine", "input_tokens": "asked", "output_tokens": "told"}


def read(mapping, *rows):
    return list(table.reader(mapping)(["\n".join(map(json.dumps, rows)).encode()]))


def one(mapping, **row):
    (found,) = read(mapping, row)
    return found


def test_a_csv_row_becomes_a_model_call():
    """Of its own service and trace; counts make it a call."""
    mapping = {**CALLS, "service": "'gateway'", "session_id": "user", "time_to_first_token": "ttft:ms"}
    data = b"ts,latency,engine,asked,told,user,ttft\n2026-09-21T14:13:20Z,250.5,model-a,900,40,u1,100\n"
    (span,) = table.reader(mapping)([data])
    assert (span.start_ns, span.end_ns, span.clock) == (AT, AT + 250_500_000, "utc")
    assert (span.kind, span.service, span.session_id, span.parent_id) == ("model", "gateway", "u1", None)
    call = span.model_call
    assert (call.model, call.input_tokens, call.output_tokens) == ("model-a", 900, 40)
    assert call.first_token_ns == span.start_ns + 100 * MS


@pytest.mark.parametrize(
    ("start", "mapped", "clock", "start_ns"),
    [
        pytest.param(AT // S, "ts", "utc", AT, id="seconds by their size"),
        pytest.param(str(AT // MS), "ts", "utc", AT, id="milliseconds as text"),
        pytest.param(AT // 1000, "ts", "utc", AT, id="microseconds"),
        pytest.param(AT, "ts", "utc", AT, id="nanoseconds"),
        pytest.param(AT // S + 0.25, "ts:s", "utc", AT + S // 4, id="told"),
        pytest.param("2026-09-21 16:13:20+02:00", "ts", "utc", AT, id="a date with a zone"),
        pytest.param(12.5, "ts:s", "relative", 12 * S + S // 2, id="since an unknown moment"),
        pytest.param(0, "ts:ms", "relative", 0, id="that moment itself"),
    ],
)
def test_a_start_is_a_date_where_it_can_be_one(start, mapped, clock, start_ns):
    """Each number of the years 2000 to 2100 fits one unit alone; others need theirs told."""
    span = one({**CALLS, "start": mapped}, ts=start, latency=5)
    assert (span.start_ns, span.clock, span.end_ns - span.start_ns) == (start_ns, clock, 5 * MS)


@pytest.mark.parametrize(
    "row",
    [
        pytest.param({}, id="absent"),
        pytest.param({"latency": ""}, id="empty"),
        pytest.param({"latency": None}, id="null"),
    ],
)
def test_without_a_duration_how_long_it_took_is_unknown(row):
    """Unknown is not zero; a zero that is written is."""
    assert one(CALLS, ts=AT, **row).clock == "utc start"
    assert one({**CALLS, "start": "ts:s"}, ts=3, **row).clock == "relative start"
    assert one(CALLS, ts=AT, latency=0).clock == "utc"


def test_an_end_is_as_good_as_a_duration():
    """Of the same clock; one before the start is the recording's affair."""
    mapping = {"start": "from", "end": "to"}
    assert one(mapping, **{"from": AT, "to": AT + 7}).end_ns == AT + 7
    assert one(mapping, **{"from": AT, "to": AT - 7}).end_ns == AT - 7


@pytest.mark.parametrize(
    ("row", "said"),
    [
        pytest.param({"latency": 5}, "no start in ts", id="no start"),
        pytest.param({"ts": "noon", "latency": 5}, "neither an ISO 8601 date nor a number", id="no date"),
        pytest.param({"ts": 12.5, "latency": 5}, 'tell its unit, as in "ts:ms"', id="no date's number"),
        pytest.param({"ts": AT, "latency": "long"}, "is no length of time", id="no duration"),
        pytest.param({"ts": AT, "latency": -5}, "is no length of time", id="below zero"),
    ],
)
def test_a_row_that_cannot_be_placed_is_a_reject(row, said):
    """It says what the mapping lacks."""
    reject = one(CALLS, **row)
    assert isinstance(reject, Reject)
    assert said in reject.reason


def test_a_duration_of_unknown_unit_is_not_guessed():
    """Seconds and milliseconds look alike; ISO 8601 says which it is."""
    mapping = {"start": "ts", "duration": "took"}
    assert 'duration = "took:ms"' in one(mapping, ts=AT, took=5).reason
    span = one(mapping, ts=AT, took="PT1M0.5S")
    assert span.end_ns - span.start_ns == 60 * S + S // 2


def test_spans_of_one_trace_find_their_parents_whatever_their_ids_look_like():
    """Hexadecimal ids stay, others are hashed alike on both sides."""
    mapping = {"start": "ts", "trace_id": "run", "span_id": "step", "parent_id": "under", "kind": "what"}
    rows = [
        {"ts": AT, "run": "run 7", "step": 1, "under": None, "what": "agent"},
        {"ts": AT, "run": "run 7", "step": 2, "under": 1, "what": "tool"},
    ]
    root, child = read(mapping, *rows)
    assert (child.trace_id, child.parent_id) == (root.trace_id, root.span_id)
    assert (root.kind, child.kind, root.parent_id) == ("agent", "tool", None)
    known = one(mapping, ts=AT, run="5b8efff798038103d269b633813fc60c", step="eee19b7ec3c1b174")
    assert (known.trace_id, known.span_id) == ("5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174")


def test_rows_without_ids_are_known_by_what_they_say():
    """Twice the same row is two; the same file again is the same."""
    rows = [{"ts": AT, "asked": 5}, {"ts": AT, "asked": 5}, {"ts": AT + 1, "asked": 5}]
    spans = read(CALLS, *rows)
    assert len({span.trace_id for span in spans}) == 3
    assert read(CALLS, *rows) == spans


@pytest.mark.parametrize(
    ("row", "status"),
    [
        pytest.param({"state": "OK"}, "ok", id="a word"),
        pytest.param({"state": "Failed"}, "error", id="another"),
        pytest.param({"state": 503}, "error", id="of HTTP"),
        pytest.param({"state": 200}, "ok", id="of HTTP, well"),
        pytest.param({"state": 2}, "error", id="of OpenTelemetry"),
        pytest.param({"state": False}, "error", id="whether it went well"),
        pytest.param({"state": "pending"}, "unset", id="a word that says neither"),
        pytest.param({"why": "refused"}, "error", id="an error's text alone"),
        pytest.param({}, "unset", id="nothing"),
    ],
)
def test_a_status_is_read_in_the_usual_spellings(row, status):
    """And the error's text goes with it."""
    span = one({"start": "ts", "status": "state", "error_message": "why"}, ts=AT, **row)
    assert span.status == status
    assert span.error_message == ("refused" if "why" in row else None)


def test_a_mapping_is_refused_before_a_file_is_opened():
    """Where the settings are read."""
    with pytest.raises(SettingsError, match="Did you mean model"):
        table.reader({"start": "ts", "modell": "m"})


def test_the_settings_columns_reach_the_reader():
    """The format's name alone is not enough, and a mistake in them is refused."""
    (span,) = formats.reader("table", {"start": "ts", "model": "engine"})([b"ts,engine\n2026-09-21,m\n"])
    assert span.model_call.model == "m"
    with pytest.raises(SettingsError):
        formats.reader("table", {"begin": "ts"})


def test_no_table_is_recognised_by_itself():
    """What its columns mean has to be said; of Parquet it can be said what it is."""
    parquet, csv = Opening(b"PAR1\x15\x04"), Opening(b"start,model\n1,m\n")
    assert [table.recognises(file) for file in (parquet, csv)] == [False, False]
    assert [table.is_parquet(file) for file in (parquet, csv)] == [True, False]


def test_without_a_mapping_the_fields_names_are_the_columns():
    """A table made for metabot needs none."""
    (span,) = table.read([json.dumps({"start": AT, "duration": "PT2S", "model": "m", "operation": "ask"}).encode()])
    assert (span.operation, span.end_ns - span.start_ns, span.model_call.model) == ("ask", 2 * S, "m")


EVERYTHING = {field: field for field in FIELDS if field != "end"} | {"start": "start:ms", "queued": "queued:s"}
ROW = {
    **dict.fromkeys(FIELDS, "7"),
    "start": AT // MS,
    "duration": "PT1S",
    "queued": 0.5,
    "status": 200,
    "input": ["a"],
}


@given(mutated(ROW), mutated([ROW]))
def test_any_content_gives_records(one, two):
    """Nothing raises, whatever a column holds."""
    assert all(isinstance(found, Span | Reject) for found in table.reader(EVERYTHING)([one, b"\n", two]))
