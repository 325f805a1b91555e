"""So many actions of each key, whatever the threads, the loop and the clock do."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from typing import Any

import pytest

from metabot_instrument.validation.action import Action
from metabot_instrument.validation.pipeline import ValidationPipeline
from metabot_instrument.validation.rate_limit import RateLimit
from metabot_instrument.validation.verdict import Approved, Rejected, Retry, Verdict

ACTION = Action("tool_call", "user-1")


class Timed(RateLimit):
    """Notes between which two moments each action passed."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.passed: list[tuple[float, float]] = []

    def validate(self, action: Action) -> Verdict:
        began = time.monotonic()
        verdict = super().validate(action)
        if isinstance(verdict, Approved):
            self.passed.append((began, time.monotonic()))
        return verdict

    def most_over(self, burst: int, per_second: float) -> float:
        """By how many the windows in which whole passes lie are beyond what a bucket lets pass, at worst."""
        worst = float("-inf")
        passed = sorted(self.passed)
        for first, (began, _) in enumerate(passed):
            for number, end in enumerate(sorted(end for _, end in passed[first:]), 1):
                worst = max(worst, number - burst - per_second * (end - began))
        return worst


def in_threads(pipeline: ValidationPipeline, threads: int, seconds: float) -> tuple[list[int], list[int]]:
    """How often each thread passed, and was rejected; each asks once at least."""
    passed, rejected = [0] * threads, [0] * threads
    until = time.monotonic() + seconds

    def go(at: int) -> None:
        while passed[at] + rejected[at] == 0 or time.monotonic() < until:
            counts = passed if pipeline.validate(ACTION).allowed else rejected
            counts[at] += 1

    running = [threading.Thread(target=go, args=(at,)) for at in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return passed, rejected


@pytest.mark.parametrize(("burst", "per_second"), [(20, 200), (2, 40)])
def test_fifty_threads_never_exceed_the_rate_and_each_gets_turns(burst: int, per_second: int) -> None:
    """In no window do more pass than burst + rate × time, no thread goes without, and most of the rate is used."""
    limit = Timed(requests_per_minute=per_second * 60, burst=burst)
    seconds = 0.8 if burst > 2 else 0.1
    began = time.monotonic()
    passed, _ = in_threads(ValidationPipeline([limit], deadline_seconds=10, retries=10), 50, seconds)
    took = time.monotonic() - began
    assert limit.most_over(burst, per_second) <= 1e-6
    assert min(passed) >= 1
    assert sum(passed) >= 0.6 * (burst + per_second * (took - 0.5))


def test_rejecting_never_exceeds_the_rate() -> None:
    """Fifty threads that ask in a storm get what the bucket holds, and the rest is rejected at once."""
    limit = Timed(requests_per_minute=6_000, burst=10, on_limit="reject")
    passed, rejected = in_threads(ValidationPipeline([limit]), 50, 0.3)
    assert limit.most_over(10, 100) <= 1e-6
    assert sum(passed) >= 20
    assert sum(rejected) > sum(passed)


def test_async_actions_wait_without_holding_up_the_loop() -> None:
    """Ten tasks at once pass one after the other, while the loop goes on."""
    limit = Timed(requests_per_minute=3_000, burst=2)
    pipeline = ValidationPipeline([limit])

    async def run() -> tuple[list[str], int]:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0.005)

        ticking = asyncio.ensure_future(tick())
        decisions = await asyncio.gather(*(pipeline.validate_async(ACTION) for _ in range(10)))
        ticking.cancel()
        return [decision.outcome for decision in decisions], ticks

    outcomes, ticks = asyncio.run(run())
    assert outcomes == ["approved"] * 10
    assert limit.most_over(2, 50) <= 1e-6
    assert ticks >= 5


def test_a_forked_child_goes_on() -> None:
    """Whatever the parent's threads were doing: no lock stays held, and the child's rate begins where it was."""
    limit = RateLimit(requests_per_minute=1, burst=1, on_limit="reject")
    limit.validate(ACTION)
    stop = threading.Event()

    def go() -> None:
        while not stop.is_set():
            limit.validate(Action("tool_call", "another"))

    busy = [threading.Thread(target=go) for _ in range(4)]
    for thread in busy:
        thread.start()
    ends = []
    for _ in range(5):
        child = os.fork()
        if child == 0:
            os._exit(0 if isinstance(limit.validate(ACTION), Rejected) else 1)
        ends.append(os.waitpid(child, 0)[1])
    stop.set()
    for thread in busy:
        thread.join()
    assert ends == [0] * 5


def test_each_key_has_a_bucket_of_its_own() -> None:
    """One that has used up its rate takes nothing from another."""
    limit = RateLimit(requests_per_minute=60, burst=1, on_limit="reject")
    said = [limit.validate(Action("tool_call", key)) for key in ("a", "a", "b")]
    assert [type(each) for each in said] == [Approved, Rejected, Approved]


def test_without_a_burst_a_minute_may_come_at_once() -> None:
    """Sixty a minute lets sixty pass, and not the next."""
    limit = RateLimit(requests_per_minute=60)
    assert all(isinstance(limit.validate(ACTION), Approved) for _ in range(60))
    said = limit.validate(ACTION)
    assert isinstance(said, Retry)
    assert 0 < said.after_seconds <= 1


def test_the_clock_on_the_wall_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A day forward fills no bucket, and a day back does not close one."""
    limit = RateLimit(requests_per_minute=60, burst=1, on_limit="reject")
    limit.validate(ACTION)
    for now in (time.time() + 86_400, time.time() - 86_400):
        monkeypatch.setattr(time, "time", lambda now=now: now)
        monkeypatch.setattr(time, "time_ns", lambda now=now: round(now * 1e9))
        assert isinstance(limit.validate(ACTION), Rejected)
    assert isinstance(limit.validate(Action("tool_call", "another")), Approved)


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"requests_per_minute": 0}, id="none"),
        pytest.param({"requests_per_minute": float("nan")}, id="no number"),
        pytest.param({"requests_per_minute": "60"}, id="text"),
        pytest.param({"requests_per_minute": True}, id="yes"),
        pytest.param({"requests_per_minute": 1e300}, id="absurd"),
        pytest.param({"requests_per_minute": 60, "burst": 0}, id="no burst"),
        pytest.param({"requests_per_minute": 60, "burst": 1.5}, id="half a request"),
        pytest.param({"requests_per_minute": 60, "keys": 0}, id="no keys"),
        pytest.param({"requests_per_minute": 60, "on_limit": "wait"}, id="another word"),
    ],
)
def test_settings_that_mean_nothing_are_refused(settings: dict[str, Any]) -> None:
    """With the setting, what it holds, and what to say."""
    with pytest.raises(ValueError, match=r"rate_limit: \w+ = .*\n  Say "):
        RateLimit(**settings)
