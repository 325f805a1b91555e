"""A circuit opens when a provider fails, stays out of its way, and closes when it answers again."""

from __future__ import annotations

import asyncio
import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pybreaker
import pytest

from metabot_instrument import configure, flush
from metabot_instrument.settings import Settings
from metabot_instrument.validation.action import Action
from metabot_instrument.validation.circuit_breaker import CircuitBreaker
from metabot_instrument.validation.decision import RejectedActionError
from metabot_instrument.validation.pipeline import ValidationPipeline
from metabot_instrument.validation.verdict import Approved, Rejected
from tests.instrument.validation.scripted import Awaited

ACTION = Action("model_call", "provider")
SOON = {"minimum_calls": 4, "window_calls": 8, "open_seconds": 0.15}


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


@pytest.fixture(autouse=True)
def log(tmp_path: Path) -> Iterator[Path]:
    """Where events go."""
    configure(events_path=str(tmp_path / "events.jsonl"))
    yield tmp_path / "events.jsonl"
    configure(events_path=Settings().events_path)


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


def pipeline_with(**settings: Any) -> tuple[CircuitBreaker, ValidationPipeline]:
    breaker = CircuitBreaker(**{**SOON, **settings})
    return breaker, ValidationPipeline([breaker])


def events(log: Path) -> list[tuple[str, dict[str, Any]]]:
    flush()
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    return [(line["event"], line["payload"]) for line in lines if line["event"].startswith("circuit_")]


def test_a_failing_provider_is_left_alone_until_it_recovers(provider: Provider, log: Path) -> None:
    """Four failures open the circuit; open, nothing reaches the provider; then one probe does, and closes it."""
    _, pipeline = pipeline_with()
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
    breaker, pipeline = pipeline_with()
    provider.mood = "hang"
    assert [ask(pipeline, provider, 0.03) for _ in range(5)] == ["failed"] * 4 + ["circuit open"]
    assert breaker.state("provider") == "open"


def test_a_cancelled_call_is_a_failure() -> None:
    """asyncio shows nothing else of a provider that hangs."""
    breaker, pipeline = pipeline_with()

    async def hang() -> None:
        async with pipeline.guarded(ACTION):
            await asyncio.sleep(60)

    async def run() -> None:
        for _ in range(4):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(hang(), 0.01)

    asyncio.run(run())
    assert breaker.state("provider") == "open"


def test_a_probe_that_fails_opens_it_again(provider: Provider, log: Path) -> None:
    """For as long again, with one call more to the provider; it was open all the time."""
    _, pipeline = pipeline_with()
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
    breaker, pipeline = pipeline_with(window_calls=12, minimum_calls=6)
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
    _, pipeline = pipeline_with()
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
    _, pipeline = pipeline_with()
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


def test_a_probe_that_nobody_tells_of_is_given_up() -> None:
    """An action that passed and whose end is never told keeps the circuit half-open for a while, not for ever."""
    breaker, pipeline = pipeline_with(probe_seconds=0.05, open_seconds=0.02)
    for _ in range(4):
        breaker.heard(ACTION, ok=False)
    time.sleep(0.03)
    assert pipeline.validate(ACTION).allowed
    assert pipeline.validate(ACTION).reason == "circuit half-open"
    time.sleep(0.06)
    with pipeline.guarded(ACTION):
        assert breaker.state("provider") == "half-open"
    assert breaker.state("provider") == "closed"


def test_what_was_under_way_when_it_opened_tells_nothing_later() -> None:
    """Its outcome comes when it is half-open, and is not the probe's."""
    breaker, pipeline = pipeline_with(open_seconds=0.02)
    early = Action("model_call", "provider")
    assert pipeline.validate(early).allowed
    for _ in range(4):
        breaker.heard(ACTION, ok=False)
    breaker.heard(early, ok=True)
    assert breaker.state("provider") == "open"
    time.sleep(0.03)
    with pipeline.guarded(ACTION):
        breaker.heard(early, ok=True)
        assert breaker.state("provider") == "half-open"
        breaker.heard(early, ok=False)
        assert breaker.state("provider") == "half-open"
    assert breaker.state("provider") == "closed"


@pytest.mark.parametrize("early_ends_well", [True, False])
def test_one_action_for_all_calls_mixes_none_of_them_up(early_ends_well: bool) -> None:
    """An application may keep one object for all its calls: what was under way before is not taken for the probe."""
    breaker, pipeline = pipeline_with(open_seconds=0.02)
    early = pipeline.validate(ACTION)
    for _ in range(4):
        pipeline.heard(pipeline.validate(ACTION), ok=False)
    time.sleep(0.03)
    probe = pipeline.validate(ACTION)
    pipeline.heard(early, ok=early_ends_well)
    assert breaker.state("provider") == "half-open"
    pipeline.heard(probe, ok=not early_ends_well)
    assert breaker.state("provider") == ("open" if early_ends_well else "closed")


def test_a_circuit_that_opens_again_forgets_its_probes() -> None:
    """One of two failed and nobody tells of the other: after the next wait both may be tried anew."""
    _, pipeline = pipeline_with(probes=2, open_seconds=0.02)
    for _ in range(4):
        pipeline.heard(pipeline.validate(ACTION), ok=False)
    time.sleep(0.03)
    one, _ = pipeline.validate(ACTION), pipeline.validate(ACTION)
    pipeline.heard(one, ok=False)
    time.sleep(0.03)
    assert [pipeline.validate(ACTION).allowed for _ in range(3)] == [True, True, False]


