from concierge import actions
from concierge.definitions import TOOLS


def test_every_tool_has_its_action():
    assert all(callable(getattr(actions, tool["function"]["name"])) for tool in TOOLS)


def test_a_broad_boat():
    assert actions.rent_boat("101", 2, broad=True) == "a broad boat for cabin 101, 60 minutes"
