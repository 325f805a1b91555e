"""Answers that come bit by bit: what the application reads stays the same, and is recorded as far as it was read."""

import asyncio
import gc
import gzip
import json
import os
import signal
import time

import openai as sdk
import pytest
from model_server import serving
from opentelemetry.trace import StatusCode

import metabot_instrument
from tests.instrument.model_calls.answers import ASKED, CHUNKS, COMPLETION, RESPONSE_EVENTS, streamed, whole
from tests.instrument.model_calls.recorded import bare, client, finished, only, read_back, recording, told
from tests.instrument.model_calls.test_whole_answers import OF_THE_ANSWER, TEXTS

CHAT = {"model": "gpt-4o", "messages": ASKED, "stream": True, "stream_options": {"include_usage": True}}
RESPOND = {"model": "gpt-4o", "input": "How many?"}


def slowly(answering):
    """The first chunk says nothing yet; what it says comes after 60 ms."""
    answering.head(200, "text/event-stream")
    answering.event(CHUNKS[0])
    time.sleep(0.06)
    for chunk in CHUNKS[1:]:
        answering.event(chunk)
    answering.event("[DONE]")


def lingers(answering):
    """Two chunks, and no more until the test is over."""
    answering.head(200, "text/event-stream")
    answering.event(CHUNKS[0])
    answering.event(CHUNKS[1])
    answering.ended.wait(10)


def breaks_off(answering):
    """Less than it promised, and the connection is gone."""
    answering.handler.send_response(200)
    answering.handler.send_header("Content-Type", "text/event-stream")
    answering.handler.send_header("Content-Length", "100000")
    answering.handler.end_headers()
    answering.event(CHUNKS[0])
    answering.event(CHUNKS[1])


def until_it_ended():
    """A thread ends what was dropped."""
    end = time.monotonic() + 10
    while not finished() and time.monotonic() < end:
        time.sleep(0.005)


def test_a_stream_is_recorded_as_the_whole_answer_would_be():
    """Figures and texts put together again; the chunks are those that a client gets that nobody records."""
    with serving(streamed(*CHUNKS)) as server, recording():
        chunks = list(client(server.url).chat.completions.create(**CHAT))
        found = told()
        assert chunks == list(bare(server.url).chat.completions.create(**CHAT))
        assert len(finished()) == 1
    assert found.items() >= {**OF_THE_ANSWER, "gen_ai.output.messages": TEXTS["gen_ai.output.messages"]}.items()
    assert found["gen_ai.request.stream"] is True


def test_the_first_token_is_the_first_that_says_something():
    """A chunk that only names the role is no token; the time comes back out of the bot's reader."""
    with serving(slowly) as server, recording():
        list(client(server.url).chat.completions.create(**CHAT))
        (span,) = read_back()
    waited = span.model_call.first_token_ns - span.start_ns
    assert 60_000_000 <= waited <= span.end_ns - span.start_ns


def test_an_asynchronous_stream_is_recorded_as_the_other():
    """To its end, and left early."""

    async def ask(url):
        async with client(url, sdk.AsyncOpenAI) as asynchronous:
            chunks = [chunk async for chunk in await asynchronous.chat.completions.create(**CHAT)]
            async with await asynchronous.chat.completions.create(**CHAT) as stream:
                await anext(stream)
            return chunks

    with serving(streamed(*CHUNKS), lingers) as server, recording():
        assert len(asyncio.run(ask(server.url))) == len(CHUNKS)
        to_its_end, closed = finished()
    assert told(to_its_end).items() >= OF_THE_ANSWER.items()
    assert "gen_ai.usage.input_tokens" not in told(closed)


@pytest.mark.parametrize("leaving", ["closed", "dropped"])
def test_what_was_not_read_is_unknown(leaving):
    """A stream that the application leaves is no failure; its tokens are unknown, not 0, and nobody made it go on."""
    with serving(lingers) as server, recording():
        stream = client(server.url).chat.completions.create(**CHAT)
        assert next(stream).choices
        assert next(stream).choices[0].delta.content == "Twel"
        if leaving == "closed":
            stream.close()
        del stream
        gc.collect()
        until_it_ended()
        span = only()
        (read,) = read_back()
    assert span.status.status_code == StatusCode.UNSET
    assert read.model_call.input_tokens is read.model_call.output_tokens is read.model_call.finish_reason is None
    assert told(span)["gen_ai.response.id"] == "chatcmpl-1"


