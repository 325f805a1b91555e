"""Requests that a vLLM server answered, one JSON line each, as LLMServingSim's benchmark takes them from the engine.

`arrival_time` is seconds since 1970 and places the request; `queued_ts`, `scheduled_ts`, `first_token_ts` and
`last_token_ts` are seconds of the engine's monotonic clock, which only differences may be taken of. A request starts
when it arrived and takes as long as from being queued to its last token. vLLM leaves 0 where it stamped nothing, as in
a request that was given up.

https://github.com/casys-kaist/LLMServingSim/blob/main/bench/core/recorder.py
https://docs.vllm.ai/en/latest/design/metrics.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from metabot.telemetry.attributes import integer, text
from metabot.telemetry.documents import each_listed
from metabot.telemetry.identity import span_id_of, trace_id_of
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import Clock, ModelCall, Record, Reject, Span
from metabot.telemetry.spans import is_calendar, reject
from metabot.telemetry.times import scaled_ns

_NAME: Final = "vllm-requests"
_SECOND_NS: Final = 10**9
_STAMPS: Final = ("arrival_time", "queued_ts", "first_token_ts")
_RUN: Final = ("vllm_version", "engine_kwargs")
_WORKLOAD: Final = ("input_toks", "output_toks", "input_tok_ids")
_AVERAGES: Final = b"Avg prompt throughput:"
_TICKS: Final = frozenset({"t", "prompt_throughput", "gen_throughput", "running", "waiting"})


def recognises(opening: Opening) -> bool:
    return opening.has(*_STAMPS) or opening.has(*(f"item.{name}" for name in _STAMPS))


def is_description(opening: Opening) -> bool:
    """What such a benchmark writes beside its requests: how the engine was set up."""
    return opening.has(*_RUN)


def is_workload(opening: Opening) -> bool:
    """What such a benchmark is given: the requests to send, before anything happened."""
    return opening.has(*_WORKLOAD)


def is_time_series(opening: Opening) -> bool:
    """So too: load and throughput, whose times count from a start that the file does not tell."""
    return _TICKS.issubset(opening.header)


def is_server_log(opening: Opening) -> bool:
    """What a server writes about itself every few seconds, between the lines of its web server."""
    return not opening.is_json and _AVERAGES in opening.head


def read(chunks: Iterable[bytes]) -> Iterator[Record]:
    return each_listed(chunks, lambda place, request: (_request(place or "line 1", request),), "request")


def _request(place: str, request: object) -> Span | Reject:
    if not isinstance(request, dict):
        return reject(place, "no request", request)
    arrived, queued = _stamp(request, "arrival_time"), _stamp(request, "queued_ts")
    start_ns = queued if arrived is None else arrived
    if start_ns is None:
        return reject(place, "no arrival_time and no queued_ts", request)
    if arrived is not None and not is_calendar(arrived):
        return reject(place, "arrival_time is not seconds since 1970, between 2000 and 2100", request)
    took, waited = _since(queued, request, "last_token_ts"), _since(queued, request, "first_token_ts")
    request_id = text(request.get("request_id"))
    identity = (_NAME, request_id, arrived, queued)
    return Span(
        trace_id=trace_id_of(*identity),
        span_id=span_id_of(*identity),
        parent_id=None,
        service="vllm",
        operation="generate",
        kind="model",
        start_ns=start_ns,
        end_ns=start_ns + (took or 0),
        status="unset",
        clock=_clock(arrived, took),
        model_call=ModelCall(
            model=text(request.get("model")),
            input_tokens=integer(request.get("input_toks")),
            output_tokens=integer(request.get("output_toks")),
            finish_reason=text(request.get("finish_reason")),
            response_id=request_id,
            first_token_ns=None if waited is None else start_ns + waited,
            queued_ns=_since(queued, request, "scheduled_ts"),
            scope=_NAME,
        ),
    )


def _stamp(request: dict[str, object], name: str) -> int | None:
    return scaled_ns(request.get(name), _SECOND_NS) or None


def _since(queued: int | None, request: dict[str, object], name: str) -> int | None:
    """Nanoseconds from being queued; None where either was not stamped or the clock went back."""
    then = _stamp(request, name)
    return None if queued is None or then is None or then < queued else then - queued


def _clock(arrived: int | None, took: int | None) -> Clock:
    if arrived is None:
        return "relative" if took is not None else "relative start"
    return "utc" if took is not None else "utc start"
