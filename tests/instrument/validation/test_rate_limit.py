"""So many actions of each key, whatever the threads, the clock and the keys do."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot_instrument.validation.action import Action
from metabot_instrument.validation.keyed import Keyed, lock
from metabot_instrument.validation.pipeline import ValidationPipeline
from metabot_instrument.validation.rate_limit import RateLimit
from metabot_instrument.validation.verdict import Approved, Rejected, Retry, Verdict
from tests.instrument.validation.scripted import Scripted

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


def test_an_action_waits_for_its_turn() -> None:
    """Delayed, it passes when the next token comes, at the second time of asking."""
    pipeline = ValidationPipeline([RateLimit(requests_per_minute=600, burst=1)])
    assert pipeline.validate(ACTION).attempts == 1
    began = time.monotonic()
    decision = pipeline.validate(ACTION)
    assert (decision.outcome, decision.attempts) == ("approved", 2)
    assert 0.09 <= time.monotonic() - began < 1


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


def test_keys_made_up_for_each_request_eat_no_memory() -> None:
    """Of ten thousand keys a hundred are kept; the others share a bucket, so none passes more often than it may."""
    limit = RateLimit(requests_per_minute=0.1, burst=3, on_limit="reject", keys=100)
    passed = sum(isinstance(limit.validate(Action("tool_call", f"{at}" * 50)), Approved) for at in range(10_000))
    assert len(limit._buckets) == 100
    assert passed == 100 + 3


def test_a_bucket_that_is_full_again_is_forgotten() -> None:
    """Keys that were idle for long enough make room for others."""
    limit = RateLimit(requests_per_minute=60_000, burst=1, on_limit="reject", keys=2)
    for key in ("a", "b"):
        limit.validate(Action("tool_call", key))
    time.sleep(0.01)
    assert [type(limit.validate(Action("tool_call", key))) for key in ("c", "c")] == [Approved, Rejected]


@given(st.lists(st.text(max_size=300), max_size=60))
def test_no_more_is_kept_than_there_is_room_for(keys: list[str]) -> None:
    """Whatever the keys are, and the same key finds the same again while there is room."""
    kept: Keyed[list[int]] = Keyed(list, lambda one: not one, 5)
    with lock:
        for key in keys:
            kept.of(key).append(1)
            assert len(kept) <= 5
        assert all(kept.of(key) is kept.of(key) for key in keys)


def test_keys_that_stay_in_use_do_not_hide_those_that_are_idle() -> None:
    """The oldest twenty are in use: room is found behind them, for the third new key at the latest."""
    kept: Keyed[list[int]] = Keyed(list, lambda one: not one, 30)
    with lock:
        for at in range(30):
            kept.of(str(at)).extend([1] if at < 20 else [])
        mine = [kept.of(f"new {at}") for at in range(3)]
        assert kept.of("new 2") is mine[2] is not mine[0]


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
