"""A tool call that does not fit is answered; errors of other kinds and other places are raised as before."""

from __future__ import annotations

import ast
import difflib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recipe_runs import applied, failing, page_examples

from analyzers.untrusted import Name
from metabot.generate.recipe import NotSure, Written
from metabot.generate.recipes.tolerate_argument import write

IMPORTS = "import json\n\nfrom stubs import find, book, TABLE, tracer\n\n\n"
RUN = IMPORTS + (
    "def run(call) -> str:\n    arguments = json.loads(call.function.arguments)\n"
    '    return find(arguments["event"], arguments["area"])\n'
)
LACKS = 'if missing := [name for name in ("event", "area") if name not in arguments]:'
SHAPES = [
    pytest.param(RUN, "run", ("KeyError",), LACKS, id="sync"),
    pytest.param(
        RUN.replace("def run", "async def run").replace("return find", "return await find"),
        "run",
        ("json.decoder.KeyError",),
        LACKS,
        id="async",
    ),
    pytest.param(
        IMPORTS + "class Desk:\n    def __init__(self, client):\n        self.client = client\n\n"
        "    def run(self, call) -> str:\n        name = call.function.name\n"
        "        with tracer.span(f'execute {name}'):\n            arguments = json.loads(call.function.arguments)\n"
        '            seats = find(arguments["event"], arguments["area"])\n'
        '            return json.dumps({"seats": seats})\n',
        "Desk.run",
        ("KeyError",),
        "            if missing := [",
        id="method in a with block",
    ),
    pytest.param(
        IMPORTS + 'def find_seats(args):\n    # the house\n    event = args["event"]\n'
        '    return {"seats": find(event)}\n',
        "find_seats",
        ("KeyError",),
        'if "event" not in args:\n        return {"error": "Error: the call lacks event. Call again with it."}',
        id="a tool with a dictionary",
    ),
    pytest.param(
        IMPORTS + "def run(name, args) -> str:\n    if name == 'find':\n        return find(args['event'])\n"
        "    elif name == 'book':\n        return book(args['seat'], args['guest'])\n"
        "    else:\n        return 'unknown'\n",
        "run",
        ("KeyError",),
        '        if missing := [name for name in ("seat", "guest") if name not in args]:',
        id="branches by name",
    ),
    pytest.param(
        IMPORTS + "class Tools:\n    @staticmethod\n    def handle(block):\n        args = block['input']\n"
        "        return f\"{find(args['event'])}\"\n",
        "Tools.handle",
        ("KeyError",),
        'if "event" not in args:',
        id="static method, web handler's dictionary",
    ),
    pytest.param(
        IMPORTS + "def run(block, *, depth=3) -> str:\n    arguments = block.input\n"
        '    return find(arguments["event"], depth)\n',
        "run",
        ("KeyError",),
        'if "event" not in arguments:',
        id="messages, the arguments are decoded",
    ),
    pytest.param(
        RUN,
        "run",
        ("JSONDecodeError",),
        '    try:\n        arguments = json.loads(call.function.arguments or "{}")\n    except json.JSONDecodeError as',
        id="not JSON",
    ),
    pytest.param(
        RUN.replace("import json", "from json import loads").replace("json.loads", "loads"),
        "run",
        ("JSONDecodeError", "KeyError"),
        "except ValueError as error:",
        id="decoding under another name, two errors",
    ),
    pytest.param(
        IMPORTS + "TOOLS = {'find': find, 'book': book}\n\n\ndef run(call):\n    name = call['name']\n"
        "    arguments = json.loads(call['arguments'])\n    return json.dumps(TOOLS[name](**arguments))\n",
        "run",
        ("TypeError",),
        "inspect.signature(TOOLS[name]).bind(**arguments)",
        id="a table of tools",
    ),
    pytest.param(
        IMPORTS + "def run(text):\n    arguments = json.loads(text)\n    return find(**arguments)\n\n\n"
        'def loop(ask):\n    for call in ask():\n        result = run(call.text)\n'
        '        yield {"role": "tool", "tool_call_id": call.id, "content": result}\n',
        "run",
        ("TypeError",),
        "inspect.signature(find).bind(**arguments)",
        id="script, the answer becomes a message",
    ),
    pytest.param(
        IMPORTS + "def run(name, args) -> str:\n    match name:\n        case 'find':\n"
        "            return find(args['event'])\n        case _:\n            return 'unknown'\n",
        "run",
        ("KeyError",),
        '            if "event" not in args:',
        id="cases by name",
    ),
    pytest.param(
        IMPORTS + "def run(call):\n    fn = call['function']\n    arguments = json.loads(fn['arguments'])\n"
        "    return TABLE[fn['name']](arguments['event'])\n\n\n"
        "def loop(ask):\n    for call in ask():\n        result = run(call)\n"
        '        yield {"role": "tool", "tool_call_id": call["id"], "content": json.dumps(result)}\n',
        "run",
        ("KeyError",),
        'return {"error": "Error: the call lacks event. Call again with it."}',
        id="the answer becomes JSON in a message",
    ),
    pytest.param(
        IMPORTS + "def search(args):\n    return [one for one in find(args['event'])]\n\n\n"
        "TOOLS = {'search': search}\n\n\ndef loop(ask):\n    for call in ask():\n"
        "        text = str(TOOLS[call.name](call.input))\n"
        '        yield {"type": "tool_result", "tool_use_id": call.id, "content": text}\n',
        "search",
        ("KeyError",),
        'if "event" not in args:',
        id="a tool in a table, results become text",
    ),
]  # fmt: skip


