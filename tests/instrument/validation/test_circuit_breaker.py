"""Which failures open a circuit, and for how long."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timedelta
from typing import Any

import pybreaker
import pytest

from metabot_instrument.validation.action import Action
from metabot_instrument.validation.circuit_breaker import CircuitBreaker
from metabot_instrument.validation.verdict import Approved, Rejected
from tests.instrument.validation.breakers import ACTION, breaking, fail


def test_a_cancelled_call_is_a_failure() -> None:
    """asyncio shows nothing else of a provider that hangs."""
    breaker, pipeline = breaking()

    async def hang() -> None:
        async with pipeline.guarded(ACTION):
            await asyncio.sleep(60)

    async def run() -> None:
        for _ in range(4):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(hang(), 0.01)

    asyncio.run(run())
    assert breaker.state("provider") == "open"


@pytest.mark.parametrize(
    ("settings", "outcomes"),
    [
        pytest.param({"minimum_calls": 5}, "0000", id="too few calls"),
        pytest.param({"failure_ratio": 0.8}, "0001", id="too small a share"),
    ],
)
def test_stays_closed_when(settings: dict[str, Any], outcomes: str) -> None:
    """Each of these is no reason to open."""
    breaker, _ = breaking(**settings)
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
    breaker, _ = breaking(**settings)
    for outcome in outcomes[:-1]:
        breaker.heard(ACTION, ok=outcome == "1")
        assert breaker.state("provider") == "closed"
    breaker.heard(ACTION, ok=outcomes[-1] == "1")
    assert breaker.state("provider") == "open"


def test_failures_of_long_ago_do_not_count() -> None:
    """Three of them and a new one are one within the window's seconds."""
    breaker, _ = breaking(window_seconds=0.05)
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
    breaker, pipeline = breaking(open_seconds=0.1)
    fail(pipeline)
    Jumping.days = 1
    assert not pipeline.validate(ACTION).allowed
    Jumping.days = -1
    time.sleep(0.11)
    with pipeline.guarded(ACTION):
        pass
    assert breaker.state("provider") == "closed"


def test_each_key_has_a_circuit_of_its_own() -> None:
    """One provider that fails stops no other."""
    breaker, pipeline = breaking()
    fail(pipeline)
    assert isinstance(breaker.validate(ACTION), Rejected)
    assert isinstance(breaker.validate(Action("model_call", "another")), Approved)


def test_keys_made_up_for_each_call_eat_no_memory() -> None:
    """Of a thousand keys that fail ten are kept."""
    breaker, _ = breaking(keys=10)
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
