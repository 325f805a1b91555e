import json
from collections import Counter
from itertools import takewhile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.errors import InputError
from metabot.telemetry import formats, openai_log
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import Event, Reject, Span
from metabot_instrument.vocabulary.blocks import shared
from tests.metabot.telemetry.mutations import mutated
from tests.metabot.telemetry.odd_values import ODD, changed
from tests.metabot.telemetry.openai_calls import (
    ANSWER,
    ASKED,
    BEGAN,
    EVENTS,
    PIECES,
    REQUEST,
    SAID,
    S,
    call,
    lines,
    read,
    texts,
)


@pytest.mark.parametrize(
    "record",
    [
        pytest.param({"request": REQUEST, "response": ANSWER}, id="a pair"),
        pytest.param({"request": {"body": REQUEST}, "response": {"status": 200, "body": ANSWER}}, id="bodies"),
        pytest.param({"request_body": json.dumps(REQUEST), "response_body": json.dumps(ANSWER)}, id="bodies as text"),
        pytest.param({**REQUEST, "call_type": "acompletion", "response": ANSWER}, id="LiteLLM"),
        pytest.param({"standard_logging_object": {**REQUEST, "response": ANSWER}}, id="LiteLLM, wrapped"),
        pytest.param({**ANSWER, "messages": ASKED}, id="a stored completion"),
        pytest.param({"object": "list", "data": [{**ANSWER, "messages": ASKED}]}, id="a page of stored completions"),
        pytest.param([{"request": REQUEST, "response": ANSWER}], id="an array"),
        pytest.param({"input": REQUEST, "output": ANSWER}, id="input and output"),
        pytest.param(
            {
                "messages": {},
                "proxy_server_request": json.dumps(REQUEST),
                "response": ANSWER,
                "call_type": "acompletion",
                "prompt_tokens": 30,
                "completion_tokens": 4,
                "startTime": BEGAN,
                "endTime": BEGAN,
            },
            id="LiteLLM's spend log",
        ),
    ],
)
def test_a_call_is_read_from_any_spelling(record):
    """The same request and response, as loggers keep them."""
    assert formats.recognise("calls.jsonl", Opening(lines(record))) == "openai-log"
    found = call(record)
    assert texts(found) == ["Count.", "beans?"]
    assert found.model_call.texts[found.model_call.answer_hash] == "Twelve."
    assert (found.model_call.model, found.model_call.response_id) == ("gpt-4o-2024-08-06", "chatcmpl-1")
    assert (found.model_call.input_tokens, found.model_call.cached_tokens) == (30, 20)
    assert (found.model_call.output_tokens, found.model_call.finish_reason) == (4, "stop")
    assert (found.status, found.start_ns, found.end_ns) == ("ok", BEGAN * S, BEGAN * S)


def test_choices_alone_that_are_texts_are_an_answer():
    """As LiteLLM's older payloads have them."""
    said = {"role": "assistant", "content": "Twelve.", "tool_calls": None}
    choice = json.dumps({"finish_reason": "stop", "index": 0, "message": said})
    found = call({"call_type": "acompletion", "prompt_tokens": 30, "completion_tokens": 4, "output": [choice]})
    assert found.model_call.finish_reason == "stop"
    assert found.model_call.texts[found.model_call.answer_hash] == "Twelve."


def test_a_request_alone_neither_succeeded_nor_failed():
    """Nothing came back that was recorded."""
    found = call({"request": {"timestamp": BEGAN, "body": REQUEST}, "response": None})
    assert (found.status, found.clock, found.model_call.output_tokens) == ("unset", "utc start", None)


def test_a_count_of_tokens_is_no_model_call():
    """It is asked of the same server with the same messages."""
    counting = {"url": "https://example.org/v1/messages/count_tokens?beta=true", "body": REQUEST}
    (found,) = read({"request": counting, "response": {"body": {"input_tokens": 12}}})
    assert (found.kind, found.operation, found.model_call) == ("client", "count of tokens", None)


def test_a_proxys_own_cache_is_no_model_call():
    """It costs nothing and was asked of no model."""
    (found,) = read({**REQUEST, "response": ANSWER, "cache_hit": True})
    assert (found.kind, found.model_call) == ("client", None)


