import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.errors import InputError
from metabot.telemetry import claude_code, formats
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import Event, Reject, Span
from tests.metabot.telemetry.claude_session import (
    MAIN,
    PRINTED,
    SESSION,
    SUB_AGENT,
    TRACE,
    TRANSCRIPTS,
    TWO_TOOLS,
    answered,
    read,
    row,
    said,
    spans,
    text,
)
from tests.metabot.telemetry.mutations import mutated
from tests.metabot.telemetry.odd_values import ODD, changed


def test_a_session_is_one_trace_under_an_agent():
    """Its calls and tools lie below the session's span, which lasts from the first row to the last."""
    records = read(*TWO_TOOLS)
    (session,) = spans(records, "agent")
    assert (session.trace_id, session.session_id, session.parent_id) == (TRACE, SESSION, None)
    assert session.end_ns - session.start_ns == 9_000_000_000
    assert (session.service, session.service_version) == ("claude-code", "2.1.0")
    assert {one.parent_id for one in records if one is not session} == {session.span_id}


def test_rows_of_one_message_are_one_call():
    """Usage is repeated on every row and grows while the message streams: the largest count holds."""
    first, second = spans(read(*TWO_TOOLS), "model")
    assert (first.model_call.output_tokens, second.model_call.output_tokens) == (7, 5)
    assert first.model_call.tool_call_ids == ("t1", "t2")
    assert first.model_call.response_id == "msg_1"


def test_cached_tokens_are_part_of_the_input():
    """Anthropic counts what was read from and written to the cache beside the input; unknown stays unknown."""
    first, second = spans(read(*TWO_TOOLS), "model")
    assert (second.model_call.input_tokens, second.model_call.cached_tokens) == (123, 100)
    assert second.model_call.cache_write_tokens == 20
    assert (first.model_call.input_tokens, first.model_call.cached_tokens) == (3, None)


def test_a_finish_reason_is_never_made_up():
    """It is null on the rows of most versions."""
    assert [one.model_call.finish_reason for one in spans(read(*TWO_TOOLS), "model")] == [None, "end_turn"]


def test_a_request_that_was_given_up_is_a_failed_call():
    """The program then writes a message of its own; its zero counts are none."""
    zero = {"input_tokens": 0, "output_tokens": 0}
    failure = answered("a1", "u1", 5, "x1", text("API Error: 529 overloaded"), usage=zero, isApiErrorMessage=True)
    failure["message"]["model"] = "<synthetic>"
    (call,) = spans(read(said("u1", None, 1, "hi"), failure | {"error": "overloaded"}), "model")
    assert (call.status, call.error_type, call.http_status) == ("error", "overloaded", 529)
    assert call.error_message == "API Error: 529 overloaded"
    assert (call.model_call.model, call.model_call.input_tokens) == (None, None)


def test_words_of_the_program_are_no_call():
    """What it writes in the model's place for itself was never asked of a model."""
    own = answered("a1", "u1", 5, "x1", text("No response requested."))
    own["message"]["model"] = "<synthetic>"
    assert spans(read(said("u1", None, 1, "hi"), own), "model") == []


def test_failed_attempts_and_compactions_are_log_lines():
    """With what the provider said."""
    error = {"status": 529, "error": {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}}
    attempt = row("y1", "u1", 2, "system", subtype="api_error", level="error", error=error, retryAttempt=1)
    compact = row("y2", None, 3, "system", subtype="compact_boundary", level="info", content="Conversation compacted")
    quiet = row("y3", None, 3, "system", subtype="turn_duration", durationMs=5)
    failed, compacted = (one for one in read(attempt, compact, quiet) if isinstance(one, Event))
    assert (failed.name, failed.severity, failed.exception_type) == ("api_error", "error", "overloaded_error")
    assert (failed.text, failed.trace_id) == ("Overloaded", TRACE)
    assert (compacted.name, compacted.text) == ("compact_boundary", "Conversation compacted")


def test_a_fork_repeats_what_it_was_forked_from():
    """Copied rows name the session that they were written for: the same calls again, not new ones."""
    copied = [one | {"sessionId": "fork", "forkedFrom": {"sessionId": SESSION}} for one in TWO_TOOLS]
    own = answered("a9", "a4", 20, "msg_9", text("More."), sessionId="fork")
    original, forked = read(*TWO_TOOLS), read(*copied, own)
    assert [one for one in spans(forked, "model") if one.session_id == SESSION] == spans(original, "model")
    assert len(spans(forked, "model")) == 3
    assert [one.session_id for one in spans(forked, "agent")] == ["fork"]


def test_rows_out_of_order_are_the_same_session():
    """Rows are found by what they name, not by where they stand."""
    shuffled = [*TWO_TOOLS]
    random.Random(7).shuffle(shuffled)
    told = [(one.span_id, one.start_ns, one.end_ns, one.parent_id) for one in read(*TWO_TOOLS)]
    assert sorted((one.span_id, one.start_ns, one.end_ns, one.parent_id) for one in read(*shuffled)) == sorted(told)


