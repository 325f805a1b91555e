"""Definitions of tools that were never called leave the list; whatever else counts on them keeps them there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recipe_runs import applied, failing, page_examples

from analyzers.untrusted import Name
from metabot.generate.recipe import NotSure, Written
from metabot.generate.recipes.drop_unused_tools import write


def plain(name: str) -> str:
    return f"{{'name': '{name}', 'description': 'Does it.', 'input_schema': {{'type': 'object'}}}}"


def wrapped(name: str) -> str:
    return f"{{'type': 'function', 'function': {{'name': '{name}', 'parameters': {{'type': 'object'}}}}}}"


def listed(make: object = plain, name: str = "TOOLS") -> str:
    assert callable(make)
    return (
        f"{name} = [\n    # finds things\n    {make('search')},  # often\n"
        f"    # hands over\n    {make('escalate')},  # never\n    # looks up\n    {make('look_up')},  # at times\n]\n"
    )


ASK = "\n\ndef ask(client, text):\n    return client.responses.create(model='m', input=text, tools=TOOLS)\n"
FUNCTIONS = "".join(f"def {name}(text):\n    return text\n\n\n" for name in ("search", "escalate", "look_up"))
DISPATCH = "RUN = {'search': search, 'escalate': escalate, 'look_up': look_up}\n"
FILE = [json.loads(wrapped(name).replace("'", '"')) for name in ("search", "escalate", "look_up")]
SHAPES = {
    "constant": {"t1.py": listed() + ASK},
    "wrapped": {"t2.py": FUNCTIONS + listed(wrapped) + DISPATCH + ASK},
    "class": {"t3.py": "class Desk:\n    " + listed().replace("\n", "\n    ").rstrip() + "\n"},
    "inline, async": {
        "t4.py": "from openai import AsyncOpenAI\n\n\nasync def ask(text: str):\n    client = AsyncOpenAI()\n"
        "    return await client.chat.completions.create(\n        model='m', messages=[text],\n"
        f"        tools=[{wrapped('search')}, {wrapped('escalate')}, {wrapped('look_up')}],\n    )\n"
    },
    "functions": {"t5.py": FUNCTIONS + "TOOLS = [search, escalate, look_up]\n" + ASK},
    "made of functions": {
        "t6.py": "def tool(function):\n    return {'name': function.__name__, 'parameters': {}}\n\n\n"
        + FUNCTIONS
        + "TOOLS = [tool(search), tool(escalate), tool(look_up)]\n"
        + ASK
    },
    "by name": {
        "t7.py": f"TOOLS = {{\n    'search': {plain('search')},\n    'escalate': {plain('escalate')},\n"
        f"    'look_up': {plain('look_up')},\n}}\n" + ASK.replace("TOOLS)", "list(TOOLS.values()))")
    },
    "names of definitions": {
        "t8.py": f"SEARCH = {plain('search')}\nESCALATE = {plain('escalate')}\nTOOLS = [SEARCH, ESCALATE]\n" + ASK
    },
    "json": {"tools.json": json.dumps({"tools": FILE}, indent=2)},
    "yaml": {
        "kit.yaml": "# for the model\n- name: search\n  description: Finds.\n# seldom\n- name: escalate\n"
        "  description: Hands over.\n\n- name: look_up\n  description: Looks up.\n",
        "load.py": "import yaml\n\n\ndef load(path):\n    return yaml.safe_load(open(path))\n",
    },
    "answered elsewhere": {
        "t9.py": listed() + "\n\ndef run(name):\n    if name == 'escalate':\n        return 1\n"
        "    match name:\n        case 'escalate':\n            return 2\n"
    },
}
UNUSED = {"analyzer": "unused-tools", "tools": (Name("escalate"),)}


def change(files: dict[str, str], **about: object) -> Written | NotSure:
    return applied(write, files, next(iter(files)), None, **(UNUSED | about))


@pytest.mark.parametrize("name", SHAPES)
def test_the_definition_goes_and_the_rest_stays(name: str) -> None:
    """Only lines of the definition, and the comment above it, are missing; a second time there is nothing to drop."""
    files = SHAPES[name]
    written = change(files)
    assert isinstance(written, Written), written
    (edit,) = written.edits
    if edit.before.count("\n") > 12:
        new = [line for line in edit.after.split("\n") if line not in edit.before.split("\n")]
        assert len(new) <= 1
    assert "never" not in edit.after
    assert all(kept in edit.after for kept in ("search", "often", "looks up", "at times") if kept in edit.before)
    assert written.changes_prompt
    assert isinstance(change({**files, edit.path: edit.after}), NotSure)


@pytest.mark.slow
def test_the_new_tests_fail_before_and_pass_after(tmp_path: Path) -> None:
    """Each shape's own test is run for real, in a repository with the others."""
    files: dict[str, str] = {}
    tests, edits = [], []
    for own in SHAPES.values():
        written = change(own)
        assert isinstance(written, Written)
        files |= own
        tests.append(written.new_test)
        edits += written.edits
    tests = list({test.path: test for test in tests}.values())
    edits = [edit for edit in edits if files[edit.path] == edit.before]
    assert failing(tmp_path / "before", files, tests) == {test.path for test in tests}
    assert failing(tmp_path / "after", files, tests, edits) == set()