LOOP = IMPORTS + (
    "def handle(client, messages):\n    for call in client.ask(messages):\n"
    "        arguments = json.loads(call.function.arguments)\n"
    '        result = find(arguments["event"], arguments["area"])\n'
    '        messages.append({"role": "tool", "tool_call_id": call.id, "content": json.dumps(result)})\n'
)
TOOLS = LOOP.replace('find(arguments["event"], arguments["area"])', "TABLE[call.function.name](**arguments)")
INLINE = [
    pytest.param(
        IMPORTS + "async def handle(self, name, raw) -> str:\n    arguments = json.loads(raw)\n"
        "    tool = getattr(self, name)\n    return await tool(**arguments)\n",
        ("TypeError",),
        "return _not_fitting(tool, arguments) or await tool(**arguments)",
        id="an answer that no test can call",
    ),
    pytest.param(
        LOOP,
        ("KeyError",),
        'result = _lacking(arguments, "event", "area") or find(arguments["event"], arguments["area"])',
        id="sync",
    ),
    pytest.param(
        LOOP.replace("def handle", "async def handle").replace("= find", "= await find"),
        ("KeyError",),
        '_lacking(arguments, "event", "area") or await find(',
        id="async",
    ),
    pytest.param(
        TOOLS,
        ("TypeError",),
        "_not_fitting(TABLE[call.function.name], arguments) or TABLE[call.function.name](**arguments)",
        id="a table of tools",
    ),
    pytest.param(
        LOOP.replace(
            '        result = find(arguments["event"], arguments["area"])\n',
            '        if call.name == "find":\n            result = find(arguments["event"])\n'
            '        else:\n            result = book(arguments["seat"], arguments["guest"])\n',
        ),
        ("KeyError",),
        'result = _lacking(arguments, "seat", "guest") or book(',
        id="branches",
    ),
    pytest.param(
        TOOLS.replace('"content": json.dumps(result)', '"content": text').replace(
            "        messages.append", "        text = json.dumps(result)\n        messages.append"
        ),
        ("JSONDecodeError",),
        "arguments = _decoded(call.function.arguments)",
        id="empty or no JSON",
    ),
]