def test_the_same_row_twice_counts_once():
    """A file that was written twice over says no more."""
    assert read(*TWO_TOOLS, *TWO_TOOLS) == read(*TWO_TOOLS)


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        pytest.param({"sessionId": None}, "a message without a session", id="no session"),
        pytest.param({"uuid": 7}, "a message without a uuid", id="no uuid"),
        pytest.param({"timestamp": "1066-10-14"}, "a message without a timestamp", id="no time of ours"),
        pytest.param({"type": None}, "no row of a Claude Code session: it has no type", id="no type"),
    ],
)
def test_a_row_that_cannot_be_placed_is_kept_as_a_reject(broken, reason):
    """With its line; the rest of the file is read."""
    records = read(TWO_TOOLS[0], TWO_TOOLS[1] | broken, TWO_TOOLS[-1])
    assert [(one.position, one.reason) for one in records if isinstance(one, Reject)] == [("line 2", reason)]
    assert len(spans(records, "model")) == 1


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(TWO_TOOLS, id="a session"),
        pytest.param([{name: value for name, value in row.items() if name != "parentUuid"} for row in TWO_TOOLS],
                     id="rows that name no parent"),
        pytest.param(({"type": "summary", "summary": "beans", "leafUuid": "u1"},), id="a title alone"),
        pytest.param(({"type": "file-history-snapshot", "messageId": "x", "snapshot": {}, "isSnapshotUpdate": False},),
                     id="copies of files alone"),
    ],
)  # fmt: skip
def test_a_session_file_is_recognised_whatever_it_begins_with(rows):
    """What holds no message brings nothing, and is no error."""
    assert formats.recognise("x.jsonl", Opening(b"".join(json.dumps(one).encode() + b"\n" for one in rows))) == (
        "claude-code"
    )
    assert not [one for one in read(*rows) if isinstance(one, Reject)]


def test_what_a_terminal_showed_is_refused_by_name():
    """The text of a screen tells no times and no tokens."""
    with pytest.raises(InputError, match="what a terminal showed of a Claude Code session"):
        formats.recognise("x.txt", Opening("❯ claude\n ▐▛███▜▌   Claude Code v2.1.0\n● Done [1]\n".encode()))


def test_typed_prompts_are_refused_by_name():
    """The program's list of what was typed says nothing of what came of it."""
    typed = {"display": "count the beans", "pastedContents": {}, "timestamp": 1_772_000_000_000, "project": "/beans"}
    with pytest.raises(InputError, match="what was typed into Claude Code"):
        formats.recognise("history.jsonl", Opening(json.dumps(typed).encode()))


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_a_field_of_another_type_stops_nothing(odd):
    """Each field of each kind of row, at any depth."""
    error = {"status": 529, "error": {"type": "overloaded_error", "message": "Overloaded"}}
    attempt = row("y1", "u1", 2, "system", subtype="api_error", level="error", error=error)
    told = row("p1", "a1", 3, "progress", data={"agentId": "a1b2c3d"}, parentToolUseID="t1")
    for one in (TWO_TOOLS[1], TWO_TOOLS[4], MAIN[2], SUB_AGENT[1], attempt, told, PRINTED[1], PRINTED[-1]):
        for broken in changed(one, odd):
            assert all(isinstance(found, (Span, Event, Reject)) for found in read(*TWO_TOOLS[:3], broken, MAIN[1]))


@given(mutated([*TWO_TOOLS, *MAIN[1:], *SUB_AGENT, *PRINTED]))
def test_nothing_in_a_row_stops_the_reader(content):
    """Whatever is replaced, removed or repeated, there are records and no exception."""
    assert all(isinstance(one, (Span, Event, Reject)) for one in claude_code.read([content]))


@given(st.data())
def test_no_damage_to_the_bytes_stops_the_reader(data):
    """Torn and overwritten lines are rejects."""
    content = bytearray(b"".join(json.dumps(one).encode() + b"\n" for one in TWO_TOOLS))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))
    records = list(claude_code.read([bytes(content[:cut]), bytes(content[cut:])]))
    assert all(isinstance(one, (Span, Event, Reject)) for one in records)


def test_values_nested_without_end_are_no_exception():
    """As deep as the decoder follows, and deeper."""
    for depth in (300, 900, 10_000):
        deep = json.dumps(TWO_TOOLS[1]).replace('"I look."', "[" * depth + "]" * depth)
        lines = [json.dumps(TWO_TOOLS[0]), deep, *map(json.dumps, TWO_TOOLS[2:])]
        assert list(claude_code.read(["\n".join(lines).encode()]))


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["ae4a77f8-aedd-4bc1-888f-c94edc91af04", "fa812bfe-b295-4cca-9c2f-fdf01028cb46"])
def test_a_recorded_session_counts_each_message_once(real_data, name):
    """Against the sums over the first row of each message id."""
    path = real_data / TRANSCRIPTS / f"{name}.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    messages = {one["message"]["id"]: one["message"]["usage"] for one in rows if one["type"] == "assistant"}
    records = list(claude_code.read([path.read_bytes()]))
    calls = [one.model_call for one in spans(records, "model")]
    assert len(calls) == len(messages)
    assert sum(one.cached_tokens for one in calls) == sum(one["cache_read_input_tokens"] for one in messages.values())
    assert not [one for one in records if isinstance(one, Reject)]


@pytest.mark.real_data
def test_recorded_cache_reads_are_those_of_217_calls(real_data):
    """408 rows would say 29,979,352."""
    path = real_data / TRANSCRIPTS / "ae4a77f8-aedd-4bc1-888f-c94edc91af04.jsonl"
    calls = [one.model_call for one in spans(claude_code.read([path.read_bytes()]), "model")]
    assert (len(calls), sum(one.cached_tokens for one in calls)) == (217, 16_553_628)


def test_thinking_is_part_of_the_output():
    """Newer versions count it; its rows repeat the count like the others."""
    counts = {"input_tokens": 3, "output_tokens": 9, "output_tokens_details": {"thinking_tokens": 7}}
    rows = [
        answered("a1", None, 1, "msg_1", text("I look."), usage={"input_tokens": 3, "output_tokens": 1}),
        answered("a2", "a1", 2, "msg_1", text("Twelve."), usage=counts),
    ]
    (call,) = spans(read(*rows), "model")
    assert (call.model_call.output_tokens, call.model_call.reasoning_tokens) == (9, 7)
