"""A conversation with a scripted model and the real tools."""

import json

import pytest
from openai import OpenAI
from scripted import ANSWER, LOOKUPS, SEARCH, TICKET, ScriptedModel, calls
from support_desk.agent import MAX_TURNS, handle

pytestmark = pytest.mark.usefixtures("service")


@pytest.fixture(autouse=True)
def _fresh(model: ScriptedModel) -> None:
    model.requests.clear()


def test_the_answer_is_the_triage(client: OpenAI, model: ScriptedModel) -> None:
    """After two look-ups and a search."""
    model.answers = [LOOKUPS, SEARCH, {"content": json.dumps(ANSWER)}]
    found = handle(TICKET, client)
    assert (found.category, found.priority, found.needs_human) == ("order_status", "normal", False)
    assert found.reply.startswith("Hello Ada Lindqvist,")


def test_every_tool_call_gets_its_own_result(client: OpenAI, model: ScriptedModel) -> None:
    """By its id, whatever the order in which they ran."""
    model.answers = [LOOKUPS, {"content": json.dumps(ANSWER)}]
    handle(TICKET, client)
    results = {
        m["tool_call_id"]: json.loads(m["content"]) for m in model.requests[1]["messages"] if m["role"] == "tool"
    }
    assert results["lookup_customer-id"]["name"] == "Ada Lindqvist"
    assert results["lookup_order-id"]["order_id"] == "HP-10417"


def test_the_model_is_told_the_customer_and_the_ticket(client: OpenAI, model: ScriptedModel) -> None:
    """The name stands in the instructions, the question in the user's message; three tools are offered."""
    model.answers = [{"content": json.dumps(ANSWER)}]
    handle(TICKET, client)
    system, user = model.requests[0]["messages"]
    assert "Ada Lindqvist" in system["content"]
    assert "HP-10417" in user["content"]
    assert len(model.requests[0]["tools"]) == 3


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param("I would say it is normal.", id="no JSON"),
        pytest.param("[]", id="a list"),
        pytest.param('{"category": "order_status"}', id="fields are missing"),
    ],
)
def test_an_answer_that_is_no_triage_is_an_error(client: OpenAI, model: ScriptedModel, answer: str) -> None:
    """A person takes over; nothing is guessed."""
    model.answers = [{"content": answer}]
    with pytest.raises(ValueError, match=r"."):
        handle(TICKET, client)


def test_a_model_that_only_calls_tools_is_stopped(client: OpenAI, model: ScriptedModel) -> None:
    """After the stated number of turns."""
    model.answers = [calls(("no_such_tool", {}))] * MAX_TURNS
    with pytest.raises(ValueError, match="no answer after"):
        handle(TICKET, client)
    assert len(model.requests) == MAX_TURNS
