"""A tool's long result enters the history cut; whatever is not surely such a result is left alone."""

from __future__ import annotations

import ast
import difflib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recipe_runs import applied, failing, page_examples

from metabot.generate.recipe import NotSure, Written
from metabot.generate.recipes.cap_tool_output import LIMIT, write

LOOP = """\
import json

from desk import tools


def handle(client, messages):
    for call in client.ask(messages):
        result = tools.execute(call)
        messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
"""
APPEND = 'messages.append({"role": "tool", "tool_call_id": call.id, "content": result})'
SHAPES = [
    pytest.param(LOOP, "handle", '"content": _capped_output(result)}', id="sync"),
    pytest.param(
        LOOP.replace("def ", "async def ").replace("tools.execute", "await tools.execute"),
        "handle",
        '"content": _capped_output(result)}',
        id="async",
    ),
    pytest.param(
        'def run(call):\n    return {"role": "tool", "tool_call_id": 1, "content": call.text}\n\n\n'
        "for call in open('calls.txt'):\n    print(run(call))\n",
        "run",
        '"content": _capped_output(call.text)}',
        id="script that cannot be imported",
    ),
    pytest.param(
        "class Agent:\n    def step(self, call):\n        text = self.run(call)\n"
        '        self.messages.append(dict(role="tool", tool_call_id=call.id, content=text))\n',
        "Agent.step",
        "content=_capped_output(text)",
        id="method",
    ),
    pytest.param(
        'import json\n\nif __name__ == "__main__":\n    messages = []\n    for call in ask(messages):\n'
        '        messages.append({"role": "tool", "tool_call_id": call["id"], "content": json.dumps(run(call))})\n',
        None,
        "_capped_output(json.dumps(run(call)))",
        id="script",
    ),
    pytest.param(
        "from http.server import BaseHTTPRequestHandler\n\n\nclass Handler(BaseHTTPRequestHandler):\n"
        "    def do_POST(self):\n        items = []\n"
        '        items.append({"type": "function_call_output", "call_id": c.call_id, "output": run(c)})\n',
        "Handler.do_POST",
        '"output": _capped_output(run(c))',
        id="web handler, responses",
    ),
    pytest.param(
        'def results(blocks):\n    return [{"type": "tool_result", "tool_use_id": one.id, "content": run(one, blocks)}'
        " for one in blocks]\n",
        "results",
        '"content": _capped_output(\n',
        id="messages, a line that would be too long",
    ),
    pytest.param(
        "def results(one):\n    text = run(one)\n"
        '    return {"type": "tool_result", "tool_use_id": 1, "content": [{"type": "text", "text": text}]}\n',
        "results",
        '"text": _capped_output(text)',
        id="messages, a block of text",
    ),
    pytest.param(
        "from langchain_core.messages import ToolMessage\n\n\n# Runs it.\ndef run(call):\n"
        '    return ToolMessage(content=str(call()), tool_call_id=call["id"])\n',
        "run",
        "content=_capped_output(str(call()))",
        id="message class",
    ),
    pytest.param(
        "def outer():\n    def inner(call):\n        try:\n            result = run(call)\n"
        '        except OSError as error:\n            result = f"failed: {error}"\n'
        '        return {"role": "tool", "tool_call_id": call.id, "content": result}\n    return inner\n',
        "outer.inner",
        "_capped_output(result)",
        id="nested function",
    ),
    pytest.param(
        'def handle(call):\n    if call.bad:\n        return {"role": "tool", "tool_call_id": 1, "content": "no"}\n'
        '    if call.worse:\n        return {"role": "tool", "tool_call_id": 1, "content": f"{call.error}"}\n'
        '    return {"role": "tool", "tool_call_id": 1, "content": call.text}\n',
        "handle",
        '"content": _capped_output(f"{call.error}")}',
        id="several messages, one of them constant",
    ),
    pytest.param(
        "@app.tool\ndef search(query: str) -> str:\n    if not query:\n        return 'no query'\n"
        "    return find(query)\n",
        "search",
        "return _capped_output(find(query))",
        id="a tool with a decorator",
    ),
    pytest.param(
        "import json\n\n\ndef search(query):\n    rows = find(query)\n    return json.dumps(rows)\n\n\n"
        'TOOLS = {"s": search}\n',
        "search",
        "return _capped_output(json.dumps(rows))",
        id="a tool in a table",
    ),
    pytest.param(
        "class Tools:\n    @function_tool\n    async def search(self, query: str) -> str:\n"
        "        return await self.find(query)\n",
        "Tools.search",
        "return _capped_output(await self.find(query))",
        id="a coroutine method with a decorator",
    ),
]


def cap(source: str, symbol: str | None, **others: str) -> Written | NotSure:
    files = {"agent.py": source, **{f"{name}.py": text for name, text in others.items()}}
    return applied(write, files, "agent.py", symbol)


@pytest.mark.parametrize(("source", "symbol", "expected"), SHAPES)
def test_finds_the_result(source: str, symbol: str | None, expected: str) -> None:
    """However it is written, the result goes through the new function, and only lines with it change."""
    written = cap(source, symbol)
    assert isinstance(written, Written), written
    assert written.changes_prompt
    (edit,) = written.edits
    assert expected in edit.after
    ast.parse(edit.after)
    removed = [line for line in difflib.ndiff(source.splitlines(), edit.after.splitlines()) if line.startswith("- ")]
    assert len(removed) == edit.after.count("_capped_output(") - 1


