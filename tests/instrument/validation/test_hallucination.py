"""What the validator of claims does with what an agent is about to say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from metabot_instrument.validation.action import Action
from metabot_instrument.validation.hallucination import CONTRADICTED, TOO_LONG, UNKNOWN, Hallucination
from metabot_instrument.validation.pipeline import ValidationPipeline
from metabot_instrument.validation.verdict import Approved, Modified, Rejected

KNOWN = {"France": {"capital": "Paris"}, "Premium plan": {"price": {"value": 49, "unit": "EUR"}}}
WRONG = Action("message", text="The capital of France is Lyon.")


def test_rejects_what_the_knowledge_contradicts() -> None:
    """A wrong claim does not go out; the reason does not repeat it."""
    assert Hallucination(knowledge=KNOWN).validate(WRONG) == Rejected(CONTRADICTED)


@pytest.mark.parametrize("text", ["Paris is the capital of France.", "Premium plan: 49 €", "Who knows?", ""])
def test_lets_what_is_right_or_no_claim_pass(text: str) -> None:
    """A right claim, a question and nothing are approved."""
    assert Hallucination(knowledge=KNOWN).validate(Action("message", text=text)) == Approved()


def test_flags_a_claim_in_the_arguments() -> None:
    """The text goes out as it is, and the application finds each claim with what it was held against."""
    verdict = Hallucination(knowledge=KNOWN, on_contradiction="flag").validate(WRONG)
    assert isinstance(verdict, Modified)
    assert verdict.action.text == WRONG.text
    assert verdict.action.arguments["claims"] == [
        {"text": WRONG.text, "standing": "contradicted", "about": "France: capital"}
    ]


def test_asks_for_clarification_instead() -> None:
    """The text becomes a question that names the claim."""
    verdict = Hallucination(knowledge=KNOWN, on_contradiction="clarify").validate(WRONG)
    assert isinstance(verdict, Modified)
    assert verdict.action.text == verdict.action.arguments["clarification"]
    assert "“The capital of France is Lyon.”" in verdict.action.text


def test_allows_a_share_of_unknown_claims() -> None:
    """With none allowed, one that the knowledge does not reach is enough."""
    action = Action("message", text="The capital of Peru is Lima.")
    assert Hallucination(knowledge=KNOWN).validate(action) == Approved()
    assert Hallucination(knowledge=KNOWN, unknown_allowed=0.0).validate(action) == Rejected(UNKNOWN)


def test_looks_at_the_named_kinds_alone_and_at_no_text_without_end() -> None:
    """Another kind of action passes; a text over `longest` is rejected unread."""
    assert Hallucination(knowledge=KNOWN, kinds=("tool_call",)).validate(WRONG) == Approved()
    assert Hallucination(knowledge=KNOWN, longest=5).validate(WRONG) == Rejected(TOO_LONG)


def test_is_configured_with_a_file_of_facts(tmp_path: Path) -> None:
    """A table of settings names the file."""
    (tmp_path / "facts.json").write_text(json.dumps(KNOWN), "utf-8")
    pipeline = ValidationPipeline.configured([{"type": "hallucination", "knowledge": str(tmp_path / "facts.json")}])
    assert pipeline.validate(WRONG).reason == CONTRADICTED


@pytest.mark.parametrize(
    "knowledge",
    [{"France": "Paris"}, [{"subject": "a"}], [3], "no/such/file.json", [{"subject": "a", "of": 1, "value": 2}]],
)
def test_says_what_is_wrong_with_the_knowledge(knowledge: object) -> None:
    """What is no fact, and a file that cannot be read, are refused where the validator is made."""
    with pytest.raises(ValueError, match=r"\n  "):
        Hallucination(knowledge=knowledge)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"kinds": "message"}, id="a text that would be a list of letters"),
        pytest.param({"kinds": [1]}, id="kinds that are no texts"),
        pytest.param({"longest": -1}, id="nothing is short enough"),
        pytest.param({"longest": float("inf")}, id="no whole number"),
        pytest.param({"longest": "100"}, id="a text"),
        pytest.param({"judge_seconds": -1}, id="no time"),
        pytest.param({"judge_most": 0}, id="no claim"),
        pytest.param({"unknown_allowed": True}, id="yes"),
        pytest.param({"on_contradiction": "warn"}, id="an unknown word"),
        pytest.param({"judge_url": "http://host:99999/v1", "judge_model": "m"}, id="no such port"),
    ],
)
def test_settings_that_mean_nothing_are_refused(settings: dict[str, object]) -> None:
    """Where the validator is made, not at the first action."""
    with pytest.raises(ValueError, match=r"\n  "):
        Hallucination(knowledge=KNOWN, **settings)  # type: ignore[arg-type]
