"""What the evaluation counts as right."""

import pytest
from support_desk.evaluate import faults
from support_desk.tickets import Label, Ticket, Triage

TICKET = Ticket(id="E-1", sender="Ada Lindqvist", email="a@example.com", subject="s", body="b")
LABEL = Label(category="billing", priority="high")


def answer(category: str = "billing", priority: str = "high", reply: str = "Hello Ada Lindqvist,\n\nYes.") -> Triage:
    return Triage(category=category, priority=priority, summary="s", reply=reply, needs_human=False)


def test_a_right_answer_has_no_faults() -> None:
    """Category, priority and greeting."""
    assert faults(answer(), TICKET, LABEL) == []


@pytest.mark.parametrize(
    ("given", "says"),
    [
        pytest.param(answer(category="feedback"), "category feedback instead of billing", id="category"),
        pytest.param(answer(priority="low"), "priority low instead of high", id="priority"),
        pytest.param(answer(reply="Hello ,\n\nYes, Ada Lindqvist."), "does not name Ada Lindqvist", id="greeting"),
        pytest.param(answer(reply=""), "does not name Ada Lindqvist", id="no reply"),
    ],
)
def test_one_fault_is_enough(given: Triage, says: str) -> None:
    """The words say which."""
    (fault,) = faults(given, TICKET, LABEL)
    assert says in fault
