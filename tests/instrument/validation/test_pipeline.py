"""The course of an action through its validators."""

from __future__ import annotations

import time
from typing import Any

import pytest

from metabot_instrument.validation.action import Action
from metabot_instrument.validation.decision import Decision
from metabot_instrument.validation.patience import patience
from metabot_instrument.validation.pipeline import ValidationPipeline
from metabot_instrument.validation.verdict import Approved, Modified, Rejected, Retry
from tests.instrument.validation.scripted import Decide, Scripted

ACTION = Action("tool_call", key="ann", text="look it up")
SAFER = Action("tool_call", key="ann", text="look it up, politely")


def test_nobody_objects(decide: Decide) -> None:
    """It is approved as it is, at the first attempt, and each validator's step is told."""
    decision = decide(ValidationPipeline([Scripted(name="one"), Scripted(name="two", quick=False)]), ACTION)
    assert (decision.outcome, decision.allowed, decision.action) == ("approved", True, ACTION)
    assert (decision.reason, decision.validator, decision.attempts) == ("", "", 1)
    assert [(step.validator, step.verdict, step.attempt) for step in decision.steps] == [
        ("one", "approved", 1),
        ("two", "approved", 1),
    ]
    assert decision.latency_ms >= sum(step.latency_ms for step in decision.steps) > 0


def test_without_validators_everything_is_approved(decide: Decide) -> None:
    """There is nobody who could object."""
    assert decide(ValidationPipeline([]), ACTION).allowed


def test_the_highest_priority_is_asked_first(decide: Decide) -> None:
    """Equal ones in the order in which they were named; who stands behind a rejection is not asked."""
    first, second, third = (Scripted(name=name, priority=5) for name in ("first", "second", "third"))
    third.says = (Rejected("too dear"),)
    last = Scripted(name="last", priority=-1)
    top = Scripted(name="top", priority=99)
    decision = decide(ValidationPipeline([last, first, second, third, top]), ACTION)
    assert [step.validator for step in decision.steps] == ["top", "first", "second", "third"]
    assert (decision.outcome, decision.reason, decision.validator) == ("rejected", "too dear", "third")
    assert last.seen == []


def test_a_modified_action_goes_on_modified(decide: Decide) -> None:
    """The validators behind see what was made of it, and so does who asked."""
    before = Scripted(name="before", priority=9)
    modifies = Scripted((Modified(SAFER, "made polite"),), name="polite", priority=5, can_modify=True)
    behind = Scripted(name="behind")
    decision = decide(ValidationPipeline([before, modifies, behind]), ACTION)
    assert (before.seen, modifies.seen, behind.seen) == ([ACTION], [ACTION], [SAFER])
    assert (decision.outcome, decision.action) == ("modified", SAFER)
    assert (decision.reason, decision.validator) == ("made polite", "polite")


def test_a_retry_goes_on_where_it_was(decide: Decide) -> None:
    """Who has spoken is not asked again: no rate is used up twice; the attempts are those of the action."""
    before = Scripted(name="before", priority=9)
    twice = Scripted((Retry(0.01, "waits"), Retry(0.01, "waits"), Approved()), name="twice", priority=5)
    once = Scripted((Retry(0), Approved()), name="once")
    decision = decide(ValidationPipeline([before, twice, once]), ACTION)
    assert (len(before.seen), len(twice.seen), len(once.seen)) == (1, 3, 2)
    assert (decision.outcome, decision.attempts) == ("approved", 4)
    assert [step.attempt for step in decision.steps] == [1, 1, 2, 3, 3, 4]
    assert decision.latency_ms >= 20


def test_retries_end_by_their_count(decide: Decide) -> None:
    """However many validators say it: the count is one for the action."""
    storm = [Scripted((Retry(0), Retry(0), Approved()), name=str(at)) for at in range(9)]
    decision = decide(ValidationPipeline(storm, retries=5), ACTION)
    assert (decision.outcome, decision.reason, decision.attempts) == ("rejected", "retries exhausted", 6)
    assert sum(len(each.seen) for each in storm) == 3 + 3 + 2
    assert decision.validator == "2"


@pytest.mark.parametrize("wait", [60, float("inf"), pytest.param(10**400, id="a number that no float holds")])
def test_a_wait_beyond_the_deadline_is_not_begun(decide: Decide, wait: float) -> None:
    """It could not be approved in time, so it is rejected at once."""
    began = time.monotonic()
    decision = decide(ValidationPipeline([Scripted((Retry(wait),))], deadline_seconds=5), ACTION)
    assert (decision.outcome, decision.reason, decision.attempts) == ("rejected", "retries exhausted", 1)
    assert time.monotonic() - began < 2


def test_whoever_is_asked_for_the_last_time_can_know_it(decide: Decide) -> None:
    """There is time left until its deadline, and none at the last attempt: so nothing is promised to nobody."""
    there_is_time: list[bool] = []

    def later(_: Action) -> Retry:
        waits = patience.get()
        there_is_time.append(waits is not None and waits.until > time.monotonic())
        return Retry(0)

    decide(ValidationPipeline([Scripted((later,))], retries=2), ACTION)
    assert there_is_time == [True, True, False]


