"""Something of its own for each key, and no more of it than there is room for."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from metabot_instrument.validation.action import Action
from metabot_instrument.validation.keyed import Keyed, lock
from metabot_instrument.validation.rate_limit import RateLimit
from metabot_instrument.validation.verdict import Approved, Rejected


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
