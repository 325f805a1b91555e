import json
import tarfile
from collections import Counter
from typing import NamedTuple

import pyarrow as pa
import pytest
from hypothesis import given

from metabot.telemetry import kv_cache
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import Reject, Span
from tests.metabot.telemetry.mutations import mutated

S = 10**9


def request(t=0.0, blocks=(1, 2, 3), **more):
    found = {"t": t, "type": "n", "model": "model-a", "in": 200, "out": 9, "hash_ids": list(blocks), "stop": "end_turn"}
    return {**found, "api_time": 2.5, **more}


def sub_agent(*requests, t=10.0, **more):
    return {"t": t, "type": "subagent", "subagent_type": "Scout", "status": "completed", "requests": requests, **more}


def session(*requests, **more):
    return {"id": "session-1", "block_size": 64, "hash_id_scope": "local", "requests": requests, **more}


def read(value):
    return list(kv_cache.read([json.dumps(value).encode()]))


def calls(records):
    return [span for span in records if span.kind == "model"]


def test_a_session_is_a_trace_under_one_agent():
    """It lasts from its first request to the last end."""
    *spans, root = read(session(request(), request(30.0, ttft=0.5)))
    assert (root.kind, root.parent_id, root.start_ns, root.end_ns) == ("agent", None, 0, int(32.5 * S))
    assert {span.parent_id for span in spans} == {root.span_id}
    assert {(span.trace_id, span.session_id, span.clock) for span in spans} == {
        (root.trace_id, "session-1", "relative")
    }
    assert [(span.start_ns, span.end_ns) for span in spans] == [(0, int(2.5 * S)), (30 * S, int(32.5 * S))]
    call = spans[1].model_call
    assert (call.model, call.input_tokens, call.output_tokens, call.finish_reason) == ("model-a", 200, 9, "end_turn")
    assert (call.first_token_ns, call.block_size, call.block_unit) == (int(30.5 * S), 64, "tokens")


def test_a_sub_agent_is_an_agent_below_and_counts_its_time_from_its_own_start():
    """Its requests are its own, not the session's."""
    inner, agent, root = read(session(sub_agent(request(4.0), t=10.0, duration_ms=7_000)))
    assert (inner.parent_id, agent.parent_id) == (agent.span_id, root.span_id)
    assert (inner.start_ns, agent.start_ns, agent.end_ns, root.end_ns) == (14 * S, 10 * S, 17 * S, 17 * S)
    assert (agent.operation, agent.status) == ("Scout", "ok")


def test_a_sub_agents_requests_may_count_from_the_sessions_start():
    """Other programs that write the format let one clock run on: none of them is before the sub-agent."""
    inner, agent, _ = read(session(sub_agent(request(14.0), t=10.0)))
    assert (inner.start_ns, agent.start_ns, agent.end_ns) == (14 * S, 10 * S, int(16.5 * S))


def test_a_sub_agent_without_a_duration_ends_with_its_last_request():
    """And not with one of the session's that ended later."""
    _, _, agent, _ = read(session(request(50.0), sub_agent(request(4.0), t=10.0)))
    assert agent.end_ns == int(16.5 * S)


def test_without_its_time_at_the_server_a_duration_is_unknown():
    """Its end repeats its start, and its clock says so; an empty reason to stop is none."""
    (span, _) = read(session(request(8.0, api_time=None, stop="")))
    assert (span.start_ns, span.end_ns, span.clock, span.model_call.finish_reason) == (
        8 * S, 8 * S, "relative start", None,
    )  # fmt: skip


def test_a_prompt_that_was_sent_again_is_another_call():
    """Streamed first and then whole, as earlier releases have most of them: both were answered, and both cost."""
    records = read(session(request(type="s", out=7, stop=""), request(3.0)))
    assert [span.model_call.output_tokens for span in calls(records)] == [7, 9]


def test_blocks_count_within_a_session_which_its_sub_agents_share():
    """Unless the recording says that its numbers hold everywhere."""
    shared, again = calls(read(session(request(), sub_agent(request()))))
    assert shared.model_call.block_hashes == again.model_call.block_hashes
    other = session(request(), id="session-2")
    assert calls(read(other))[0].model_call.block_hashes[0] != shared.model_call.block_hashes[0]
    everywhere = [calls(read({**one, "hash_id_scope": "global"})) for one in (session(request()), other)]
    assert len({span.model_call.block_hashes for (span,) in everywhere}) == 1