def _drop_one(url):
    """In a process of its own, which ends well only where the dropped stream does."""
    signal.alarm(20)
    try:
        before = len(finished())
        client(url, http_client=sdk.DefaultHttpxClient()).chat.completions.create(**CHAT)
        gc.collect()
        while len(finished()) == before:
            time.sleep(0.005)
        os._exit(0)
    finally:
        os._exit(1)


def test_a_forked_child_ends_what_it_drops():
    """The thread that does so is not there after a fork; the child begins its own."""
    with serving(lingers) as server, recording():
        client(server.url).chat.completions.create(**CHAT)
        gc.collect()
        until_it_ended()
        child = os.fork()
        if not child:
            _drop_one(server.url)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_stream_that_nobody_read_is_recorded_too():
    """The call was made, whatever became of the answer."""
    with serving(streamed(*CHUNKS)) as server, recording():
        client(server.url).chat.completions.create(**CHAT)
        gc.collect()
        until_it_ended()
        assert "gen_ai.usage.input_tokens" not in told()


def test_a_stream_without_usage_has_unknown_tokens():
    """Servers tell the usage only where they are asked for it, if then."""
    with serving(streamed(*CHUNKS[:-1])) as server, recording():
        list(client(server.url).chat.completions.create(**CHAT))
        (span,) = read_back()
    assert span.model_call.input_tokens is span.model_call.output_tokens is None
    assert span.model_call.finish_reason == "tool_calls"


@pytest.mark.parametrize(
    ("way", "raised", "error_type"),
    [
        pytest.param(breaks_off, sdk.APIConnectionError, "RemoteProtocolError", id="the connection breaks"),
        pytest.param(
            streamed(*CHUNKS[:2], {"error": {"message": "m", "code": "server_error"}}),
            sdk.APIError,
            "server_error",
            id="the server fails",
        ),
        pytest.param(streamed(*CHUNKS[:2], "{no JSON"), ValueError, "ValueError", id="nonsense comes"),
    ],
)
def test_a_stream_that_fails_raises_what_it_raised(way, raised, error_type):
    """The application sees its chunks and the same exception; the span says how far it came and that it failed."""
    with serving(way) as server, recording():
        stream = client(server.url).chat.completions.create(**CHAT)
        chunks = []
        with pytest.raises(raised):
            chunks.extend(stream)
        (span,) = read_back()
    assert [chunk.choices[0].delta.content for chunk in chunks] == ["", "Twel"]
    assert (span.status, span.error_type) == ("error", error_type)
    assert "Twel" in span.model_call.texts.values()


def test_the_packages_own_stream_of_events_is_recorded():
    """`chat.completions.stream` reads the same stream, and puts together its own answer."""
    with serving(streamed(*CHUNKS)) as server, recording():
        with client(server.url).chat.completions.stream(model="gpt-4o", messages=ASKED) as stream:
            assert [event.type for event in stream]
            assert stream.get_final_completion().choices[0].message.content == "Twelve."
        assert told().items() >= OF_THE_ANSWER.items()


@pytest.mark.parametrize("way", ["create", "stream"])
def test_a_streamed_response_is_recorded(way):
    """The Responses interface repeats the whole at the end of its events."""
    with serving(streamed(*RESPONSE_EVENTS)) as server, recording():
        responses = client(server.url).responses
        if way == "create":
            assert len(list(responses.create(**RESPOND, stream=True))) == len(RESPONSE_EVENTS)
        else:
            with responses.stream(**RESPOND) as stream:
                assert stream.get_final_response().output_text == "Twelve."
        (span,) = read_back()
    call = span.model_call
    assert (call.input_tokens, call.cached_tokens, call.finish_reason) == (300, 256, "completed")
    assert "Count.\nTwelve.\ntell\n{}" in call.texts.values()
    assert call.first_token_ns is not None


def test_a_streamed_response_that_ends_early_is_what_came_of_it():
    """Items that were done, and what the next one said so far."""
    with serving(streamed(*RESPONSE_EVENTS[:6], done=False)) as server, recording():
        list(client(server.url).responses.create(**RESPOND, stream=True))
        (span,) = read_back()
    assert "Count.\nTwel" in span.model_call.texts.values()
    assert span.model_call.input_tokens is None


def lines(response):
    return [line for line in response.iter_lines() if line]