@pytest.mark.parametrize(("source", "symbol", "expected"), SHAPES)
def test_applying_it_twice_changes_nothing_more(source: str, symbol: str | None, expected: str) -> None:
    """What is cut already is left alone."""
    written = cap(source, symbol)
    assert isinstance(written, Written)
    assert isinstance(cap(written.edits[0].after, symbol), NotSure)


@given(
    indent=st.sampled_from(["  ", "    ", "\t"]),
    ending=st.sampled_from(["\n", "\r\n"]),
    around=st.lists(st.sampled_from(["X = 1", "# a note", "", "def f( ):  return  0", "Y=[1,2 , 3]"]), max_size=5),
)
def test_unrelated_lines_never_change(indent: str, ending: str, around: list[str]) -> None:
    """Whatever stands around it, however it is laid out, stays to the character; new lines are laid out alike."""
    source = "\n".join([*around, LOOP.replace("    ", indent), *around, ""]).replace("\n", ending)
    written = cap(source, "handle")
    assert isinstance(written, Written)
    after = written.edits[0].after
    assert after.count("\n") == after.count(ending)
    assert (
        after.replace("_capped_output(result)", "result").splitlines()[-6 - len(around) :]
        == (source.splitlines()[-6 - len(around) :])
    )
    kept = [line for line in difflib.ndiff(source.splitlines(), after.splitlines()) if line.startswith("- ")]
    assert [line.strip("- \t") for line in kept] == [APPEND]


@pytest.mark.parametrize(
    ("source", "symbol", "said"),
    [
        pytest.param(LOOP.replace(": result}", ": result[:4000]}"), "handle", "shortens", id="a slice"),
        pytest.param(
            LOOP.replace("tools.execute(call)", "tools.execute(call)[:4000]"), "handle", "shortens", id="sliced before"
        ),
        pytest.param(LOOP.replace(": result}", ": shorten(result)}"), "handle", "shortens", id="a function that cuts"),
        pytest.param(
            LOOP.replace("= tools.execute(call)", "= textwrap.shorten(tools.execute(call), 900)"),
            "handle",
            "shortens",
            id="cut before",
        ),
        pytest.param(LOOP.replace(": result}", ': "done"}'), "handle", "not registered", id="a constant"),
        pytest.param(LOOP.replace('"tool"', '"user"'), "handle", "not registered", id="not a tool's message"),
        pytest.param("_MOST_OUTPUT = 1\n" + LOOP, "handle", "of its own", id="the name is taken"),
        pytest.param(
            LOOP.replace("handle", "one") + LOOP.replace("handle", "two") + "\n\ndef search():\n    pass\n",
            "search",
            "2 functions",
            id="two functions make messages",
        ),
        pytest.param(
            "@tool\ndef search(query) -> list[str]:\n    return find(query)\n", "search", "text", id="returns a list"
        ),
        pytest.param("@tool\ndef search(query) -> str:\n    yield query\n", "search", "text", id="returns nothing"),
        pytest.param("def search(query) -> str:\n    return find(query)\n", "search", "registered", id="no tool"),
        pytest.param(
            "@tool\ndef search(query) -> str:\n    return find(query)\n\n\ndef other():\n    return len(search('a'))\n",
            "search",
            "may need its whole result",
            id="other code calls it",
        ),
        pytest.param("def search(:\n", "search", "not Python", id="broken syntax"),
    ],
)
def test_is_not_sure_about(source: str, symbol: str, said: str) -> None:
    """Each of these is left as it is, with a sentence about the code."""
    result = cap(source, symbol)
    assert isinstance(result, NotSure)
    assert said in result.why


def test_finds_the_one_function_of_the_repository_that_makes_messages() -> None:
    """The finding is placed at the tool; the message is made elsewhere, and tests' own messages do not count."""
    tool = "def search(query):\n    return find(query)\n"
    written = applied(write, {"tool.py": tool, "agent.py": LOOP, "tests/fakes.py": LOOP}, "tool.py", "search")
    assert isinstance(written, Written)
    assert [edit.path for edit in written.edits] == ["agent.py"]
    assert "_capped_output(result)" in written.edits[0].after


def test_the_page_shows_what_it_does() -> None:
    """The example on the recipe's page is what comes out."""
    ((before, after),) = page_examples("cap-tool-output")
    written = cap(before, "answer")
    assert isinstance(written, Written)
    assert written.edits[0].after == after
    assert f"{LIMIT:_}" in after


@pytest.mark.slow
def test_each_shapes_new_test_fails_without_the_change_and_passes_with_it(tmp_path: Path) -> None:
    """The generated tests are run for real, all shapes' together, before and after."""
    files, tests, edits = {}, [], []
    for number, shape in enumerate(SHAPES):
        source, symbol, _ = shape.values
        path = f"agent{number}.py"
        importable = "from stubs import *\n" + str(source).replace("from desk import", "import stubs as")
        importable = importable.replace("from langchain_core.messages import ToolMessage\n", "")
        files[path] = importable
        written = applied(write, {path: importable}, path, symbol)
        assert isinstance(written, Written), shape.id
        tests.append(written.new_test)
        edits += written.edits
    files["stubs.py"] = (
        "class app:\n    tool = staticmethod(lambda function: function)\n\n\n"
        "def function_tool(function):\n    return function\n"
    )
    assert failing(tmp_path / "base", files, tests) == {test.path for test in tests}
    assert failing(tmp_path / "head", files, tests, edits) == set()
