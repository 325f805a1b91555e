"""What the telemetry gets of a decision, and what it does not get."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from metabot_instrument import configure
from metabot_instrument.validation.action import Action
from metabot_instrument.validation.decision import RejectedActionError
from metabot_instrument.validation.pipeline import ValidationPipeline
from metabot_instrument.validation.verdict import Approved, Modified, Rejected, Retry
from metabot_instrument.vocabulary.event_types import EVENT_TYPES
from tests.instrument.validation.scripted import Scripted, counted, decisions

SECRET = "4111-1111-1111-1111"
ACTION = Action("tool_call", key="ann", text=f"pay with {SECRET}", arguments={"card": SECRET})


VERDICTS = ("approved", "modified", "rejected", "retry", "failed")


def test_each_decision_is_one_event(log: Path) -> None:
    """With each validator's verdict, its reason and how long it took."""
    asks = Scripted((Retry(0, "waits its turn"), Approved()), name="rate", priority=2)
    polite = Scripted((Modified(Action("tool_call"), "made polite"),), name="polite", can_modify=True)
    ValidationPipeline([asks, polite]).validate(ACTION)
    (said,) = decisions(log)
    assert said.pop("latency_ms") >= sum(each.pop("latency_ms") for each in said["decisions"]) >= 0
    assert said == {
        "action": "tool_call",
        "key": "ann",
        "decision": "modified",
        "validator": "polite",
        "reason": "made polite",
        "attempts": 2,
        "decisions": [
            {"validator": "rate", "decision": "retry", "reason": "waits its turn"},
            {"validator": "rate", "decision": "approved", "reason": ""},
            {"validator": "polite", "decision": "modified", "reason": "made polite"},
        ],
    }
    event = json.loads(log.read_text())
    assert (event["event"], "unknown_type" in event) == ("validator_decision", False)
    assert set(EVENT_TYPES["validator_decision"].fields) == set(event["payload"])


def test_neither_text_nor_arguments_nor_an_exceptions_words_are_told(log: Path) -> None:
    """Not even where a validator raises them, or gives them as a reason that it does not declare."""
    raises = Scripted((ValueError(SECRET),), name="raises")
    tells = Scripted((Rejected(f"refused {SECRET}"),), name="tells")
    tells.reasons = frozenset({"refused"})  # type: ignore[attr-defined]
    decision = ValidationPipeline([raises, tells], on_failure="approve").validate(ACTION)
    assert decision.reason == f"refused {SECRET}"
    assert SECRET not in log.read_text()
    (said,) = decisions(log)
    assert [each["reason"] for each in said["decisions"]] == ["raised ValueError", "unlisted"]
    assert said["reason"] == "unlisted"


def test_what_a_stranger_hands_over_is_cut(log: Path) -> None:
    """Kinds, keys and reasons that are not declared are short and of one line."""
    action = Action("x" * 10_000, key="k\n" * 10_000)
    ValidationPipeline([Scripted((Rejected("no\r\n" * 10_000),))]).validate(action)
    ValidationPipeline([]).validate(Action(7))  # type: ignore[arg-type]
    first, second = decisions(log)
    assert (len(first["action"]), len(first["key"]), len(first["reason"])) == (80, 200, 80)
    assert first["key"].startswith("k k ")
    assert second["action"] == "int"


def test_the_pipelines_own_reasons_are_told(log: Path) -> None:
    """Also for a validator that declares its own."""
    asks = Scripted((Retry(0, "later"),), name="rate")
    asks.reasons = frozenset({"later"})  # type: ignore[attr-defined]
    ValidationPipeline([asks], retries=1).validate(ACTION)
    assert decisions(log)[0]["reason"] == "retries exhausted"


def test_decisions_and_ends_are_counted() -> None:
    """What validators say, by validator; an action once: rejected, or by how it ended, with the time until then."""
    before = {outcome: counted("agent_actions_total", outcome=outcome) for outcome in ("ok", "error", "rejected")}
    took = counted("agent_latency_seconds_sum")
    pipeline = ValidationPipeline([Scripted((Rejected("no"), Approved()), name="counts")])
    assert not pipeline.validate(ACTION).allowed
    with pipeline.guarded(ACTION):
        time.sleep(0.05)
    pipeline.heard(pipeline.validate(ACTION), ok=False)
    after = {outcome: counted("agent_actions_total", outcome=outcome) for outcome in before}
    assert after == {outcome: number + 1 for outcome, number in before.items()}
    assert 0.05 <= counted("agent_latency_seconds_sum") - took < 5
    verdicts = [counted("agent_validator_decisions_total", validator="counts", decision=one) for one in VERDICTS]
    assert verdicts == [2, 0, 1, 0, 0]


def test_a_log_that_cannot_be_written_changes_no_decision(tmp_path: Path) -> None:
    """The application goes on as decided."""
    (tmp_path / "file").write_text("")
    configure(events_path=str(tmp_path / "file/events.jsonl"))
    assert ValidationPipeline([Scripted()]).validate(ACTION).allowed
    assert not ValidationPipeline([Scripted((Rejected("no"),))]).validate(ACTION).allowed


def test_what_is_no_action_is_told_by_its_type(log: Path) -> None:
    """It is a decision as any other: one event, a count, and an error for who would have run it."""
    before = counted("agent_actions_total", action="str", outcome="rejected")
    with (
        pytest.raises(RejectedActionError, match=r"^str: rejected: is no action$"),
        ValidationPipeline([Scripted()]).guarded(SECRET),  # type: ignore[arg-type]
    ):
        pass
    (said,) = decisions(log)
    assert (said["action"], said["key"], said["reason"], SECRET in log.read_text()) == (
        "str",
        "",
        "is no action",
        False,
    )
    assert counted("agent_actions_total", action="str", outcome="rejected") == before + 1
