"""Which calls probe a circuit that has been open for long enough, and whose end counts then."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

import pytest

from metabot_instrument.validation.action import Action
from metabot_instrument.validation.circuit_breaker import CircuitBreaker
from metabot_instrument.validation.pipeline import ValidationPipeline
from metabot_instrument.validation.verdict import Approved, Rejected
from tests.instrument.validation.breakers import ACTION, breaking, fail
from tests.instrument.validation.scripted import Awaited


def test_a_probe_that_nobody_tells_of_is_given_up() -> None:
    """An action that passed and whose end is never told keeps the circuit half-open for a while, not for ever."""
    breaker, pipeline = breaking(probe_seconds=0.05, open_seconds=0.02)
    fail(pipeline)
    time.sleep(0.03)
    assert pipeline.validate(ACTION).allowed
    assert pipeline.validate(ACTION).reason == "circuit half-open"
    time.sleep(0.06)
    with pipeline.guarded(ACTION):
        assert breaker.state("provider") == "half-open"
    assert breaker.state("provider") == "closed"


def test_what_was_under_way_when_it_opened_tells_nothing_later() -> None:
    """Its outcome comes when it is half-open, and is not the probe's."""
    breaker, pipeline = breaking(open_seconds=0.02)
    early = Action("model_call", "provider")
    assert pipeline.validate(early).allowed
    fail(pipeline)
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
    breaker, pipeline = breaking(open_seconds=0.02)
    early = pipeline.validate(ACTION)
    fail(pipeline)
    time.sleep(0.03)
    probe = pipeline.validate(ACTION)
    pipeline.heard(early, ok=early_ends_well)
    assert breaker.state("provider") == "half-open"
    pipeline.heard(probe, ok=not early_ends_well)
    assert breaker.state("provider") == ("open" if early_ends_well else "closed")


def test_a_circuit_that_opens_again_forgets_its_probes() -> None:
    """One of two failed and nobody tells of the other: after the next wait both may be tried anew."""
    _, pipeline = breaking(probes=2, open_seconds=0.02)
    fail(pipeline)
    time.sleep(0.03)
    one, _ = pipeline.validate(ACTION), pipeline.validate(ACTION)
    pipeline.heard(one, ok=False)
    time.sleep(0.03)
    assert [pipeline.validate(ACTION).allowed for _ in range(3)] == [True, True, False]


def test_a_circuit_that_closes_begins_anew() -> None:
    """What opened it does not count any more: one failure after that is one of one, and too few to tell."""
    breaker, pipeline = breaking(open_seconds=0.02)
    fail(pipeline)
    time.sleep(0.03)
    pipeline.heard(pipeline.validate(ACTION), ok=True)
    pipeline.heard(pipeline.validate(ACTION), ok=False)
    assert breaker.state("provider") == "closed"


def test_more_than_one_probe_may_be_asked_for() -> None:
    """With two, two pass at once, and both have to end well."""
    breaker, pipeline = breaking(probes=2, open_seconds=0.02)
    fail(pipeline)
    time.sleep(0.03)
    with pipeline.guarded(Action("model_call", "provider")):
        with pipeline.guarded(Action("model_call", "provider")):
            assert pipeline.validate(ACTION).reason == "circuit half-open"
        assert breaker.state("provider") == "half-open"
    assert breaker.state("provider") == "closed"


@pytest.mark.parametrize("gives_up", ["rejected", "cancelled"])
def test_a_probe_that_is_not_made_lets_another_pass(gives_up: str) -> None:
    """Where a validator behind it rejects the action, or the caller goes away, the circuit can still be probed."""
    away = Rejected("no") if gives_up == "rejected" else lambda _: asyncio.sleep(60)
    last = Awaited((*[Approved()] * 4, away, Approved()))
    breaker = CircuitBreaker(minimum_calls=4, window_calls=4, open_seconds=0.02)
    pipeline = ValidationPipeline([breaker, last])
    fail(pipeline)
    time.sleep(0.03)

    async def probe() -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(pipeline.validate_async(ACTION), 0.1)

    asyncio.run(probe())
    assert breaker.state("provider") == "half-open"
    with pipeline.guarded(ACTION):
        assert pipeline.validate(ACTION).reason == "circuit half-open"
    assert breaker.state("provider") == "closed"