def test_a_circuit_that_closes_begins_anew() -> None:
    """What opened it does not count any more: one failure after that is one of one, and too few to tell."""
    breaker, pipeline = pipeline_with(open_seconds=0.02)
    for _ in range(4):
        pipeline.heard(pipeline.validate(ACTION), ok=False)
    time.sleep(0.03)
    pipeline.heard(pipeline.validate(ACTION), ok=True)
    pipeline.heard(pipeline.validate(ACTION), ok=False)
    assert breaker.state("provider") == "closed"


def test_more_than_one_probe_may_be_asked_for() -> None:
    """With two, two pass at once, and both have to end well."""
    breaker, pipeline = pipeline_with(probes=2, open_seconds=0.02)
    for _ in range(4):
        breaker.heard(ACTION, ok=False)
    time.sleep(0.03)
    with pipeline.guarded(Action("model_call", "provider")):
        with pipeline.guarded(Action("model_call", "provider")):
            assert pipeline.validate(ACTION).reason == "circuit half-open"
        assert breaker.state("provider") == "half-open"
    assert breaker.state("provider") == "closed"


@pytest.mark.parametrize(
    ("settings", "outcomes"),
    [
        pytest.param({"minimum_calls": 5}, "0000", id="too few calls"),
        pytest.param({"failure_ratio": 0.8}, "0001", id="too small a share"),
    ],
)
def test_stays_closed_when(settings: dict[str, Any], outcomes: str) -> None:
    """Each of these is no reason to open."""
    breaker, _ = pipeline_with(**settings)
    for outcome in outcomes:
        breaker.heard(ACTION, ok=outcome == "1")
    assert breaker.state("provider") == "closed"


@pytest.mark.parametrize(
    ("settings", "outcomes"),
    [
        pytest.param({"window_calls": 4}, "1111111100", id="successes that the window does not hold any more"),
        pytest.param({"minimum_calls": 5}, "00001", id="the call that makes them enough ends well"),
    ],
)
def test_opens_by_the_share_of_the_last_calls(settings: dict[str, Any], outcomes: str) -> None:
    """With the call from which on the share is reached, whichever way that one ends, and not before."""
    breaker, _ = pipeline_with(**settings)
    for outcome in outcomes[:-1]:
        breaker.heard(ACTION, ok=outcome == "1")
        assert breaker.state("provider") == "closed"
    breaker.heard(ACTION, ok=outcomes[-1] == "1")
    assert breaker.state("provider") == "open"


@pytest.mark.parametrize("gives_up", ["rejected", "cancelled"])
def test_a_probe_that_is_not_made_lets_another_pass(gives_up: str) -> None:
    """Where a validator behind it rejects the action, or the caller goes away, the circuit can still be probed."""
    away = Rejected("no") if gives_up == "rejected" else lambda _: asyncio.sleep(60)
    last = Awaited((*[Approved()] * 4, away, Approved()))
    breaker = CircuitBreaker(minimum_calls=4, window_calls=4, open_seconds=0.02)
    pipeline = ValidationPipeline([breaker, last])
    for _ in range(4):
        pipeline.heard(pipeline.validate(ACTION), ok=False)
    time.sleep(0.03)

    async def probe() -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(pipeline.validate_async(ACTION), 0.1)

    asyncio.run(probe())
    assert breaker.state("provider") == "half-open"
    with pipeline.guarded(ACTION):
        assert pipeline.validate(ACTION).reason == "circuit half-open"
    assert breaker.state("provider") == "closed"


def test_failures_of_long_ago_do_not_count() -> None:
    """Three of them and a new one are one within the window's seconds."""
    breaker, _ = pipeline_with(window_seconds=0.05)
    for wait in (0, 0, 0.06, 0):
        time.sleep(wait)
        breaker.heard(ACTION, ok=False)
    assert breaker.state("provider") == "closed"


def test_the_clock_on_the_wall_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A day forward opens nothing earlier, and a day back keeps nothing open."""

    class Jumping(datetime):
        days = 0

        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime.now(tz) + timedelta(days=cls.days)

    monkeypatch.setattr(pybreaker, "datetime", Jumping)
    breaker, pipeline = pipeline_with(open_seconds=0.1)
    for _ in range(4):
        breaker.heard(ACTION, ok=False)
    Jumping.days = 1
    assert not pipeline.validate(ACTION).allowed
    Jumping.days = -1
    time.sleep(0.11)
    with pipeline.guarded(ACTION):
        pass
    assert breaker.state("provider") == "closed"


def test_each_key_has_a_circuit_of_its_own() -> None:
    """One provider that fails stops no other."""
    breaker, _ = pipeline_with()
    for _ in range(4):
        breaker.heard(ACTION, ok=False)
    assert isinstance(breaker.validate(ACTION), Rejected)
    assert isinstance(breaker.validate(Action("model_call", "another")), Approved)


def test_keys_made_up_for_each_call_eat_no_memory() -> None:
    """Of a thousand keys that fail ten are kept."""
    breaker, _ = pipeline_with(keys=10)
    for at in range(1_000):
        breaker.heard(Action("model_call", str(at)), ok=False)
    assert len(breaker._circuits) == 10


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"failure_ratio": 0}, id="always open"),
        pytest.param({"failure_ratio": 1.5}, id="more than all"),
        pytest.param({"minimum_calls": 0}, id="no calls"),
        pytest.param({"minimum_calls": 200}, id="more than the window holds"),
        pytest.param({"open_seconds": float("inf")}, id="for ever"),
        pytest.param({"probes": 1.5}, id="half a probe"),
        pytest.param({"window_seconds": "60"}, id="text"),
    ],
)
def test_settings_that_mean_nothing_are_refused(settings: dict[str, Any]) -> None:
    """With the setting, what it holds, and what to say."""
    with pytest.raises(ValueError, match=r"circuit_breaker: \w+ = .*\n  Say "):
        CircuitBreaker(**settings)
