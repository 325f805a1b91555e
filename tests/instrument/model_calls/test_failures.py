"""Calls that fail: the same exception for the application, the kind of failure in the span, no server's words."""

import asyncio
import json

import openai as sdk
import pytest
from hypothesis import given
from hypothesis import strategies as st
from model_server import hangs_up, refuses, sends, serving, stalls
from opentelemetry.trace import StatusCode

import metabot_instrument
from metabot_instrument.model_calls import answer, captured, request
from metabot_instrument.model_calls.streamed import answered
from tests.instrument.model_calls.answers import ASKED, COMPLETION, streamed, whole
from tests.instrument.model_calls.recorded import KEY, client, finished, only, recording, told

CHAT = {"model": "gpt-4o", "messages": ASKED}


def _text(answering):
    sends(b"no JSON", "text/html")(answering)


@pytest.mark.parametrize(
    ("way", "error", "status", "description"),
    [
        pytest.param(
            refuses(429, f"{KEY} spoke of beans", code="rate_limit_exceeded"),
            sdk.RateLimitError,
            429,
            "RateLimitError 429 rate_limit_exceeded",
            id="refused",
        ),
        pytest.param(refuses(500, "beans"), sdk.InternalServerError, 500, "InternalServerError 500", id="broken"),
        pytest.param(hangs_up, sdk.APIConnectionError, None, "APIConnectionError RemoteProtocolError", id="hung up"),
        pytest.param(stalls(), sdk.APITimeoutError, None, "APITimeoutError ReadTimeout", id="too slow"),
    ],
)
def test_a_call_that_fails_says_how(way, error, status, description):
    """Type, status and code; what else the server said may repeat a key or the prompt."""
    with serving(way) as server, recording(capture="hashes"):
        with pytest.raises(error):
            client(server.url, timeout=0.3).chat.completions.create(**CHAT)
        span = only()
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, description)
    assert (told(span)["error.type"], told(span).get("http.response.status_code")) == (error.__name__, status)
    assert "beans" not in span.to_json()
    assert not span.events


@pytest.mark.parametrize("key", [KEY, "Bearer abc", "0f" * 16])
def test_the_servers_message_is_a_text(key):
    """It is recorded where texts are, without what looks like a key."""
    with serving(refuses(401, f"Incorrect API key provided: {key}.")) as server, recording():
        with pytest.raises(sdk.AuthenticationError):
            client(server.url).chat.completions.create(**CHAT)
        span = only()
    assert "Incorrect API key provided" in span.status.description
    assert key not in span.to_json()


def test_a_call_that_is_retried_is_one_call():
    """The package asks again by itself; the span lasts from the first to the last of it."""
    with serving(refuses(503, retry_after_ms="1"), whole(COMPLETION)) as server, recording():
        client(server.url, max_retries=2).chat.completions.create(**CHAT)
        assert only().status.status_code is StatusCode.UNSET
    assert len(server.asked) == 2


def test_a_call_that_is_cancelled_is_recorded():
    """A task that is told to stop stops, and its call ends with it."""

    async def ask(url):
        async with client(url, sdk.AsyncOpenAI) as asynchronous:
            await asyncio.wait_for(asynchronous.chat.completions.create(**CHAT), 0.1)

    with serving(stalls()) as server, recording():
        with pytest.raises(TimeoutError):
            asyncio.run(ask(server.url))
        assert told()["error.type"] == "CancelledError"


NAMES = st.sampled_from(
    ["id", "model", "choices", "message", "delta", "content", "usage", "prompt_tokens", "completion_tokens", "index",
     "prompt_tokens_details", "cached_tokens", "tool_calls", "function", "name", "arguments", "finish_reason", "type",
     "output", "status", "error", "response", "item", "code", "role", "parts", "text", "tools", "messages", "input"]
)  # fmt: skip
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(NAMES, ODD))
def test_any_answer_and_any_request_is_taken_as_it_comes(odd):
    """What is not of the wanted kind is unknown: no body makes the recording raise."""
    found = {**answer.figures(odd), **request.parameters(odd)}
    assert all(value is None or isinstance(value, str | int | float | list) for value in found.values())
    for capture in ("text", "hashes", "none"):
        captured.of_answer(answer.messages(odd), capture)
        captured.of_request(request.conversation(odd), capture)
    answer.error_in(odd)


@given(st.lists(st.dictionaries(NAMES, ODD), max_size=4))
def test_any_stream_is_taken_as_it_comes(events):
    """Whatever the chunks hold, an answer is put together, or none."""
    data = b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events)
    assert not answered(data).broken
    answer.messages(answered(data).whole)


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param({**COMPLETION, "usage": None, "choices": []}, id="nothing in it"),
        pytest.param({**COMPLETION, "usage": {"prompt_tokens": 2**70, "completion_tokens": -1}}, id="no counts"),
        pytest.param({**COMPLETION, "usage": "many", "choices": [None, 3]}, id="other types"),
        pytest.param({**COMPLETION, "model": "\ud800", "id": 7}, id="text that is none"),
        pytest.param({"error": {"message": "m", "code": 500}}, id="an error with a good status"),
        pytest.param([1, 2], id="a list"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_an_odd_answer_reaches_the_application_as_it_is(odd, stream):
    """The package gives what it gives or raises what it raises, recorded or not; the span ends, nothing is counted."""
    before = metabot_instrument.failures()
    outcomes = []
    with serving(streamed(odd) if stream else whole(odd)) as server, recording():
        for instrumented in (True, False):
            asked = client(server.url)
            if not instrumented:
                metabot_instrument.uninstrument(asked)
            outcomes.append(_outcome(asked, stream=stream))
        assert len(finished()) == 1
    assert outcomes[0] == outcomes[1]
    assert metabot_instrument.failures() == before


def _outcome(asked, *, stream):
    try:
        answer = asked.chat.completions.create(**CHAT, stream=stream)
        return repr(list(answer) if stream else answer)
    except (sdk.OpenAIError, TypeError, ValueError, AttributeError) as error:
        return repr(error)


def test_a_page_instead_of_an_answer():
    """The package hands on the text; the call has no figures."""
    with serving(_text) as server, recording():
        assert client(server.url).chat.completions.create(**CHAT) == "no JSON"
        assert "gen_ai.usage.input_tokens" not in told()


@pytest.mark.parametrize("capture", ["none", "hashes"])
def test_a_step_around_it_repeats_no_words_of_the_server_either(capture):
    """Neither its line nor its exception in the export."""
    with serving(refuses(401, f"no such key {KEY}; you said beans", code="invalid_api_key")) as server:
        with recording(capture=capture) as lines:
            asked = client(server.url)
            with pytest.raises(sdk.AuthenticationError), metabot_instrument.tracer.span("reasoning", "classify"):
                asked.chat.completions.create(**CHAT)
            metabot_instrument.flush()
            written = lines.read_text()
        exported = "".join(span.to_json() for span in finished())
    assert "AuthenticationError 401 invalid_api_key" in written
    for text in (written, exported):
        assert KEY not in text
        assert "beans" not in text


def test_an_error_that_is_named_by_a_sentence_has_no_name():
    """In an answer of status 200: its type could hold anything."""
    named = {"error": {"message": "no", "type": f"beans and {KEY}", "code": None}}
    with serving(whole(named)) as server, recording(capture="hashes"):
        client(server.url).chat.completions.create(**CHAT)
        span = only()
    assert told(span)["error.type"] == "error"
    assert "beans" not in span.to_json()