@pytest.mark.parametrize("wait", [-1, float("nan"), float("-inf"), 0])
def test_a_wait_that_is_none_is_at_once(decide: Decide, wait: float) -> None:
    """What is below 0 or no number of seconds holds nothing up, and is counted as an attempt all the same."""
    decision = decide(ValidationPipeline([Scripted((Retry(wait),))]), ACTION)
    assert (decision.reason, decision.attempts) == ("retries exhausted", 4)
    assert decision.latency_ms < 1_000


def test_retries_end_by_the_deadline(decide: Decide) -> None:
    """Where the count would let them go on."""
    began = time.monotonic()
    decision = decide(ValidationPipeline([Scripted((Retry(0.04),))], retries=100, deadline_seconds=0.2), ACTION)
    assert decision.outcome == "rejected"
    assert decision.reason in ("retries exhausted", "deadline passed")  # a wait may take longer than was asked for
    assert decision.attempts <= 5
    assert time.monotonic() - began < 2


def test_the_deadline_holds_for_the_sum(decide: Decide) -> None:
    """Ten validators that each stay within their own time do not take ten times as long."""
    slow = [Scripted((lambda _: time.sleep(0.05) or Approved(),), name=str(at)) for at in range(10)]
    decision = decide(ValidationPipeline(slow, deadline_seconds=0.12), ACTION)
    assert (decision.outcome, decision.reason) == ("rejected", "deadline passed")
    assert 0 < len(decision.steps) < 10


def test_what_is_no_action_is_rejected(decide: Decide) -> None:
    """A text is none, and nobody is asked about it."""
    asked = Scripted()
    decision = decide(ValidationPipeline([asked], on_failure="approve"), "look it up")  # type: ignore[arg-type]
    assert (decision.outcome, decision.reason, asked.seen) == ("rejected", "is no action", [])


@pytest.mark.parametrize("quick", [True, False])
def test_a_validator_that_validates_itself_comes_to_an_end(quick: bool) -> None:
    """Through its own pipeline, quick or in a thread: at a depth of four the answer is no."""
    within: list[Decision] = []

    def again(action: Action) -> Approved:
        within.append(pipeline.validate(action))
        return Approved()

    pipeline = ValidationPipeline([Scripted((again,), quick=quick)])
    assert pipeline.validate(ACTION).allowed
    assert [each.reason for each in within] == ["validates within itself too deeply", "", "", ""]


def _spoil(action: Action) -> Approved:
    object.__setattr__(action, "text", "rm -rf")
    action.arguments["path"] = "/etc/shadow"  # type: ignore[index]
    action.arguments["more"]["of"].append("/etc/shadow")
    return Approved()


@pytest.mark.parametrize("quick", [True, False])
def test_what_a_validator_does_to_its_action_in_place_changes_nothing(decide: Decide, quick: bool) -> None:
    """Not for the validators behind it, and not for what may run."""
    given = Action("tool_call", "ann", "read", {"path": "/home", "more": {"of": ["/home"]}})
    same = Action("tool_call", "ann", "read", {"path": "/home", "more": {"of": ["/home"]}})
    behind = Scripted()
    decision = decide(ValidationPipeline([Scripted((_spoil,), priority=9, quick=quick), behind]), given)
    assert (decision.outcome, decision.action, given, behind.seen) == ("approved", same, same, [same])


def test_what_is_changed_after_it_was_checked_does_not_run(decide: Decide) -> None:
    """Neither in the action that came in nor in the one that a validator made of it and kept."""
    kept = Action("tool_call", "ann", arguments={"paths": ["/home"], "known": ("/home", {"/home"})})
    given = Action("tool_call", "ann", arguments={"paths": []})
    modified = decide(ValidationPipeline([Scripted((Modified(kept),), can_modify=True)]), given)
    approved = decide(ValidationPipeline([]), given)
    kept.arguments["paths"].append("/etc/shadow")
    kept.arguments["known"][1].add("/etc/shadow")
    given.arguments["paths"].append("/etc/shadow")
    assert modified.action.arguments == {"paths": ["/home"], "known": ("/home", {"/home"})}
    assert approved.action.arguments == {"paths": []}


class Priced(Action):
    """An application's own kind of action."""


def test_an_action_of_ones_own_stays_one(decide: Decide) -> None:
    """A validator sees the application's own class, and its objects among the arguments are not copied."""
    asked, connection = Scripted(), object()
    decision = decide(ValidationPipeline([asked]), Priced("tool_call", arguments={"over": connection}))
    assert (type(decision.action), type(asked.seen[0])) == (Priced, Priced)
    assert decision.action.arguments["over"] is connection


def test_arguments_without_an_end_are_rejected(decide: Decide) -> None:
    """They contain themselves: nobody can be shown a copy."""
    without_end: dict[str, Any] = {}
    without_end["again"] = without_end
    assert decide(ValidationPipeline([Scripted()]), Action("tool_call", arguments=without_end)).outcome == "rejected"
