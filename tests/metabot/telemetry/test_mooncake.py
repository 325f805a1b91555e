import json

import pytest
from hypothesis import given

from metabot.telemetry import mooncake
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import Reject, Span
from tests.metabot.telemetry.mutations import mutated

MS = 1_000_000


def request(timestamp=0, blocks=(0, 1), **more):
    return {"timestamp": timestamp, "input_length": 1000, "output_length": 7, "hash_ids": list(blocks), **more}


def read(*requests):
    return list(mooncake.read(["\n".join(map(json.dumps, requests)).encode()]))


def test_how_long_a_request_took_is_unknown():
    """Milliseconds since an unknown moment say when it came, and nothing says when it was done."""
    (span,) = read(request(27_482))
    assert (span.start_ns, span.end_ns, span.clock) == (27_482 * MS, 27_482 * MS, "relative start")
    assert (span.model_call.input_tokens, span.model_call.output_tokens) == (1000, 7)


def test_equal_blocks_have_equal_hashes_within_a_file_and_in_no_other():
    """The ids are small numbers that every file begins anew."""
    one, two = (span.model_call for span in read(request(blocks=[0, 1, 2]), request(5, blocks=[0, 1, 3])))
    assert one.block_hashes[:2] == two.block_hashes[:2]
    assert one.block_hashes[2] != two.block_hashes[2]
    (other,) = read(request(1, blocks=[0, 1, 2]))
    assert not set(one.block_hashes) & set(other.model_call.block_hashes)


def test_blocks_that_do_not_fit_the_length_have_an_unknown_size():
    """Programs that write the same fields may cut prompts in another way."""
    fitting, other = (span.model_call for span in read(request(blocks=[0, 1]), request(blocks=range(16))))
    assert (fitting.block_size, fitting.block_unit) == (512, "tokens")
    assert (other.block_size, len(other.block_hashes)) == (None, 16)


def test_two_equal_rows_are_two_requests_and_a_file_read_twice_is_one():
    """Nothing but what it says identifies a request."""
    spans = read(request(), request(), request(4))
    assert len({span.trace_id for span in spans}) == 3
    assert read(request(), request(), request(4)) == spans


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"timestamp": None}, id="no time"),
        pytest.param({"timestamp": "soon"}, id="a word"),
        pytest.param({"timestamp": "1e999999"}, id="beyond all numbers"),
    ],
)
def test_a_request_without_a_time_is_a_reject(changed):
    """The lines around it are read."""
    (_, reject, _) = read(request(), {**request(), **changed}, request(9))
    assert isinstance(reject, Reject)
    assert reject.position == "line 2"


def test_recognised_by_its_fields():
    """A trace that numbers its chats too has blocks of another size."""
    assert mooncake.recognises(Opening(json.dumps(request()).encode()))
    assert not mooncake.recognises(Opening(json.dumps(request(chat_id=1)).encode()))


@given(mutated(request()), mutated(request(7)))
def test_any_content_gives_records(one, two):
    """Nothing raises; blocks that are no numbers are unknown."""
    assert all(isinstance(found, Span | Reject) for found in mooncake.read([one, b"\n", two]))


def test_a_list_that_is_nested_ten_thousand_deep_is_no_block():
    """It costs its own line."""
    deep = b'{"timestamp": 0, "hash_ids": ' + b"[" * 10_000 + b"]" * 10_000 + b"}"
    (span, reject) = mooncake.read([json.dumps(request()).encode(), b"\n", deep])
    assert isinstance(span, Span)
    assert isinstance(reject, Reject)


@pytest.mark.real_data
def test_an_hour_of_conversations_could_reuse_a_third_of_its_blocks(real_data):
    """With a cache without end, as the authors count."""
    path = real_data / "raw/mooncake/FAST25-release/traces/conversation_trace.jsonl"
    spans = list(mooncake.read([path.read_bytes()]))
    blocks = [block for span in spans for block in span.model_call.block_hashes]
    assert (len(spans), len({span.trace_id for span in spans})) == (12_031, 12_031)
    assert (len(blocks), len(blocks) - len(set(blocks))) == (288_500, 105_710)
    assert len({span.model_call.block_hashes[0] for span in spans}) == 1
