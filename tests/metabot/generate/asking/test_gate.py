"""How often a server is asked, when not any more, and what validators have to say about it."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from metabot.generate.asking.gate import Gate
from metabot_instrument.validation.action import Action
from metabot_instrument.validation.verdict import Approved, Modified, Rejected, Verdict


class Words:
    """Rejects or changes what holds a word."""

    name, priority, can_modify, quick = "words", 10, True, True

    def validate(self, action: Action) -> Verdict:
        if "forbidden" in action.text:
            return Rejected("a word")
        if "secret" in action.text:
            return Modified(replace(action, text=action.text.replace("secret", "…")), "a secret")
        return Approved()


def gate(**more: Any) -> Gate:
    return Gate("127.0.0.1:1", **{"requests_per_minute": 60_000, "deadline_seconds": 5, **more})


@pytest.mark.parametrize("allowed", [1, 2, 7, 30, 601])
def test_no_minute_holds_more_than_allowed(allowed: int) -> None:
    """What comes at once and what a minute adds to it, less the one that ends it, are what the setting says."""
    limit = gate(requests_per_minute=allowed)._limit
    assert limit.burst is not None
    assert limit.burst + limit.requests_per_minute - 1 == allowed


def test_half_of_a_minute_may_come_at_once() -> None:
    """Of thirty a minute fifteen; the next waits for seconds."""
    one = gate(requests_per_minute=30)
    assert all(one.turn(1) for _ in range(15))
    assert not one.turn(1)


def test_a_turn_that_comes_too_late_is_not_waited_for() -> None:
    """And it is not used up either."""
    one = gate(requests_per_minute=301)
    while one.turn(0.05):
        pass
    began = time.monotonic()
    assert not any(one.turn(0.05) for _ in range(10))
    assert time.monotonic() - began < 0.3
    assert one.turn(5)


def test_failures_in_a_row_are_counted() -> None:
    """An answer in between begins anew; after three in a row nothing is asked in this pass."""
    one = gate()
    for answered in (False, False, True, False, False):
        decision = one.question("Hello")
        assert one.why_not(decision) is None
        one.heard(decision, answered=answered)
    one.heard(one.question("Hello"), answered=False)
    assert "3 times in a row" in str(one.why_not(one.question("Hello")))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Write the change.", None),
        ("Write what is forbidden.", "words of [monitoring] validators rejects the question (a word)"),
        ("Write the secret.", "words of [monitoring] validators would change the question (a secret)"),
    ],
)
def test_validators_of_the_settings_have_a_say(text: str, said: str | None) -> None:
    """What one rejects is not asked; nor what one would change: it is an author's question, and means another then."""
    one = gate(validators=[Words()])
    why = one.why_not(one.question(text))
    assert why is None if said is None else said in str(why)
