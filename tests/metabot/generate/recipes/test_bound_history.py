"""A history that is sent whole with every call is sent without its oldest turns; other messages are left alone."""

from __future__ import annotations

import ast
import difflib
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recipe_runs import applied, failing, page_examples

from analyzers.finding import Metric, Waste
from metabot.generate.recipe import NotSure, Written
from metabot.generate.recipes.bound_history import write

LOOP = """\
def handle(client, question):
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": question}]
    while True:
        reply = client.chat.completions.create(model="m", messages=messages)
        message = reply.choices[0].message
        messages.append(message)
        if not message.tool_calls:
            return message.content
        messages += [run(call) for call in message.tool_calls]
"""
ONCE = "def ask(client, messages):\n    return client.chat.completions.create(model='m', messages=messages)\n"
SHAPES = [
    pytest.param(LOOP, "handle", "messages=_bounded_history(messages))", id="sync"),
    pytest.param(
        LOOP.replace("def ", "async def ").replace("= client", "= await client"),
        "handle",
        "messages=_bounded_history(messages))",
        id="async",
    ),
    pytest.param(ONCE + "\n\nask(0, [])\n", "ask", "messages=_bounded_history(messages))", id="script at once"),
    pytest.param(ONCE, "ask", "messages=_bounded_history(messages))", id="the list is handed in"),
    pytest.param(
        "class Chat:\n    def __init__(self, client):\n        self.client = client\n        self.history = []\n\n"
        "    def say(self, text):\n        self.history.append({'role': 'user', 'content': text})\n"
        "        answer = self.client.messages.create(model='m', max_tokens=9, messages=self.history)\n"
        "        self.history.append({'role': 'assistant', 'content': answer.content})\n",
        "Chat.say",
        "messages=_bounded_history(self.history))",
        id="method, messages",
    ),
    pytest.param(
        "import requests\n\nSYSTEM = {'role': 'system', 'content': 'x'}\nturns = []\n\n\ndef say(text):\n"
        "    turns.append({'role': 'user', 'content': text})\n"
        "    body = {'model': 'm', 'messages': [SYSTEM, *turns]}\n    return requests.post('http://h/v1', json=body)\n",
        "say",
        "'messages': _bounded_history([SYSTEM, *turns])}",
        id="plain http, a sum",
    ),
    pytest.param(
        "import json\nimport urllib.request\n\n\ndef main():\n    messages = []\n    while text := input():\n"
        "        messages = messages + [{'role': 'user', 'content': text}]\n"
        "        payload = json.dumps({'model': 'm', 'messages': messages}).encode()\n"
        "        urllib.request.urlopen('http://h/v1', data=payload)\n\n\nif __name__ == '__main__':\n    main()\n",
        "main",
        "'messages': _bounded_history(messages)})",
        id="script",
    ),
    pytest.param(
        "async def act(client, items):\n    answer = await client.responses.create(model='m', input=items)\n"
        "    items += answer.output\n    return answer\n",
        "act",
        "input=_bounded_history(items))",
        id="web handler, responses",
    ),
    pytest.param(
        "import os\nfrom typing import Any, Final\n\nimport litellm\n\n\n"
        "def ask(messages: list[Any], **options: Any):\n"
        "    return litellm.completion(messages=list(messages), model='m', **options)\n",
        "ask",
        "messages=_bounded_history(list(messages)), model",
        id="typed, a copy",
    ),
]  # fmt: skip
MEAN = Waste(observed=Metric(value=10_010.0, unit="input tokens per call", n=60), achievable=2_000.0, occurrences=9)


def bound(source: str, symbol: str | None, *, waste: Waste = MEAN, **others: str) -> Written | NotSure:
    files = {"agent.py": source, **{f"{name}.py": text for name, text in others.items()}}
    return applied(write, files, "agent.py", symbol, evidence=waste)


