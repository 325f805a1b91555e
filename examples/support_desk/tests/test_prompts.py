"""The instructions."""

from datetime import UTC, datetime

import pytest
from support_desk.prompts import system_prompt
from support_desk.tickets import labelled

NOW = datetime(2026, 11, 4, 9, 30, tzinfo=UTC)


def test_names_the_customer_and_the_time() -> None:
    """The reply greets the customer, and "tomorrow" depends on the day."""
    prompt = system_prompt(NOW, "Ada Lindqvist")
    assert "You are helping Ada Lindqvist." in prompt
    assert "2026-11-04T09:30" in prompt


@pytest.mark.parametrize("section", ["How to work", "Categories", "Priorities", "Policy", "Tone", "Answer"])
def test_has_its_sections(section: str) -> None:
    """None of them got lost."""
    assert f"\n# {section}\n" in system_prompt(NOW, "Ada Lindqvist")


@pytest.mark.parametrize("rule", ["60 days from delivery", "at most 10 euros", "Never write a password", "needs_human"])
def test_states_the_policy(rule: str) -> None:
    """The rules that cost money or trust if they are missing."""
    assert rule in system_prompt(NOW, "Ada Lindqvist")


def test_explains_every_labelled_category_and_priority() -> None:
    """Nobody can choose what the instructions do not name."""
    prompt = system_prompt(NOW, "Ada Lindqvist")
    for _, label in labelled():
        assert f"- {label.category}: " in prompt
        assert f"- {label.priority}: " in prompt
