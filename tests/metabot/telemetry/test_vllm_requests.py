import json

import pytest
from hypothesis import given

from metabot.errors import InputError
from metabot.telemetry import formats, vllm_requests
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import Reject, Span
from tests.metabot.telemetry.mutations import mutated

S = 10**9
ARRIVED = 1_780_000_000
REQUEST = {
    "request_id": "r-7", "input_toks": 900, "output_toks": 40, "arrival_time": ARRIVED + 0.25,
    "queued_ts": 512.5, "scheduled_ts": 514.0, "first_token_ts": 514.5, "last_token_ts": 517.25,
}  # fmt: skip


def read(*requests):
    return list(vllm_requests.read(["\n".join(map(json.dumps, requests)).encode()]))


def test_times_are_differences_of_the_monotonic_clock_laid_on_the_arrival():
    """Queued 1.5 s, first token after 2 s, done after 4.75 s; the arrival alone is a date."""
    (span,) = read(REQUEST)
    assert (span.clock, span.start_ns, span.end_ns) == ("utc", ARRIVED * S + S // 4, ARRIVED * S + 5 * S)
    call = span.model_call
    assert (call.queued_ns, call.first_token_ns) == (S + S // 2, span.start_ns + 2 * S)
    assert (call.input_tokens, call.output_tokens, call.response_id) == (900, 40, "r-7")


@pytest.mark.parametrize(
    ("changed", "clock", "took"),
    [
        pytest.param({"last_token_ts": 0.0}, "utc start", 0, id="never ended"),
        pytest.param({"last_token_ts": None, "first_token_ts": None}, "utc start", 0, id="null"),
        pytest.param({"last_token_ts": 500.0}, "utc start", 0, id="the clock went back"),
        pytest.param({"arrival_time": None}, "relative", 4.75 * S, id="no arrival"),
        pytest.param({"arrival_time": 0, "last_token_ts": 0}, "relative start", 0, id="neither"),
    ],
)
def test_what_was_not_stamped_is_unknown(changed, clock, took):
    """vLLM leaves 0 where it stamped nothing; a duration out of it would be decades."""
    (span,) = read({**REQUEST, **changed})
    assert (span.clock, span.end_ns - span.start_ns) == (clock, took)


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"arrival_time": None, "queued_ts": None}, id="no time"),
        pytest.param({"arrival_time": 12.5}, id="a monotonic arrival"),
    ],
)
def test_a_request_without_a_place_in_time_is_a_reject(changed):
    """It names its line."""
    (span, reject) = read(REQUEST, {**REQUEST, **changed})
    assert isinstance(span, Span)
    assert isinstance(reject, Reject)
    assert reject.position == "line 2"


def test_one_id_in_two_runs_is_two_requests():
    """Benchmarks count their requests from 0 again."""
    one, two = read(REQUEST, {**REQUEST, "arrival_time": ARRIVED + 900.0})
    assert one.trace_id != two.trace_id
    assert read(REQUEST) == [one]


def test_what_lies_beside_the_requests_is_told_apart():
    """Four files of one run: requests, the engine's settings, the load at each tick, and what was to be sent."""
    requests = Opening(json.dumps(REQUEST).encode())
    settings_file = Opening(b'{"model": "m", "vllm_version": "0.1", "engine_kwargs": {}}')
    ticks = Opening(b"t,prompt_throughput,gen_throughput,running,waiting,kv_cache_pct\n1.0,2,3,4,5,6\n")
    workload = Opening(b'{"input_toks": 3, "output_toks": 1, "arrival_time_ns": 5, "input_tok_ids": [1, 2, 3]}')
    tests = (
        vllm_requests.recognises, vllm_requests.is_description, vllm_requests.is_time_series, vllm_requests.is_workload,
    )  # fmt: skip
    for number, file in enumerate((requests, settings_file, ticks, workload)):
        assert [test(file) for test in tests] == [number == at for at in range(4)]


@given(mutated(REQUEST), mutated([REQUEST]))
def test_any_content_gives_records(one, two):
    """Nothing raises, whatever a field holds and wherever the file breaks off."""
    assert all(isinstance(found, Span | Reject) for found in vllm_requests.read([one, b"\n", two]))


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("run", "median", "p95", "queued"),
    [("RTX4090/Llama-3.1-8B", 60.2, 122.7, 0.996), ("RTXPRO6000/Qwen3-30B-A3B-Instruct-2507", 0.14, 8.5, 0.87)],
)
def test_an_overloaded_server_lets_requests_wait(real_data, run, median, p95, queued):
    """Nearly all of the time to the first token is queueing."""
    path = real_data / "raw/llmservingsim-vllm/bench/examples" / run / "vllm/requests.jsonl"
    spans = list(vllm_requests.read([path.read_bytes()]))
    waits = sorted(span.model_call.first_token_ns - span.start_ns for span in spans)
    assert len(waits) == 300
    assert waits[150] / S == pytest.approx(median, rel=0.05)
    assert waits[285] / S == pytest.approx(p95, rel=0.01)
    assert sum(span.model_call.queued_ns for span in spans) / sum(waits) == pytest.approx(queued, abs=0.005)


def test_a_servers_own_log_is_refused_by_name():
    """It has no requests, and says where more is to be had."""
    line = b"INFO 03-19 07:08:57 [loggers.py:259] Engine 000: Avg prompt throughput: 2.3 tokens/s, Running: 0 reqs\n"
    with pytest.raises(InputError, match="a vLLM server's own log: averages and no requests"):
        formats.recognise("server.log", Opening(b'INFO: "GET /v1/models HTTP/1.1" 200 OK\n' + line))
