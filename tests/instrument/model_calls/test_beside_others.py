"""OpenTelemetry's own instrumentation of the openai package, alone and beside ours: one call is counted as one."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import openai as sdk
import pytest
from model_server import serving
from opentelemetry.instrumentation.openai_v2 import OpenAIInstrumentor

from metabot.telemetry.calls import merge
from metabot_instrument.traces.provider import tracer_provider
from tests.instrument.model_calls.answers import ASKED, CHUNKS, COMPLETION, streamed, whole
from tests.instrument.model_calls.recorded import bare, client, finished, read_back, recording
from tests.metabot.telemetry.exports import model_rows

CHAT = {"model": "gpt-4o", "messages": ASKED}
STREAM = {**CHAT, "stream": True, "stream_options": {"include_usage": True}}


@contextmanager
def instrumented() -> Iterator[None]:
    OpenAIInstrumentor().instrument(tracer_provider=tracer_provider())
    try:
        yield
    finally:
        OpenAIInstrumentor().uninstrument()


def ask(asked, request):
    answer = asked.chat.completions.create(**request)
    return list(answer) if request.get("stream") else answer


@pytest.mark.parametrize(("request_", "way"), [(CHAT, whole(COMPLETION)), (STREAM, streamed(*CHUNKS))])
@pytest.mark.parametrize("capture", ["text", "hashes"])
def test_both_record_one_call(request_, way, capture):
    """Two spans, one within the other; the bot makes one call of them, with the figures of both."""
    with serving(way) as server, recording(capture=capture), instrumented():
        ask(client(server.url), request_)
        assert len(finished()) == 2
        calls = merge(model_rows(read_back()))
    (call,) = calls.to_dicts()
    assert len(call["span_ids"]) == 2
    assert (call["input_tokens"], call["cached_tokens"], call["output_tokens"]) == (300, 256, 40)
    assert call["finish_reason"] == "tool_calls"


@pytest.mark.parametrize(("request_", "way"), [(CHAT, whole(COMPLETION)), (STREAM, streamed(*CHUNKS))])
def test_theirs_alone_is_read_as_well(request_, way):
    """An application that has it already needs nothing of ours."""
    with serving(way) as server, recording(), instrumented():
        ask(bare(server.url), request_)
        (span,) = read_back()
    call = span.model_call
    assert (call.model, call.input_tokens, call.output_tokens) == ("gpt-4o-2024-08-06", 300, 40)


def test_calls_at_the_same_time_stay_apart():
    """Five at once under both instrumentations are five calls."""

    async def ask_all(url):
        async with client(url, sdk.AsyncOpenAI) as asynchronous:
            requests = (asynchronous.chat.completions.create(**CHAT, user=str(number)) for number in range(5))
            await asyncio.gather(*requests)

    with serving(whole(COMPLETION)) as server, recording(), instrumented():
        asyncio.run(ask_all(server.url))
        spans = read_back()
        assert len(spans) == 10
        assert merge(model_rows(spans)).height == 5