CONSTANT = SHAPES["constant"]["t1.py"]


@pytest.mark.parametrize(
    ("files", "about", "said"),
    [
        pytest.param({"a.py": CONSTANT}, {"tools": ()}, "does not name", id="no names"),
        pytest.param({"a.py": CONSTANT}, {"tools": (Name("other"),)}, "0 lists", id="not defined here"),
        pytest.param({"a.py": CONSTANT, "b.py": CONSTANT}, {}, "2 lists", id="in two lists"),
        pytest.param(
            {"a.py": CONSTANT + "CHOICE = {'type': 'tool', 'tool': 'escalate'}\n"}, {}, "names escalate", id="chosen"
        ),
        pytest.param(
            {"a.py": CONSTANT, "tests/test_b.py": "def test():\n    assert run('escalate')\n"}, {}, "tests/test_b.py",
            id="a test names it",
        ),
        pytest.param(
            {"a.py": CONSTANT + "PROMPT = 'When in doubt use the escalate tool.'\n"}, {}, "names escalate", id="prompt"
        ),
        pytest.param(
            {"a.py": CONSTANT, "prompt.md": "Use `escalate` for legal threats.\n"}, {}, "prompt.md", id="prompt file"
        ),
        pytest.param(
            {"a.py": CONSTANT.replace("Does it.", "Call look_up first.", 1)}, {"tools": (Name("look_up"),)},
            "names look_up", id="another description",
        ),
        pytest.param(
            {"a.py": f"TOOLS = [{plain('escalate')}]\n"}, {}, "no tool any more", id="the only one"
        ),
        pytest.param({"a.py": CONSTANT + "FIRST = TOOLS[0]\n"}, {}, "by position", id="read by position"),
        pytest.param(
            {"a.py": CONSTANT, "tests/test_b.py": "def test():\n    assert len(a.TOOLS) == 3\n"}, {}, "its length",
            id="a test counts them",
        ),
        pytest.param({"a.py": "TOOLS = build()\n" + ASK}, {}, "0 lists", id="a list that is computed"),
    ],
)  # fmt: skip
def test_is_not_sure_about(files: dict[str, str], about: dict[str, object], said: str) -> None:
    """Each of these stays exactly as it is."""
    result = change(files, **about)
    assert isinstance(result, NotSure)
    assert said in result.why


def test_what_stays_is_said() -> None:
    """Of two tools one is named elsewhere: the other goes, and the summary tells about the first."""
    files = {"a.py": CONSTANT + "PROMPT = 'Use look_up.'\n"}
    written = change(files, tools=(Name("escalate"), Name("look_up")))
    assert isinstance(written, Written)
    assert "Not dropped: a.py names look_up as well." in written.summary
    assert written.title == "Stop offering 1 tool that the model never calls"


@given(
    names=st.lists(st.sampled_from("abcdefgh"), min_size=2, max_size=6, unique=True),
    gone=st.sets(st.sampled_from("abcdefgh"), min_size=1),
    comma=st.booleans(),
)
def test_the_others_keep_their_lines(names: list[str], gone: set[str], comma: bool) -> None:
    """Whichever go, every other item keeps its line, its comment above and its comment behind."""
    items = [f"    # above {name}\n    {plain(f'tool_{name}')}" for name in names]
    source = "TOOLS = [\n" + ",\n".join(items) + ("," if comma else "") + "\n]\n"
    result = change({"a.py": source}, tools=tuple(Name(f"tool_{name}") for name in sorted(gone)))
    kept = [name for name in names if name not in gone]
    if not isinstance(result, Written):
        assert not kept or len(kept) == len(names)
        return
    rest = [item for name, item in zip(names, items, strict=True) if name in kept]
    assert result.edits[0].after == "TOOLS = [\n" + ",\n".join(rest) + ("," if comma else "") + "\n]\n"


def test_the_pages_example_is_what_it_does() -> None:
    """docs/recipes/drop-unused-tools.md shows its result, character for character."""
    ((before, after),) = page_examples("drop-unused-tools")
    written = change({"desk.py": before})
    assert isinstance(written, Written)
    assert written.edits[0].after == after