@pytest.mark.parametrize(("source", "symbol", "expected"), SHAPES)
def test_finds_the_history(source: str, symbol: str, expected: str) -> None:
    """However it is sent, it goes through the new function, and no other line changes."""
    written = bound(source, symbol)
    assert isinstance(written, Written), written
    assert written.changes_prompt
    (edit,) = written.edits
    assert expected in edit.after
    assert "_MOST_HISTORY = 41_000" in edit.after
    ast.parse(edit.after)
    lines = difflib.ndiff(source.splitlines(), edit.after.splitlines())
    assert len([line for line in lines if line.startswith("- ") and line != "- "]) == 1


@pytest.mark.parametrize(("source", "symbol", "expected"), SHAPES)
def test_applying_it_twice_changes_nothing_more(source: str, symbol: str, expected: str) -> None:
    """What is bounded already is left alone."""
    written = bound(source, symbol)
    assert isinstance(written, Written)
    assert isinstance(bound(written.edits[0].after, symbol), NotSure)


@given(
    indent=st.sampled_from(["  ", "    ", "\t"]),
    ending=st.sampled_from(["\n", "\r\n"]),
    around=st.lists(st.sampled_from(["X = 1", "# a note", "", "def f( ):  return  0", "Y=[1,2 , 3]"]), max_size=5),
)
def test_unrelated_lines_never_change(indent: str, ending: str, around: list[str]) -> None:
    """Whatever stands around it, however it is laid out, stays to the character; new lines are laid out alike."""
    source = "\n".join([*around, LOOP.replace("    ", indent), *around, ""]).replace("\n", ending)
    written = bound(source, "handle")
    assert isinstance(written, Written)
    after = written.edits[0].after
    assert after.count("\n") == after.count(ending)
    lines = [line for line in difflib.ndiff(source.splitlines(), after.splitlines()) if line.startswith("- ")]
    assert [line[2:].strip() for line in lines] == [LOOP.splitlines()[3].strip()]


@pytest.mark.parametrize(
    ("source", "symbol", "said"),
    [
        pytest.param(
            "def ask(client, text):\n    messages = [{'role': 'user', 'content': text}]\n"
            "    return client.chat.completions.create(model='m', messages=messages)\n",
            "ask",
            "anew",
            id="made anew for each call",
        ),
        pytest.param(ONCE.replace("=messages)", "=messages[-20:])"), "ask", "already", id="a slice"),
        pytest.param(ONCE.replace("=messages)", "=trim_to_limit(messages))"), "ask", "already", id="a function"),
        pytest.param(
            LOOP.replace("    while", "    messages = messages[-9:]\n    while"),
            "handle",
            "already",
            id="sliced before",
        ),
        pytest.param(
            LOOP.replace("        messages +=", "        del messages[2:4]\n        messages +="),
            "handle",
            "takes messages out",
            id="deleted",
        ),
        pytest.param(
            LOOP.replace("        messages +=", "        messages.pop(2)\n        messages +="),
            "handle",
            "takes messages out",
            id="taken out",
        ),
        pytest.param(
            "import collections\n\nturns = collections.deque(maxlen=9)\n\n\ndef say(client, text):\n"
            "    turns.append(text)\n    client.chat.completions.create(model='m', messages=list(turns))\n",
            "say",
            "already",
            id="a bounded queue",
        ),
        pytest.param(
            ONCE.replace("=messages)", "=[one for one in messages if one])"), "ask", "picks", id="a choice of them"
        ),
        pytest.param("Any = 1\n" + ONCE, "ask", "Any", id="Any means something else"),
        pytest.param("def _bounded_history():\n    pass\n\n\n" + ONCE, "ask", "of its own", id="the name is taken"),
        pytest.param("def ask():\n    pass\n", "ask", "calls no model", id="no call"),
        pytest.param(
            ONCE.replace("ask", "one") + "\n\n" + ONCE.replace("ask", "two") + "\n\ndef three():\n    pass\n",
            "three",
            "2 other functions",
            id="two functions call a model",
        ),
        pytest.param("def ask(:\n", "ask", "not Python", id="broken syntax"),
    ],
)
def test_is_not_sure_about(source: str, symbol: str, said: str) -> None:
    """Each of these is left as it is, with a sentence about the code."""
    result = bound(source, symbol)
    assert isinstance(result, NotSure)
    assert said in result.why


