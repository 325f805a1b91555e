"""A monitor hears of the calls of an instrumented client, over real HTTP, and counts none twice."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress

import openai as sdk
import pytest
from model_server import refuses, serving

from metabot_instrument.monitor.performance_monitor import PerformanceMonitor
from metabot_instrument.signals.bus import Bus
from tests.instrument.model_calls.answers import ASKED, CHUNKS, COMPLETION, EMBEDDED, streamed, whole
from tests.instrument.model_calls.recorded import client, finished, recording

CHAT = {"model": "gpt-4o", "messages": ASKED}
TOKENS = {"input": 300, "output": 40, "cached": 256, "total": 340}


def test_a_call_is_counted_without_a_signal_of_the_applications(monitor: PerformanceMonitor) -> None:
    """With the tokens of the provider's answer, although nothing is traced; and no span comes of it."""
    with serving(whole(COMPLETION)) as server, recording(trace=False):
        client(server.url).chat.completions.create(**CHAT)
        assert not finished()
    found = monitor.llm_stats()
    assert (found["calls"], found["errors"], found["tokens"]) == (1, 0, TOKENS)
    assert found["models"] == {"gpt-4o": {"calls": 1, "errors": 0, "input": 300, "output": 40}}
    assert found["recent"][0]["request_id"] == "chatcmpl-1"
    assert found["latency_ms"]["mean"] > 0
    assert monitor.status()["state"] == "idle"
    assert monitor.status()["last_activity"] >= found["recent"][0]["started_at"]


@pytest.mark.parametrize("settings", [{"trace": True}, {"trace": True, "trace_sample_rate": 0.0}])
def test_it_is_counted_beside_tracing(monitor: PerformanceMonitor, settings: dict[str, object]) -> None:
    """Sampled or not."""
    with serving(whole(COMPLETION)) as server, recording(**settings):
        client(server.url).chat.completions.create(**CHAT)
        assert len(finished()) == ("trace_sample_rate" not in settings)
    assert monitor.llm_stats()["tokens"] == TOKENS


def test_streams_embeddings_and_failures_are_counted(monitor: PerformanceMonitor) -> None:
    """A failure is a call that failed; a stream counts when it is over."""
    ways = (streamed(*CHUNKS), whole(EMBEDDED), refuses(500, "no"))
    with serving(*ways) as server, recording(trace=False):
        asked = client(server.url)
        stream = asked.chat.completions.create(**CHAT, stream=True, stream_options={"include_usage": True})
        assert monitor.status()["state"] == "active"
        assert monitor.llm_stats()["calls"] == 0
        list(stream)
        asked.embeddings.create(model="text-embedding-3-small", input="beans")
        with suppress(sdk.InternalServerError):
            asked.chat.completions.create(**CHAT)
    found = monitor.llm_stats()
    assert (found["calls"], found["errors"]) == (3, 1)
    assert found["tokens"] == {"input": 307, "output": 40, "cached": 256, "total": 347}


def test_one_that_signals_tell_of_as_well_is_counted_once(bus: Bus, monitor: PerformanceMonitor) -> None:
    """By the signals' id, with the answer's tokens where they say none; or told afterwards by the answer's id."""
    with serving(whole(COMPLETION)) as server, recording(trace=False):
        asked = client(server.url)
        for number in range(2):
            bus.emit("api:request:start", requestId=f"r-{number}")
            asked.chat.completions.create(**CHAT)
            tokens = {} if number else {"tokens": {"input": 300, "output": 40, "cached": 256}}
            bus.emit("api:request:end", requestId=f"r-{number}", **tokens)
        asked.chat.completions.create(**CHAT)
        bus.emit("api:request:end", requestId="chatcmpl-1", tokens={"input": 300, "output": 40})
    found = monitor.llm_stats()
    assert [one["request_id"] for one in found["recent"]] == ["r-0", "r-1", "chatcmpl-1"]
    assert found["tokens"] == {"input": 900, "output": 120, "cached": 768, "total": 1020}


@pytest.mark.parametrize("within", [True, False])
def test_one_that_is_told_again_by_the_answers_id_is_counted_once(
    bus: Bus, monitor: PerformanceMonitor, within: bool
) -> None:
    """Whether or not it was within a request of the application's, which takes the model from it."""
    with serving(whole(COMPLETION)) as server, recording(trace=False):
        if within:
            bus.emit("api:request:start", requestId="r")
        client(server.url).chat.completions.create(**CHAT)
        if within:
            bus.emit("api:request:end", requestId="r")
    bus.emit("api:request:end", requestId="chatcmpl-1", tokens={"input": 300, "output": 40})
    found = monitor.llm_stats()
    assert (found["calls"], found["tokens"]) == (1, TOKENS)
    assert sum(model["calls"] for name, model in found["models"].items() if name.startswith("gpt-4o")) == 1


