"""Token budgets: exact at the border, whoever asks at the same time."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from metabot_instrument import failures
from metabot_instrument.metrics.agent import AgentMeter
from metabot_instrument.metrics.budget import TokenBudget
from tests.instrument.metrics.test_series import samples


@pytest.mark.parametrize(
    ("used", "tokens", "decision"),
    [
        pytest.param(0, 1, "allow", id="at the beginning"),
        pytest.param(79, 1, "allow", id="up to the share"),
        pytest.param(80, 1, "warn", id="beyond the share"),
        pytest.param(99, 1, "warn", id="up to the limit"),
        pytest.param(100, 1, "deny", id="beyond the limit"),
        pytest.param(100, 0, "warn", id="nothing more"),
        pytest.param(0, 100, "warn", id="all of it at once"),
        pytest.param(0, 101, "deny", id="more than there is"),
        pytest.param(500, 0, "deny", id="far beyond"),
    ],
)
def test_the_decision_is_exact_at_the_border(used: int, tokens: int, decision: str) -> None:
    """The last token of the limit may be used, the one after it not."""
    meter = AgentMeter()
    meter.tokens_used.inc(used, vendor="openai")
    assert TokenBudget("openai", 100, shown=meter).decide(tokens) == decision


def test_one_vendor_or_all() -> None:
    """A budget of one vendor sees its tokens alone."""
    meter = AgentMeter()
    meter.tokens_used.inc(60, vendor="openai")
    meter.tokens_used.inc(60, vendor="mistral")
    assert TokenBudget("openai", 100, shown=meter).decide() == "allow"
    assert TokenBudget(None, 100, shown=meter).decide() == "deny"
    assert samples(meter)["pforge_budget_used_ratio", (("vendor", "all"),)] == 1.2


def test_a_new_period_begins_at_nothing() -> None:
    """At midnight of UTC; what was counted stays counted."""
    meter = AgentMeter()
    now = datetime.now(UTC)
    budget = TokenBudget("openai", 100, shown=meter, clock=lambda: now)
    meter.tokens_used.inc(100, vendor="openai")
    assert budget.decide() == "deny"
    now += timedelta(days=1)
    assert (budget.decide(100), budget.used()) == ("warn", 0)
    meter.tokens_used.inc(40, vendor="openai")
    assert (budget.decide(61), budget.used()) == ("deny", 40)
    assert samples(meter)["pforge_tokens_used_total", (("vendor", "openai"),)] == 140


def test_a_reservation_is_held_until_it_is_settled() -> None:
    """What it did not need is free again, what it used is counted."""
    meter = AgentMeter()
    budget = TokenBudget("openai", 100, shown=meter)
    with budget.reserve(60) as first:
        assert first.decision == "allow"
        with budget.reserve(60) as second:
            assert second.decision == "deny"
        first.settle(10)
        assert budget.decide(70) == "allow"
    assert (budget.decide(90), budget.decide(91)) == ("warn", "deny")


def test_a_call_that_fails_frees_what_it_held() -> None:
    """Nothing is counted."""
    meter = AgentMeter()
    budget = TokenBudget("openai", 100, shown=meter)
    with pytest.raises(OSError, match="no route"), budget.reserve(100):
        raise OSError("no route")
    assert (budget.used(), budget.decide(100)) == (0, "warn")


def test_threads_together_stay_within_the_limit() -> None:
    """Thirty calls of ten tokens at once: ten are let through."""
    meter = AgentMeter()
    budget = TokenBudget("openai", 100, shown=meter)
    together, said = threading.Barrier(30), []

    def call() -> None:
        together.wait()
        with budget.reserve(10) as held:
            said.append(held.decision)
            if held.decision != "deny":
                held.settle(10)

    threads = [threading.Thread(target=call) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (budget.used(), len(said) - said.count("deny")) == (100, 10)


@pytest.mark.parametrize("tokens", [-1, 1.5, True, "many", None])
def test_what_cannot_be_decided_is_denied_and_counted(tokens: Any) -> None:
    """Unless the application chose otherwise."""
    before = failures().get("budget", 0)
    assert TokenBudget("openai", 100, shown=AgentMeter()).decide(tokens) == "deny"
    assert TokenBudget("openai", 100, shown=AgentMeter(), on_failure="allow").decide(tokens) == "allow"
    assert failures()["budget"] == before + 2


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        pytest.param({"limit": -1}, "limit=-1", id="below nothing"),
        pytest.param({"limit": 1.5}, "limit=1.5", id="half a token"),
        pytest.param({"limit": 1, "period": "week"}, "one of hour, day, month, ever", id="no period"),
        pytest.param({"limit": 1, "warn_share": 80}, "a number from 0 to 1", id="percent"),
        pytest.param({"limit": 1, "vendor": "a\nb"}, "no label", id="a vendor of two lines"),
    ],
)
def test_a_wrong_budget_says_so(wrong: dict[str, Any], says: str) -> None:
    """At set-up."""
    with pytest.raises(ValueError, match=says):
        TokenBudget(**{"vendor": "openai", "shown": AgentMeter(), **wrong})


@pytest.mark.parametrize(
    ("period", "later", "used"),
    [("hour", timedelta(hours=1), 0), ("month", timedelta(days=32), 0), ("ever", timedelta(days=999), 5)],
)
def test_periods_end_by_the_calendar(period: Any, later: timedelta, used: int) -> None:
    """But for the one that never does."""
    meter = AgentMeter()
    now = datetime.now(UTC)
    budget = TokenBudget("openai", 100, period=period, shown=meter, clock=lambda: now)
    meter.tokens_used.inc(5, vendor="openai")
    assert budget.used() == 5
    now += later
    assert budget.used() == used


def test_a_budget_sees_its_vendor_among_many() -> None:
    """However many vendors came before, in a forked child too: what is held and what was used are its own."""
    meter = AgentMeter()
    every, one = TokenBudget(None, 10**9, shown=meter), TokenBudget("openai", 1_000, shown=meter)
    _crowd(every)
    late = TokenBudget("mistral", 1_000, shown=meter)
    for budget in (one, late):
        assert [budget.reserve(800).decision for _ in range(3)] == ["allow", "deny", "deny"]
    assert _in_child(lambda: _fresh(every, one)) == 0


def _crowd(every: TokenBudget) -> None:
    for number in range(120):
        with every.reserve(1, vendor=f"vendor {number}") as held:
            held.settle(1)


def _fresh(every: TokenBudget, one: TokenBudget) -> bool:
    _crowd(every)
    said = []
    for _ in range(3):
        with one.reserve(800) as held:
            said.append(held.decision)
            if held.decision != "deny":
                held.settle(800)
    return said == ["allow", "deny", "deny"] and one.used() == 800


def test_a_budget_of_one_vendor_holds_for_it_alone() -> None:
    """Another one's name in a reservation does not lead around it."""
    budget = TokenBudget("openai", 100, shown=AgentMeter())
    assert [budget.reserve(60, vendor="mistral").decision for _ in range(2)] == ["allow", "deny"]


@pytest.mark.parametrize("used", [None, float("nan"), float("inf"), -5, 1e300, "300", True, object()])
def test_a_provider_that_does_not_say_what_it_used_costs_what_was_asked_for(used: Any) -> None:
    """Else its calls would be free; it is counted as a failure."""
    before = failures().get("budget", 0)
    budget = TokenBudget("openai", 100, shown=AgentMeter())
    with budget.reserve(60) as held:
        held.settle(used)
    assert (budget.used(), budget.decide(60), failures()["budget"]) == (60, "deny", before + 1)


def test_what_a_parent_holds_a_child_does_not_free() -> None:
    """A block that both leave frees the parent's hold once, and gives the child nothing beyond the limit."""
    budget = TokenBudget("openai", 100, shown=AgentMeter())
    held = budget.reserve(80)

    def leave() -> bool:
        held.free()
        return budget.decide(101) == "deny"

    assert _in_child(leave) == 0
    assert budget.decide(30) == "deny"


def _in_child(holds: Callable[[], bool]) -> int:
    """How a forked child ends in which that is to hold: 0."""
    child = os.fork()
    if child == 0:
        ends = 2
        with suppress(Exception):
            ends = 0 if holds() else 1
        os._exit(ends)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
