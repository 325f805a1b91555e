"""Who waits for a token: in which order, until when, and what becomes of a turn that nobody takes."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot_instrument.validation.action import Action
from metabot_instrument.validation.pipeline import ValidationPipeline
from metabot_instrument.validation.rate_limit import RateLimit
from metabot_instrument.validation.verdict import Rejected
from tests.instrument.validation.scripted import Scripted

ACTION = Action("tool_call", "user-1")


def test_an_action_waits_for_its_turn() -> None:
    """Delayed, it passes when the next token comes, at the second time of asking."""
    pipeline = ValidationPipeline([RateLimit(requests_per_minute=600, burst=1)])
    assert pipeline.validate(ACTION).attempts == 1
    began = time.monotonic()
    decision = pipeline.validate(ACTION)
    assert (decision.outcome, decision.attempts) == ("approved", 2)
    assert 0.09 <= time.monotonic() - began < 1


def test_a_wait_beyond_the_deadline_is_not_begun() -> None:
    """It is rejected at once."""
    pipeline = ValidationPipeline([RateLimit(requests_per_minute=1, burst=1)], deadline_seconds=5)
    pipeline.validate(ACTION)
    began = time.monotonic()
    decision = pipeline.validate(ACTION)
    assert (decision.outcome, decision.validator) == ("rejected", "rate_limit")
    assert time.monotonic() - began < 1


def test_who_cannot_wait_takes_nothing_from_who_can() -> None:
    """A storm of callers that give up at once does not put off the turn of one that waits."""
    limit = RateLimit(requests_per_minute=60, burst=1)
    hasty = ValidationPipeline([limit], deadline_seconds=0.01)
    patient = ValidationPipeline([limit], deadline_seconds=5)
    hasty.validate(ACTION)
    assert not any(hasty.validate(ACTION).allowed for _ in range(10))
    assert patient.validate(ACTION).allowed


@pytest.mark.parametrize("burst", [1, 5])
def test_who_gave_up_waiting_leaves_its_turn_to_others(burst: int) -> None:
    """However many clients come and go away again, who comes after them waits for no turn of theirs."""
    limit = RateLimit(requests_per_minute=600, burst=burst)
    pipeline = ValidationPipeline([limit], deadline_seconds=60)

    async def run() -> float:
        assert all([(await pipeline.validate_async(ACTION)).allowed for _ in range(burst)])
        honest = asyncio.create_task(pipeline.validate_async(ACTION))
        await asyncio.sleep(0)
        for _ in range(3):
            leaving = [asyncio.create_task(pipeline.validate_async(ACTION)) for _ in range(30)]
            await asyncio.sleep(0.01)
            for task in leaving:
                task.cancel()
            await asyncio.gather(*leaving, return_exceptions=True)
        began = time.monotonic()
        assert (await pipeline.validate_async(ACTION)).allowed
        assert (await honest).allowed
        return time.monotonic() - began

    assert asyncio.run(run()) < 1


def test_what_nobody_waits_for_any_more_is_there_at_once() -> None:
    """The only one that waited gave up: when its token has come, who comes then takes it without waiting."""
    limit = RateLimit(requests_per_minute=600, burst=2)
    impatient = ValidationPipeline([limit, Scripted((Rejected("no"),), priority=1)], deadline_seconds=60)
    first, second, third = (impatient.validate(ACTION) for _ in range(3))
    assert [each.attempts for each in (first, second, third)] == [1, 1, 2]

    async def leaves() -> None:
        waiting = [asyncio.create_task(ValidationPipeline([limit]).validate_async(ACTION)) for _ in range(20)]
        await asyncio.sleep(0.01)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    asyncio.run(leaves())
    time.sleep(0.12)
    assert ValidationPipeline([limit]).validate(ACTION).attempts == 1


def test_turns_come_in_the_order_of_asking() -> None:
    """Five that wait pass in the order in which they came."""
    pipeline = ValidationPipeline([RateLimit(requests_per_minute=1_200, burst=1)], retries=10)
    order: list[int] = []

    async def go(at: int) -> None:
        assert (await pipeline.validate_async(ACTION)).allowed
        order.append(at)

    async def run() -> None:
        await asyncio.gather(*map(go, range(6)))

    asyncio.run(run())
    assert order == list(range(6))


PAUSES = st.sampled_from([0, 100_000, 400_000, 1_000_000, 3_000_000])  # microseconds, at a request a second


@given(st.lists(st.tuples(PAUSES, st.integers(0, 5)), max_size=60), st.integers(1, 3))
def test_who_comes_late_for_its_turn_never_exceeds_the_rate(arrivals: list[tuple[int, int]], burst: int) -> None:
    """Those who wait come when they like, in any order, and others come anew between them."""
    bucket = RateLimit(requests_per_minute=60, burst=burst)._buckets.of("key")
    now, passed = time.monotonic_ns() // 1_000, []
    waiting: list[Any] = []
    for pause, who in arrivals:
        now += pause
        back = who < len(waiting) and waiting[who].at <= now
        turn = bucket.taken(waiting.pop(who), now) if back else bucket.taken_in_turn(now, until=now + 10**8)
        if turn.at <= now:
            passed.append(now)
        else:
            waiting.append(turn)
    for first, begin in enumerate(passed):
        for number, end in enumerate(passed[first:], 1):
            assert number <= burst + (end - begin) / 1e6


def test_each_of_those_that_come_late_is_due_a_token_of_its_own() -> None:
    """Four come when only one token is left: the others are told three moments, a second apart, and find it so."""
    bucket = RateLimit(requests_per_minute=60, burst=1)._buckets.of("key")
    now = time.monotonic_ns() // 1_000
    _, *turns = [bucket.taken_in_turn(now, until=now + 10**8) for _ in range(5)]
    late = turns[-1].at
    _, *told = [bucket.taken(turn, late) for turn in turns]
    assert [round((turn.at - late) / 1e6) for turn in told] == [1, 2, 3]
    assert [bucket.taken(turn, turn.at).at - turn.at for turn in told] == [0, 0, 0]


def test_a_turn_is_promised_a_tenth_of_a_second_late() -> None:
    """Of a hundred tokens a second ten are left to whoever comes late; where ten are no less than all, all but one."""
    waits = []
    for burst in (20, 5, 1):
        bucket = RateLimit(requests_per_minute=6_000, burst=burst)._buckets.of("key")
        now = time.monotonic_ns() // 1_000
        turns = [bucket.taken_in_turn(now, until=now + 10**6) for _ in range(burst + 1)]
        waits.append(round((turns[-1].at - now) / 10_000))
    assert waits == [11, 5, 1]