def test_finds_the_one_function_of_the_repository_that_calls_a_model() -> None:
    """The finding is placed at the agent, the call stands elsewhere."""
    written = bound("from model import ask\n\n\ndef handle():\n    ask([])\n", "handle", model=ONCE)
    assert isinstance(written, Written)
    assert [edit.path for edit in written.edits] == ["model.py"]


def test_a_short_history_is_not_worth_a_cut() -> None:
    """However small the mean is, 8,000 characters are sent."""
    waste = Waste(observed=Metric(value=300.0, unit="input tokens per call", n=60), achievable=0.0, occurrences=9)
    written = bound(LOOP, "handle", waste=waste)
    assert isinstance(written, Written)
    assert "_MOST_HISTORY = 8_000" in written.edits[0].after


def test_the_page_shows_what_it_does() -> None:
    """The example on the recipe's page is what comes out."""
    ((before, after),) = page_examples("bound-history")
    written = bound(before, "answer")
    assert isinstance(written, Written)
    assert written.edits[0].after == after


@cache
def bounding() -> Any:
    """The function as it is written into a module, with a limit of 41,000 characters."""
    written = bound(ONCE, "ask")
    assert isinstance(written, Written)
    space: dict[str, Any] = {}
    exec(written.edits[0].after, space)
    return space["_bounded_history"]


def chat(kinds: list[str], size: int) -> list[Any]:
    """Messages in the shape of one of the interfaces; each call of a tool is answered."""
    made: list[Any] = [{"role": "user", "content": "first"}]
    for number, kind in enumerate(kinds):
        text = f"{number} " + "x" * size
        made += {
            "said": [{"role": "assistant", "content": text}, {"role": "user", "content": text}],
            "objects": [
                SimpleNamespace(role="assistant", content=text, tool_calls=[SimpleNamespace(id=number)]),
                {"role": "tool", "tool_call_id": number, "content": text},
            ],
            "blocks": [
                {"role": "assistant", "content": [{"type": "tool_use", "id": number}]},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": number, "content": text}]},
            ],
            "items": [
                {"type": "reasoning", "summary": text},
                SimpleNamespace(type="function_call", call_id=number),
                {"type": "function_call", "call_id": -number},
                {"type": "function_call_output", "call_id": number, "output": text},
                {"type": "function_call_output", "call_id": -number, "output": text},
            ],
        }[kind]
    return made


@given(
    kinds=st.lists(st.sampled_from(["said", "objects", "blocks", "items"]), max_size=20), size=st.integers(10, 9_000)
)
def test_whatever_the_interface_calls_and_results_stay_together(kinds: list[str], size: int) -> None:
    """What is sent is the beginning and an ending of the history that starts with a turn; prompts mostly go on."""
    bounded = bounding()
    whole = chat(kinds, size)
    sent = bounded(whole)
    ending = sent[1:]
    assert sent[0] is whole[0]
    assert all(one is other for one, other in zip(ending, whole[len(whole) - len(ending) :], strict=True))
    starts = {0, 1, *(len(chat(kinds[:at], size)) for at in range(len(kinds))), *turn_ends(kinds)}
    assert len(whole) - len(ending) in starts
    assert ending or not kinds


def turn_ends(kinds: list[str]) -> set[int]:
    """Between an answer and the user's next words as well."""
    return {len(chat(kinds[: at + 1], 1)) - 1 for at, kind in enumerate(kinds) if kind == "said"}


@pytest.mark.slow
def test_each_shapes_new_test_fails_without_the_change_and_passes_with_it(tmp_path: Path) -> None:
    """The generated tests are run for real, all shapes' together, before and after."""
    files, tests, edits = {"litellm.py": "completion = print\n"}, [], []
    for number, shape in enumerate(SHAPES):
        source, symbol, _ = map(str, shape.values)
        path = f"agent{number}.py"
        files[path] = source
        written = applied(write, {path: source}, path, symbol, evidence=MEAN)
        assert isinstance(written, Written), shape.id
        tests.append(written.new_test)
        edits += written.edits
    assert failing(tmp_path / "base", files, tests) == {test.path for test in tests}
    assert failing(tmp_path / "head", files, tests, edits) == set()
