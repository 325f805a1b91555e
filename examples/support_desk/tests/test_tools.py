"""The tools against the real look-up service."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from openai.types.chat import ChatCompletionMessageFunctionToolCall
from support_desk import tools

pytestmark = pytest.mark.usefixtures("service")


def call(name: str, arguments: str) -> ChatCompletionMessageFunctionToolCall:
    return ChatCompletionMessageFunctionToolCall.model_validate(
        {"id": "call-1", "type": "function", "function": {"name": name, "arguments": arguments}}
    )


def test_a_customer_is_found_by_address() -> None:
    """Whatever the case of its letters."""
    assert tools.lookup_customer("Ada.Lindqvist@example.com")["name"] == "Ada Lindqvist"


def test_an_order_is_found_by_number() -> None:
    """With its status and items."""
    order = tools.lookup_order("HP-10417")
    assert (order["status"], order["items"][0]["name"]) == ("shipped", "Dusk 3-season sleeping bag")


def test_articles_are_ranked_by_the_query_words() -> None:
    """Three of them, the best one first."""
    found = tools.search_articles("size exchange")["articles"]
    assert len(found) == 3
    assert found[0]["title"] == "Size exchange"


def test_an_unknown_order_is_an_error() -> None:
    """It is not an empty order."""
    with pytest.raises(requests.HTTPError, match="404"):
        tools.lookup_order("HP-99999")


def test_a_result_is_the_text_of_the_tools_message() -> None:
    """JSON, as the service gave it."""
    result = tools.execute(call("lookup_order", '{"order_id": "HP-10417"}'))
    assert json.loads(result)["order_id"] == "HP-10417"


def test_a_tool_that_does_not_exist_is_told_to_the_model() -> None:
    """It may choose another one."""
    assert json.loads(tools.execute(call("send_money", "{}"))) == {"error": "there is no tool 'send_money'"}


def test_tools_may_run_at_the_same_time() -> None:
    """Each gets its own answer."""
    orders = ["HP-10417", "HP-10430", "HP-10443"]
    with ThreadPoolExecutor(3) as pool:
        assert [order["order_id"] for order in pool.map(tools.lookup_order, orders)] == orders


@pytest.mark.parametrize("definition", tools.DEFINITIONS, ids=lambda definition: definition["function"]["name"])
def test_every_definition_has_its_tool(definition: dict[str, dict[str, str]]) -> None:
    """And describes the parameter that the tool takes."""
    function = definition["function"]
    tool = getattr(tools, function["name"])
    assert list(function["parameters"]["properties"]) == list(tool.__annotations__)[:-1]