def test_an_id_that_a_later_release_uses_again_is_another_session():
    """The first request tells them apart; the same session has the same ids wherever it lies."""
    one, two = session(request()), session(request(**{"in": 201}))
    assert read(one)[0].trace_id != read(two)[0].trace_id
    assert read(one) == read(one)


@pytest.mark.parametrize(
    ("broken", "position"),
    [
        pytest.param(request(t=None), "line 1, request 2", id="no time"),
        pytest.param(7, "line 1, request 2", id="no request"),
        pytest.param(sub_agent(request(t="later")), "line 1, request 2, request 1", id="in a sub-agent"),
    ],
)
def test_what_cannot_be_read_is_a_reject_with_its_place(broken, position):
    """The requests around it are read."""
    records = read(session(request(), broken, request(40.0)))
    (reject,) = [one for one in records if isinstance(one, Reject)]
    assert reject.position == position
    assert len(calls(one for one in records if isinstance(one, Span))) == 2


def test_sub_agents_without_end_are_cut():
    """Sixty within one another: the innermost are one reject."""
    nested = sub_agent(request())
    for _ in range(60):
        nested = sub_agent(nested)
    records = read(session(nested))
    assert Counter(type(one) for one in records) == {Span: 51, Reject: 1}


def test_recognised_by_its_requests():
    """A list of sessions is not a session."""
    assert kv_cache.recognises(Opening(json.dumps(session(request())).encode()))
    assert not kv_cache.recognises(Opening(json.dumps([session(request())]).encode()))
    assert not kv_cache.recognises(Opening(b'{"requests": [{"url": "/"}]}'))


@given(mutated(session(request(type="s"), request(), sub_agent(request(ttft=1), duration_ms=9))))
def test_any_content_gives_records(data):
    """Nothing raises: not around the requests, not inside one, not below a sub-agent."""
    assert all(isinstance(one, Span | Reject) for one in kv_cache.read([data]))


class Row(NamedTuple):
    """A span without its blocks, which are sixteen millions in all."""

    session: str
    kind: str
    own: bool  # not a sub-agent's
    seconds: float | None
    input_tokens: int
    output_tokens: int


def _rows(records):
    assert all(isinstance(one, Span) for one in records)
    (root,) = [span.span_id for span in records if span.parent_id is None]
    for span in calls(records):
        seconds = (span.end_ns - span.start_ns) / S if span.clock == "relative" else None
        call = span.model_call
        yield Row(span.session_id, span.kind, span.parent_id == root, seconds, call.input_tokens, call.output_tokens)


@pytest.fixture(scope="module")
def rows(real_data):
    found = []
    for path in (real_data / "raw/kv-cache-tester").glob("traces_public_*.tar.zst"):
        with (
            path.open("rb") as file,
            pa.CompressedInputStream(file, "zstd") as plain,
            tarfile.open(fileobj=plain, mode="r|") as archive,
        ):
            for member in archive:
                if (inner := archive.extractfile(member)) is not None:
                    found += _rows(list(kv_cache.read([inner.read()])))
    return found


@pytest.mark.real_data
def test_requests_are_counted_with_and_without_those_of_sub_agents(rows):
    """Two true counts; which one is meant has to be said."""
    own = [row for row in rows if row.own]
    assert (len({row.session for row in rows}), len(own)) == (146, 7_175)
    assert sum(row.input_tokens for row in own) == 1_052_383_816
    assert (len(rows), sum(row.input_tokens for row in rows)) == (7_296, 1_058_274_898)
    took = sorted(row.seconds for row in own if row.seconds is not None)
    assert [round(took[int(len(took) * share)], 1) for share in (0.5, 0.95, 0.99)] == [7.6, 26.8, 53.0]
    assert sum(seconds > 60 for seconds in took) == 42


@pytest.mark.real_data
def test_answers_of_no_token_and_a_time_out_are_seen(rows):
    """Four requests of 16 sent 3.3 million tokens for nothing; one call waited five minutes for nothing."""
    one = [row for row in rows if row.session == "trace_0105"]
    empty = [row.input_tokens for row in one if row.output_tokens == 0]
    assert (len(one), len(empty), sum(empty)) == (16, 4, 3_256_733)
    other = [row for row in rows if row.session == "trace_0119"]
    assert any(row.output_tokens == 0 and row.seconds == pytest.approx(300.03) for row in other)