@pytest.mark.parametrize(("source", "errors", "expected"), INLINE)
def test_in_an_agents_loop_the_result_is_replaced(source: str, errors: tuple[str, ...], expected: str) -> None:
    """The loop goes on with what is wrong in the place of the result, once however often it is applied."""
    written = tolerate(source, "handle", *errors)
    assert isinstance(written, Written), written
    after = written.edits[0].after
    assert expected in after
    ast.parse(after)
    assert isinstance(tolerate(after, "handle", *errors), NotSure)
    lines = [line for line in difflib.ndiff(source.splitlines(), after.splitlines()) if line.startswith("- ")]
    assert all(" = " in line or "return " in line for line in lines)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(LOOP.replace("json.dumps(result)", "'done'"), id="the result is no message"),
        pytest.param(LOOP.replace("json.dumps(result)", 'result["text"]'), id="a part of the result"),
        pytest.param(
            LOOP.replace("        messages.append", "        if result.ok:\n            messages.append"),
            id="the result is looked at",
        ),
        pytest.param(
            LOOP.replace(
                '        result = find(arguments["event"]',
                '        event = arguments["event"]\n        result = find(event',
            ),
            id="looked up before",
        ),
    ],
)
def test_in_a_loop_it_is_not_sure_about(source: str) -> None:
    """Where a sentence cannot stand for the result, nothing changes."""
    assert isinstance(tolerate(source, "handle", "KeyError"), NotSure)


def tolerate(source: str, symbol: str | None, *errors: str) -> Written | NotSure:
    return applied(write, {"desk.py": source}, "desk.py", symbol, errors=tuple(map(Name, errors)))


@pytest.mark.parametrize(("source", "symbol", "errors", "expected"), SHAPES)
def test_finds_the_arguments(source: str, symbol: str, errors: tuple[str, ...], expected: str) -> None:
    """However they come, what was seen is answered, and what is read stays as it is."""
    written = tolerate(source, symbol, *errors)
    assert isinstance(written, Written), written
    assert written.changes_prompt
    (edit,) = written.edits
    assert expected in edit.after
    ast.parse(edit.after)
    lines = difflib.ndiff(source.splitlines(), edit.after.splitlines())
    removed = [line for line in lines if line.startswith("- ")]
    assert all("loads(" in line for line in removed)
    assert bool(removed) == ("JSONDecodeError" in errors)


@pytest.mark.parametrize(("source", "symbol", "errors", "expected"), SHAPES)
def test_applying_it_twice_changes_nothing_more(
    source: str, symbol: str, errors: tuple[str, ...], expected: str
) -> None:
    """What is answered already is left alone."""
    written = tolerate(source, symbol, *errors)
    assert isinstance(written, Written)
    assert isinstance(tolerate(written.edits[0].after, symbol, *errors), NotSure)


@given(
    indent=st.sampled_from(["  ", "    ", "\t"]),
    ending=st.sampled_from(["\n", "\r\n"]),
    around=st.lists(st.sampled_from(["X = 1", "# a note", "", "def f( ):  return  0", "Y=[1,2 , 3]"]), max_size=5),
)
def test_unrelated_lines_never_change(indent: str, ending: str, around: list[str]) -> None:
    """Whatever stands around it, however it is laid out, stays to the character; new lines are laid out alike."""
    source = "\n".join([*around, RUN.replace("    ", indent), *around, ""]).replace("\n", ending)
    written = tolerate(source, "run", "KeyError")
    assert isinstance(written, Written)
    after = written.edits[0].after
    assert after.count("\n") == after.count(ending)
    changed = [line for line in difflib.ndiff(source.splitlines(), after.splitlines()) if line[0] in "+-"]
    assert [line[:2] + line[2:].strip() for line in changed] == [
        f"+ {LACKS}",
        "+ return f\"Error: the call lacks {' and '.join(missing)}. Call again with it.\"",
    ]


