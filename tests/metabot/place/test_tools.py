"""Placing by a tool's name."""

from __future__ import annotations

import json

import pytest
from searched import searched, shown

from metabot.place.tools import by_definitions, by_tool

SCHEMA = '"parameters": {"type": "object"}'
DICTIONARY = f'TOOLS = [\n    {{"type": "function",\n     "function": {{"name": "look_up", {SCHEMA}}}}},\n]\n'
FLAT = f'TOOLS = [\n    {{"name": "look_up", {SCHEMA}}},\n    {{"name": "other", {SCHEMA}}},\n]\n'
FUNCTION = "def look_up(q):\n    return q\n"
WRAPPED = json.dumps([{"type": "function", "function": {"name": "look_up", "parameters": {}}}], indent=1)


@pytest.mark.parametrize(
    ("files", "places"),
    [
        pytest.param({"a.py": FUNCTION + DICTIONARY}, ["a.py:1-2 look_up", "a.py:4-5 None"], id="dictionary"),
        pytest.param({"a.py": FUNCTION, "b.py": FLAT}, ["a.py:1-2 look_up", "b.py:2-2 None"], id="in another file"),
        pytest.param(
            {"a.py": f'SPECS = {{\n    "look_up": {{"description": "x", {SCHEMA}}},\n}}\n'},
            ["a.py:2-2 None"],
            id="by its key",
        ),
        pytest.param(
            {"a.py": f'{FLAT}\n\ndef find(q):\n    return q\n\n\nRUN = {{"look_up": find}}\n'},
            ["a.py:7-8 find", "a.py:2-2 None"],
            id="registry",
        ),
        pytest.param(
            {"a.py": f"{FUNCTION}\n\ndef ask(client):\n    return client.run(tools=[look_up])\n"},
            ["a.py:1-2 look_up"],
            id="list of functions",
        ),
        pytest.param({"a.py": "@tool\ndef look_up(q):\n    return q\n"}, ["a.py:1-3 look_up"], id="decorator"),
        pytest.param(
            {"a.py": '@server.tool("look_up")\nasync def find(q):\n    return q\n'}, ["a.py:1-3 find"], id="named by it"
        ),
        pytest.param(
            {"a.py": 'def find(q):\n    return q\n\n\nT = Tool(\n    name="look_up", func=find)\n'},
            ["a.py:1-2 find", "a.py:5-6 None"],
            id="constructor",
        ),
        pytest.param(
            {"a.py": 'class LookUp(BaseTool):\n    name: str = "look_up"\n\n    def run(self, q):\n        return 1\n'},
            ["a.py:1-5 LookUp"],
            id="class with a name",
        ),
        pytest.param({"a.py": "class look_up(BaseModel):\n    q: str\n"}, ["a.py:1-2 look_up"], id="class as a schema"),
        pytest.param(
            {"tools.json": WRAPPED, "src/a.py": FUNCTION}, ["src/a.py:1-2 look_up", "tools.json:2-8 None"], id="JSON"
        ),
        pytest.param(
            {"t.yaml": "tools:\n  - name: one\n\n  - name: look_up\n    description: >\n      x\n\n  - name: two\n"},
            ["t.yaml:4-6 None"],
            id="YAML",
        ),
    ],
)
def test_finds(files: dict[str, str], places: list[str]) -> None:
    """The function comes first, the definition behind it, whichever way they are written."""
    assert shown(by_tool("look_up", searched(files))) == places


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"a.py": FUNCTION}, id="a function that is no tool"),
        pytest.param({"a.py": 'x = {"name": "look_up", "color": "red"}\n'}, id="something else of that name"),
        pytest.param({"a.py": 'session.call_tool("look_up", {})\n'}, id="a call of it"),
        pytest.param({"a.py": 'TOOLS = [{"name": "look_up_all", "parameters": {}}]\n'}, id="a longer name"),
        pytest.param({"a.py": "@tool\ndef other(look_up):\n    return 1\n"}, id="another tool"),
        pytest.param({"a.py": "def (look_up"}, id="broken syntax"),
        pytest.param({"t.json": '{"name": "look_up", "description": '}, id="broken JSON"),
        pytest.param({"t.yaml": "name: look_up\ndescription: [\n"}, id="broken YAML"),
    ],
)
def test_finds_nothing_where(files: dict[str, str]) -> None:
    """Nothing here says that this is the tool."""
    assert by_tool("look_up", searched(files)) == ()


@pytest.mark.parametrize(
    ("files", "places"),
    [
        pytest.param({"a.py": FLAT, "b.py": FLAT}, ["?", "a.py:2", "b.py:2"], id="two definitions"),
        pytest.param(
            {"a.py": FLAT, "b.py": FUNCTION, "c.py": FUNCTION},
            ["?", "b.py:look_up", "c.py:look_up"],
            id="two functions",
        ),
    ],
)
def test_two_equal_places_are_not_chosen_between(files: dict[str, str], places: list[str]) -> None:
    """All that fit are named."""
    assert shown(by_tool("look_up", searched(files))) == places


def test_a_vendored_copy_gives_way() -> None:
    """The repository's own definition is taken; a copy alone is found with half the sureness, and said to be one."""
    both = by_tool("look_up", searched({"a.py": FLAT, "vendor/x/a.py": FLAT}))
    assert shown(both) == ["a.py:2-2 None"]
    (copy,) = by_tool("look_up", searched({"vendor/x/a.py": FLAT}))
    assert (copy.sure, "vendored copy" in copy.why) == (0.45, True)  # type: ignore[union-attr]


def test_each_of_several_definitions_is_found() -> None:
    """Of tools that nobody calls the definitions are the place, not the functions."""
    found = by_definitions(("look_up", "other"), searched({"a.py": FUNCTION + FLAT}))
    assert shown(found) == ["a.py:4-4 None", "a.py:5-5 None"]