@pytest.mark.parametrize(
    ("stream", "read", "first"),
    [
        pytest.param(False, lambda response: response.parse().id, False, id="parsed"),
        pytest.param(False, lambda response: response.json(), False, id="decoded"),
        pytest.param(True, lines, True, id="a stream by its lines"),
        pytest.param(True, lambda response: list(response.parse()), True, id="a stream by its chunks"),
        pytest.param(True, lambda response: response.read(), True, id="a stream at once"),
    ],
)
def test_a_response_that_the_application_reads_itself_is_recorded(stream, read, first):
    """`with_streaming_response`: the span ends with the reading, in whichever way that is."""
    asked = {"model": "gpt-4o", "messages": ASKED, "stream": stream}
    with serving(streamed(*CHUNKS) if stream else whole(COMPLETION)) as server, recording():
        with client(server.url).chat.completions.with_streaming_response.create(**asked) as response:
            assert not finished()
            mine = read(response)
        with bare(server.url).chat.completions.with_streaming_response.create(**asked) as response:
            assert mine == read(response)
        assert told().items() >= OF_THE_ANSWER.items()
        assert ("gen_ai.response.time_to_first_chunk" in told()) == first


@pytest.mark.parametrize("stream", [False, True])
def test_a_raw_response_is_recorded(stream):
    """`with_raw_response`: headers and the parsed answer are there as ever."""
    asked = {"model": "gpt-4o", "messages": ASKED, "stream": stream}
    with serving(streamed(*CHUNKS) if stream else whole(COMPLETION)) as server, recording():
        raw = client(server.url).chat.completions.with_raw_response.create(**asked)
        assert raw.headers["content-type"]
        parsed = raw.parse()
        assert len(list(parsed)) == len(CHUNKS) if stream else parsed.id == COMPLETION["id"]
        assert told().items() >= OF_THE_ANSWER.items()


def test_an_asynchronous_response_that_the_application_reads_itself_is_recorded():
    """Lines of a stream, and the chunks of a raw one."""

    async def ask(url):
        async with client(url, sdk.AsyncOpenAI) as asynchronous:
            completions = asynchronous.chat.completions
            async with completions.with_streaming_response.create(**CHAT) as response:
                assert [line async for line in response.iter_lines()]
            raw = await completions.with_raw_response.create(**CHAT)
            return [chunk async for chunk in raw.parse()]

    with serving(streamed(*CHUNKS)) as server, recording():
        assert len(asyncio.run(ask(server.url))) == len(CHUNKS)
        assert all(told(span).items() >= OF_THE_ANSWER.items() for span in finished())
        assert len(finished()) == 2


def packed(answering):
    """Compressed: the last text comes out after the response has closed itself."""
    events = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in CHUNKS)
    answering.head(200, "text/event-stream", Content_Encoding="gzip")
    answering.raw(gzip.compress(events.encode()))


def test_a_compressed_stream_is_recorded_to_its_end():
    """The usage is in the last chunk, with nothing behind it."""
    with serving(packed) as server, recording():
        assert len(list(client(server.url).chat.completions.create(**CHAT))) == len(CHUNKS)
        assert told().items() >= OF_THE_ANSWER.items()


def test_an_answer_that_is_too_large_to_keep_is_handed_on():
    """Beyond 16 MB nothing is kept: the application has all of it, the span no figures, and it is counted."""
    size = 17 << 20

    def way(answering):
        answering.head(200, "application/json")
        answering.raw(b'{"pad": "' + b"x" * size + b'"}')

    before = metabot_instrument.failures().get("model_call", 0)
    with serving(way) as server, recording():
        with client(server.url).chat.completions.with_streaming_response.create(**CHAT) as response:
            assert len(response.read()) > size
        assert "gen_ai.response.id" not in told()
    assert metabot_instrument.failures()["model_call"] == before + 1


def test_a_stream_that_is_answered_in_one_piece_is_known():
    """Some servers ignore that a stream was asked for."""
    with serving(whole(COMPLETION)) as server, recording():
        list(client(server.url).chat.completions.create(**CHAT))
        assert told().items() >= OF_THE_ANSWER.items()


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(lambda chunks: [{"type": "ping"}, *chunks], id="pings"),
        pytest.param(lambda chunks: [{**one, "type": "chat.completion.chunk"} for one in chunks], id="typed chunks"),
        pytest.param(
            lambda chunks: [*chunks, {**chunks[-1], "usage": {"prompt_tokens": 0, "completion_tokens": 0}}],
            id="zeros at the end",
        ),
    ],
)
def test_a_chat_stays_a_chat_whatever_stands_among_its_chunks(odd):
    """Its tokens and how it ended are those of the plain stream."""
    told_by = []
    for chunks in (CHUNKS, odd(CHUNKS)):
        with serving(streamed(*chunks)) as server, recording():
            for _ in client(server.url).chat.completions.create(**CHAT):
                pass
            told_by.append(told(only()))
    plain, strange = told_by
    for name in ("gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens", "gen_ai.response.finish_reasons"):
        assert strange[name] == plain[name]