@pytest.mark.parametrize(
    ("source", "symbol", "errors", "said"),
    [
        pytest.param(RUN, "run", ("ValueError",), "none of them was seen", id="another error"),
        pytest.param(RUN, "run", (), "none of them was seen", id="no error"),
        pytest.param(RUN, "run", ("TypeError",), "does nothing", id="not the error that was seen"),
        pytest.param(RUN, "walk", ("KeyError",), "in a function", id="no such function"),
        pytest.param(RUN, None, ("KeyError",), "in a function", id="outside functions"),
        pytest.param(
            RUN.replace(" -> str", ""), "run", ("KeyError",), "not known to answer", id="returns something unknown"
        ),
        pytest.param(
            RUN.replace(" -> str", " -> list[str]"), "run", ("KeyError",), "not known to answer", id="returns a list"
        ),
        pytest.param(
            RUN.replace('["event"]', '.get("event")').replace('["area"]', '.get("area")'),
            "run",
            ("KeyError",),
            "does nothing",
            id="looked up with get",
        ),
        pytest.param(
            RUN.replace("(arguments[", '("event" in arguments and "area" in arguments and arguments['),
            "run",
            ("KeyError",),
            "does nothing",
            id="looked up behind a condition",
        ),
        pytest.param(
            RUN.replace("    return", "    try:\n        return").replace(
                '["area"])\n', '["area"])\n    except KeyError:\n        return "no"\n'
            ),
            "run",
            ("KeyError",),
            "does nothing",
            id="handled",
        ),
        pytest.param(
            IMPORTS + 'def run(call) -> str:\n    return TABLE["event"]\n',
            "run",
            ("KeyError",),
            "does nothing",
            id="another table",
        ),
        pytest.param(
            IMPORTS + "def run(call) -> str:\n    arguments = json.loads(read(call))\n"
            '    found = find(arguments["event"])\n    return found.text\n',
            "run",
            ("KeyError",),
            "a test cannot tell",
            id="arguments from elsewhere",
        ),
        pytest.param(
            RUN.replace("    return", "    for _ in range(2):\n        return 1 +"),
            "run",
            ("KeyError",),
            "a test cannot tell",
            id="in a loop",
        ),
        pytest.param(RUN + "\n\nrun(0)\n", "run", ("KeyError",), "imported", id="a script that runs at once"),
        pytest.param("def run(:\n", "run", ("KeyError",), "not Python", id="broken syntax"),
    ],
)
def test_is_not_sure_about(source: str, symbol: str | None, errors: tuple[str, ...], said: str) -> None:
    """Each of these is left as it is, with a sentence about the code."""
    result = tolerate(source, symbol, *errors)
    assert isinstance(result, NotSure)
    assert said in result.why


def test_the_page_shows_what_it_does() -> None:
    """The examples on the recipe's page are what comes out."""
    lacking, others, loop = page_examples("tolerate-argument")
    shown = ((lacking, "run_tool", ("KeyError",)), (others, "run_tool", ("JSONDecodeError", "TypeError")))
    for (before, after), symbol, errors in (*shown, (loop, "answer", ("KeyError",))):
        written = tolerate(before, symbol, *errors)
        assert isinstance(written, Written)
        assert written.edits[0].after == after


STUBS = """\
from contextlib import nullcontext
from types import SimpleNamespace


def find(event, area=None):
    return "S12"


def book(seat, guest):
    return "booked"


TABLE = {}
tracer = SimpleNamespace(span=nullcontext)
"""


@pytest.mark.slow
def test_each_shapes_new_test_fails_without_the_change_and_passes_with_it(tmp_path: Path) -> None:
    """The generated tests are run for real, all shapes' together, before and after."""
    files, tests, edits = {"stubs.py": STUBS}, [], []
    in_loops = [(source, "handle", errors) for source, errors, _ in (shape.values for shape in INLINE)]
    for number, (source, symbol, errors) in enumerate([*(shape.values[:3] for shape in SHAPES), *in_loops]):
        path = f"desk{number}.py"
        files[path] = str(source)
        written = applied(write, {path: str(source)}, path, str(symbol), errors=tuple(map(Name, errors)))
        assert isinstance(written, Written), source
        tests.append(written.new_test)
        edits += written.edits
    assert failing(tmp_path / "base", files, tests) == {test.path for test in tests}
    assert failing(tmp_path / "head", files, tests, edits) == set()
