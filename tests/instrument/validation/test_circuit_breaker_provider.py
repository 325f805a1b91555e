"""A circuit opens when a provider fails, stays out of its way, and closes when it answers again; over real HTTP."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from metabot_instrument.validation.decision import RejectedActionError
from metabot_instrument.validation.pipeline import ValidationPipeline
from tests.instrument.validation.breakers import ACTION, breaking


class Provider(ThreadingHTTPServer):
    """Answers, fails or hangs, as it is told; counts what reaches it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.mood = "answer"
        self.reached: list[float] = []
        self.end = threading.Event()

    @property
    def asked(self) -> int:
        return len(self.reached)

    def call(self, seconds: float = 5.0) -> None:
        """Raises OSError where it fails, or does not answer in time."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server_address[1], timeout=seconds)
        try:
            connection.request("GET", "/")
            if connection.getresponse().status >= 500:
                raise OSError("the provider fails")
        finally:
            connection.close()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        provider = self.server
        assert isinstance(provider, Provider)
        provider.reached.append(time.monotonic())
        if provider.mood == "hang":
            provider.end.wait()
            return
        self.send_response(503 if provider.mood == "fail" else 200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002


@pytest.fixture
def provider() -> Iterator[Provider]:
    server = Provider()
    running = threading.Thread(target=server.serve_forever, args=(0.01,))
    running.start()
    yield server
    server.end.set()
    server.shutdown()
    running.join()
    server.server_close()


def ask(pipeline: ValidationPipeline, provider: Provider, seconds: float = 5.0) -> str:
    """How one call through the pipeline went."""
    try:
        with pipeline.guarded(ACTION):
            provider.call(seconds)
    except RejectedActionError as error:
        return error.decision.reason
    except OSError:
        return "failed"
    return "answered"


def events(log: Path) -> list[tuple[str, dict[str, Any]]]:
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    return [(line["event"], line["payload"]) for line in lines if line["event"].startswith("circuit_")]


def test_a_failing_provider_is_left_alone_until_it_recovers(provider: Provider, log: Path) -> None:
    """Four failures open the circuit; open, nothing reaches the provider; then one probe does, and closes it."""
    _, pipeline = breaking()
    provider.mood = "fail"
    assert [ask(pipeline, provider) for _ in range(6)] == ["failed"] * 4 + ["circuit open"] * 2
    assert provider.asked == 4
    provider.mood = "answer"
    time.sleep(0.16)
    assert [ask(pipeline, provider) for _ in range(3)] == ["answered"] * 3
    (opened, about), (closed, ended) = events(log)
    assert (opened, about) == ("circuit_opened", {"key": "provider", "failure_ratio": 1.0})
    assert closed == "circuit_closed"
    assert ended["duration_ms"] >= 150


def test_a_hanging_provider_fails_when_its_caller_has_waited_enough(provider: Provider) -> None:
    """Calls that time out open the circuit as failures do."""
    breaker, pipeline = breaking()
    provider.mood = "hang"
    assert [ask(pipeline, provider, 0.03) for _ in range(5)] == ["failed"] * 4 + ["circuit open"]
    assert breaker.state("provider") == "open"


def test_a_probe_that_fails_opens_it_again(provider: Provider, log: Path) -> None:
    """For as long again, with one call more to the provider; it was open all the time."""
    _, pipeline = breaking()
    provider.mood = "fail"
    for _ in range(4):
        ask(pipeline, provider)
    for _ in range(2):
        time.sleep(0.16)
        assert [ask(pipeline, provider) for _ in range(3)] == ["failed"] + ["circuit open"] * 2
    assert provider.asked == 6
    assert [kind for kind, _ in events(log)] == ["circuit_opened"]


def test_a_flapping_provider_is_judged_by_its_share_of_failures(provider: Provider) -> None:
    """One call of three that fails is below one half; two of three is not, though never two in a row at first."""
    breaker, pipeline = breaking(window_calls=12, minimum_calls=6)
    for at in range(12):
        provider.mood = "fail" if at % 3 == 0 else "answer"
        ask(pipeline, provider)
    assert breaker.state("provider") == "closed"
    for at in range(12):
        provider.mood = "answer" if at % 3 == 0 else "fail"
        ask(pipeline, provider)
    assert breaker.state("provider") == "open"


def test_fifty_threads_share_one_probe(provider: Provider) -> None:
    """All ask when it becomes half-open; one call reaches the provider, the others are rejected."""
    _, pipeline = breaking()
    provider.mood = "fail"
    for _ in range(4):
        ask(pipeline, provider)
    provider.mood = "hang"
    time.sleep(0.16)
    said: list[str] = []
    asking = [threading.Thread(target=lambda: said.append(ask(pipeline, provider, 30))) for _ in range(50)]
    for thread in asking:
        thread.start()
    until = time.monotonic() + 20
    while len(said) < 49 and time.monotonic() < until:
        time.sleep(0.01)
    provider.end.set()
    for thread in asking:
        thread.join()
    assert sorted(said) == ["circuit half-open"] * 49 + ["failed"]
    assert provider.asked == 5


def test_a_storm_of_retries_reaches_a_dead_provider_a_few_times(provider: Provider) -> None:
    """Fifty callers that try again at once for 0.3 s: what reaches it is what opens the circuit, and the probes."""
    _, pipeline = breaking()
    provider.mood = "fail"
    until = time.monotonic() + 0.3

    def storm() -> None:
        while time.monotonic() < until:
            ask(pipeline, provider)

    storming = [threading.Thread(target=storm) for _ in range(50)]
    for thread in storming:
        thread.start()
    for thread in storming:
        thread.join()
    assert provider.asked <= 50 + 3  # those that were under way when it opened, and a probe every 150 ms
