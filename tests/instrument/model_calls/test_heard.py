"""Those who hear of model calls in the process harm neither the calls nor the application's traces."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import openai as sdk
import pytest
from model_server import serving
from opentelemetry.trace import get_current_span

import metabot_instrument
from metabot_instrument.boundary import failures
from metabot_instrument.model_calls import heard
from metabot_instrument.model_calls.heard import Answered, Asked, Ended
from metabot_instrument.traces.provider import tracer_provider
from tests.instrument.model_calls.answers import ASKED, CHUNKS, COMPLETION, streamed, whole
from tests.instrument.model_calls.recorded import KEY, client, finished, recording

CHAT: dict[str, Any] = {"model": "gpt-4o", "messages": ASKED}


@pytest.fixture
def told() -> Iterator[list[Asked | Answered]]:
    kept: list[Asked | Answered] = []

    def hears(asked: Asked) -> Ended:
        kept.append(asked)
        return kept.append

    off = heard.hear(hears)
    yield kept
    off()


def test_beginning_and_end_of_a_call_are_told(told: list[Any]) -> None:
    """With the answer's own figures, once each, and nothing of its texts."""
    with serving(whole(COMPLETION)) as server, recording(trace=False):
        client(server.url).chat.completions.create(**CHAT)
    asked, answered = told
    assert asked.model == "gpt-4o"
    assert answered == Answered("chatcmpl-1", "gpt-4o", 300, 40, 256, False, answered.ended_ns)
    assert asked.began_ns <= answered.ended_ns


def test_a_cancelled_call_and_a_dropped_stream_end_too(told: list[Any]) -> None:
    """The one as failed, the other with what had come."""

    async def cancelled(url: str) -> None:
        async with client(url, sdk.AsyncOpenAI) as asked:
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(asked.chat.completions.create(**CHAT), 0.3)

    with serving(lambda answering: answering.ended.wait(5), streamed(*CHUNKS)) as server, recording(trace=False):
        asyncio.run(cancelled(server.url))
        with client(server.url).chat.completions.create(**CHAT, stream=True) as stream:
            next(iter(stream))
    assert [one.failed for one in told if isinstance(one, Answered)] == [True, False]


def test_a_hearer_that_fails_is_counted(told: list[Any]) -> None:
    """The application has its answer, and the others hear."""
    before = failures().get("model_call", 0)
    off = heard.hear(lambda _: 1 / 0)  # type: ignore[arg-type,return-value]
    with serving(whole(COMPLETION)) as server, recording(trace=False):
        assert client(server.url).chat.completions.create(**CHAT).id == "chatcmpl-1"
    off()
    assert failures()["model_call"] == before + 1
    assert len(told) == 2


def test_spans_of_others_keep_their_parent(told: list[Any]) -> None:
    """Where the call itself is not traced, the application's span stays the current one within it."""
    seen: list[int] = []
    hook = {"request": [lambda _: seen.append(get_current_span().get_span_context().span_id)]}
    with serving(whole(COMPLETION)) as server, recording(trace=False):
        asked = sdk.OpenAI(api_key=KEY, base_url=server.url, http_client=sdk.DefaultHttpxClient(event_hooks=hook))
        metabot_instrument.openai(asked)
        with tracer_provider().get_tracer("application").start_as_current_span("outer") as outer:
            asked.chat.completions.create(**CHAT)
        asked.close()
        assert [span.name for span in finished()] == ["outer"]
    assert seen == [outer.get_span_context().span_id]