def row(session, second, asked, said):
    return {"session_id": session, "timestamp": (BEGAN + second) * 10**6, "input": asked, "output": said}


SESSION = "5f0c3b2a1d4e4f6a8b7c9d0e1f2a3b4c"


ROWS = (
    row(SESSION, 9, "third", "c"),
    row(SESSION, 0, "first", "a"),
    row(SESSION, 5, "first", '{"name": "tell"}'),
    row("another", 2, "alone", "d"),
)


def test_records_of_one_session_are_one_trace():
    """Under a span from the first to the last, in whatever order they stand."""
    records = read(*ROWS)
    assert formats.recognise("x", Opening(lines(*ROWS))) == "openai-log"
    root, other = (one for one in records if one.kind == "agent")
    assert (root.trace_id, root.session_id, root.start_ns) == (SESSION, SESSION, BEGAN * S)
    assert (root.end_ns - root.start_ns, root.clock) == (9 * S, "utc")
    assert other.clock == "utc start"
    assert [one.parent_id for one in records].count(root.span_id) == 3
    assert other.trace_id != root.trace_id
    assert sorted(map(repr, read(*reversed(ROWS)))) == sorted(map(repr, records))


def test_texts_stay_what_they_are():
    """One that looks like JSON is no request and no response of an interface."""
    records = [one for one in read(*ROWS, row("s", 1, '[{"a": 1}]', '{"output": "x"}')) if one.model_call]
    said = [one.model_call.texts[one.model_call.answer_hash] for one in records]
    assert said == ["c", "a", '{"name": "tell"}', "d", '{"output": "x"}']
    assert texts(records[-1]) == ['[{"a": 1}]']


def test_the_same_prompt_has_the_same_hash():
    """So that repeated prompts can be counted; one that was recorded as empty is a prompt too."""
    records = [one.model_call for one in read(*ROWS, row("s", 1, "", "")) if one.kind == "model"]
    hashes = [one.prompt_hash for one in records]
    assert hashes[1] == hashes[2] != hashes[0]
    assert (records[-1].prompt_chars, records[-1].answer_chars) == (0, 0)
    assert hashes[-1] is not None


@pytest.mark.parametrize(
    ("record", "words"),
    [
        pytest.param({"custom_id": "q", "method": "POST", "url": "/v1/chat/completions", "body": REQUEST},
                     "requests for OpenAI's batch interface", id="a batch's input"),
        pytest.param({"messages": [*ASKED, SAID]}, "conversations to train with", id="training data"),
    ],
)  # fmt: skip
def test_what_records_no_call_is_refused_by_name(record, words):
    """It says what was asked or should be learnt, and nothing that happened."""
    with pytest.raises(InputError, match=words):
        formats.recognise("x.jsonl", Opening(lines(record)))


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        pytest.param(7, "no record of a call", id="a number"),
        pytest.param({"beans": 12}, "neither a request nor a response", id="another record"),
    ],
)
def test_what_is_no_call_is_kept_as_a_reject(record, reason):
    """With its place; its neighbours are read."""
    records = read({"request": REQUEST, "response": ANSWER}, record)
    assert [(one.position, one.reason) for one in records if isinstance(one, Reject)] == [("line 2", reason)]
    assert len(records) == 2


def test_a_record_loaded_twice_has_the_same_ids():
    """By its own ids, else by what it says."""
    pair = {"request": REQUEST, "response": {**ANSWER, "id": None}}
    assert call(pair).span_id == call(pair).span_id
    assert call(pair).span_id != call({**pair, "request": {**REQUEST, "messages": ASKED[:1]}}).span_id
    assert call({**pair, "id": "x", "tried": 1}).span_id == call({**pair, "id": "x", "tried": 2}).span_id


VALID = (
    {"request": REQUEST, "response": ANSWER, "timestamp": BEGAN, "id": "x"},
    {**REQUEST, "response": PIECES, "metadata": {"session_id": "s"}, "error_information": {}, "startTime": BEGAN},
    {"request_body": json.dumps(REQUEST), "response_body": EVENTS},
    ROWS[0],
    PIECES[0],
)


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_a_field_of_another_type_stops_nothing(odd):
    """Each field of each kind of record, at any depth."""
    failed = {"request": REQUEST, "response": {"status": 429, "body": {"error": {"type": "x", "message": "slow"}}}}
    started = {"type": "message_start", "message": {"id": "m", "usage": {"input_tokens": 1}}}
    begun = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    for one in (*VALID, failed, {"response": [started, begun]}, {"data": [ANSWER]}):
        for broken in changed(one, odd):
            assert all(isinstance(found, (Span, Reject)) for found in read(broken))