def test_a_second_call_within_one_request_is_another(bus: Bus, monitor: PerformanceMonitor) -> None:
    """As when the application tries again by itself."""
    with serving(refuses(500, "no"), whole(COMPLETION)) as server, recording(trace=False):
        bus.emit("api:request:start", requestId="r")
        with suppress(sdk.InternalServerError):
            client(server.url).chat.completions.create(**CHAT)
        client(server.url).chat.completions.create(**CHAT)
        bus.emit("api:request:end", requestId="r")
    found = monitor.llm_stats()
    assert (found["calls"], found["tokens"]["input"]) == (2, 300)


@pytest.mark.parametrize("told", [{}, {"tokens": {"input": 300, "output": 40, "cached": 256}}])
def test_a_stream_may_be_read_after_the_request_was_told_as_ended(
    bus: Bus, monitor: PerformanceMonitor, told: dict[str, object]
) -> None:
    """Its tokens are added to the request that it belongs to, unless that told its own."""
    with serving(streamed(*CHUNKS)) as server, recording(trace=False):
        bus.emit("api:request:start", requestId="r", model="gpt-4o")
        stream = client(server.url).chat.completions.create(**CHAT, stream=True)
        bus.emit("api:request:end", told, requestId="r")
        assert monitor.llm_stats()["tokens"]["total"] == (340 if told else 0)
        list(stream)
    found = monitor.llm_stats()
    assert (found["calls"], found["tokens"], found["models"]["gpt-4o"]["output"]) == (1, TOKENS, 40)


def test_concurrent_tasks_keep_their_own(bus: Bus, monitor: PerformanceMonitor) -> None:
    """Each task's call belongs to the request that it began; calls of other threads do, too."""

    async def one(asked: sdk.AsyncOpenAI, number: int) -> None:
        bus.emit("api:request:start", requestId=f"r-{number}", model="gpt-4o")
        await asked.chat.completions.create(**CHAT)
        bus.emit("api:request:end", requestId=f"r-{number}")

    async def all_of_them(url: str) -> None:
        async with client(url, sdk.AsyncOpenAI) as asked:
            await asyncio.gather(*(one(asked, number) for number in range(8)))
            bus.emit("api:request:start", requestId="elsewhere")
            await asyncio.get_running_loop().run_in_executor(None, in_a_thread, url)
            bus.emit("api:request:end", requestId="elsewhere")

    def in_a_thread(url: str) -> None:
        assert threading.current_thread() is not threading.main_thread()
        client(url).chat.completions.create(**CHAT)

    with serving(whole(COMPLETION)) as server, recording(trace=False):
        asyncio.run(all_of_them(server.url))
    found = monitor.llm_stats()
    assert (found["calls"], found["tokens"]["total"]) == (9, 9 * 340)
    assert {one["input_tokens"] for one in found["recent"]} == {300}


def test_a_call_belongs_to_the_request_of_its_own_task(bus: Bus, monitor: PerformanceMonitor) -> None:
    """Not to one that another task began before it and has not ended."""

    async def waits(other: asyncio.Event) -> None:
        bus.emit("api:request:start", requestId="waits")
        await other.wait()
        bus.emit("api:request:end", requestId="waits")

    async def calls(url: str, done: asyncio.Event) -> None:
        bus.emit("api:request:start", requestId="calls")
        async with client(url, sdk.AsyncOpenAI) as asked:
            await asked.chat.completions.create(**CHAT)
        bus.emit("api:request:end", requestId="calls")
        done.set()

    async def both(url: str) -> None:
        done = asyncio.Event()
        await asyncio.gather(waits(done), calls(url, done))

    with serving(whole(COMPLETION)) as server, recording(trace=False):
        asyncio.run(both(server.url))
    counted = {one["request_id"]: one["input_tokens"] for one in monitor.llm_stats()["recent"]}
    assert counted == {"calls": 300, "waits": 0}


def test_an_application_may_want_its_signals_alone(bus: Bus) -> None:
    """recorded_calls=False; and after close() nothing is heard either."""
    alone, closed = PerformanceMonitor(bus, recorded_calls=False), PerformanceMonitor(bus)
    closed.close()
    with serving(whole(COMPLETION)) as server, recording(trace=False):
        client(server.url).chat.completions.create(**CHAT)
    alone.close()
    assert alone.llm_stats()["calls"] == closed.llm_stats()["calls"] == 0