@given(mutated([*VALID, ANSWER]))
def test_nothing_in_a_record_stops_the_reader(content):
    """Whatever is replaced, removed or repeated, there are records and no exception."""
    assert all(isinstance(one, (Span, Reject)) for one in openai_log.read([content]))


@given(st.data())
def test_no_damage_to_the_bytes_stops_the_reader(data):
    """Torn and overwritten lines are rejects."""
    content = bytearray(lines(*VALID))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))
    records = list(openai_log.read([bytes(content[:cut]), bytes(content[cut:])]))
    assert all(isinstance(one, (Span, Event, Reject)) for one in records)


def test_values_nested_without_end_are_no_exception():
    """As deep as the decoder follows, and deeper."""
    for depth in (300, 900, 10_000):
        deep = json.dumps(VALID[0]).replace('"beans?"', "[" * depth + "]" * depth)
        assert len(list(openai_log.read([deep.encode() + b"\n" + lines(VALID[3])]))) == 3


def recorded_calls(folder):
    """For each session its model calls by time."""
    found = []
    for path in sorted(folder.glob("*.jsonl")):
        spans = [one for one in openai_log.read([path.read_bytes()]) if isinstance(one, Span) and one.model_call]
        found.append(sorted(spans, key=lambda span: span.start_ns))
    return found


def common(sequences):
    """What all of them begin with."""
    return [one for one, *_ in takewhile(lambda at: len(set(at)) == 1, zip(*sequences, strict=False))]


@pytest.mark.real_data
def test_recorded_static_instructions_stand_at_the_end(real_data):
    """First prompts share 56 leading and 4,627 trailing characters: no cache of prefixes can help."""
    firsts = [calls[0] for calls in recorded_calls(real_data / "raw/lmcache-agent-trace/miniswe")]
    prompts = ["".join(texts(one)) for one in firsts]
    assert len(common(prompts)) == 56
    trailing = len(common([one[::-1] for one in prompts]))
    assert trailing == 4_627
    tails = [list(zip(one.model_call.piece_hashes, one.model_call.piece_chars, strict=True))[::-1] for one in firsts]
    tail = common(tails)
    assert trailing - 256 < sum(chars for _, chars in tail) <= trailing
    assert all(shared(firsts[0].model_call.block_hashes, one.model_call.block_hashes) == 0 for one in firsts[1:])
    assert all(sum(one.model_call.piece_chars) == one.model_call.prompt_chars for one in firsts)


@pytest.mark.real_data
def test_recorded_prompts_repeat(real_data):
    """284 of 387 calls repeat an earlier prompt of their session; one session sends one 21 times, another 16 times."""
    sessions = recorded_calls(real_data / "raw/lmcache-agent-trace/magagent")
    counts = [Counter(one.model_call.prompt_hash for one in calls) for calls in sessions]
    assert sum(map(len, sessions)) == 387
    assert sum(times - 1 for count in counts for times in count.values()) == 284
    (most,) = (
        count for calls, count in zip(sessions, counts, strict=True)
        if calls[0].session_id == "473e740a07c7097b9736712c8dfedc94"
    )  # fmt: skip
    assert [times for _, times in most.most_common(2)] == [21, 16]
    assert sum((one.model_call.answer_chars or 0) > 24_000 for calls in sessions for one in calls) == 8


@pytest.mark.real_data
def test_recorded_sessions_stop_at_thirty_calls(real_data):
    """7 of 12 do: a cap on steps."""
    sessions = recorded_calls(real_data / "raw/lmcache-agent-trace/miniswe")
    assert sorted(map(len, sessions))[-7:] == [30] * 7
    assert len(sessions) == 12
    assert all(one.clock == "utc start" and one.start_ns == one.end_ns for calls in sessions for one in calls)
