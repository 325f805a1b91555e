"""The form in which an answer is read is asked for, wherever the code shows it; whatever is not surely that stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recipe_runs import applied, failing, page_examples

from metabot.generate.recipe import NotSure, Written
from metabot.generate.recipes.structured_output import write

CALL = "client.chat.completions.create(model='m', messages=[{'role': 'user', 'content': text}])"
CONTENT = f"{CALL}.choices[0].message.content"
KEYS = "    return f\"{order['item']}: {order.get('pieces')}\"\n"
ASK = f"import json\n\n\ndef ask(client, text):\n    order = json.loads({CONTENT})\n{KEYS}"
RETRY = (
    "import json\n\n\ndef ask(client, text):\n    messages = [{'role': 'user', 'content': text}]\n"
    "    while True:\n        answer = client.chat.completions.create(model='m', messages=messages)\n"
    "        content = answer.choices[0].message.content\n        try:\n            return json.loads(content)\n"
    "        except json.JSONDecodeError:\n            messages.append({'role': 'user', 'content': 'Only JSON.'})\n"
)
CALLER = "\n\ndef book(client, text):\n    order = ask(client, text)\n" + KEYS
RECORD = "@dataclass\nclass Order:\n    item: str\n    pieces: int = 1\n    tags: list[str] | None = None\n"
SHAPES: dict[str, tuple[str | None, dict[str, str]]] = {
    "keys": ("ask", {"s1.py": ASK}),
    "keys of the caller, after a retry": ("ask", {"s2.py": RETRY + CALLER}),
    "keys in another module": ("ask", {"s3.py": RETRY, "s4.py": "from s3 import ask\n" + CALLER}),
    "the caller parses": (
        "ask",
        {"s5.py": f"import json\n\n\ndef ask(client, text):\n    return {CONTENT}\n\n\n"
                  f"def book(client, text):\n    said = ask(client, text)\n    order = json.loads(said)\n{KEYS}"},
    ),
    "dataclass": (
        "ask",
        {"s6.py": "import json\nfrom dataclasses import dataclass\n\n\n" + RECORD
                  + f"\n\ndef ask(client, text):\n    return Order(**json.loads({CONTENT}))\n"},
    ),
    "pydantic, class, async": (
        "Desk.ask",
        {"s7.py": "from pydantic import BaseModel\nfrom openai import AsyncOpenAI\n\n\nclass Order(BaseModel):\n"
                  "    item: str\n    pieces: int = 1\n\n\n# the desk\nclass Desk:\n    def __init__(self):\n"
                  "        self.client = AsyncOpenAI()\n\n    async def ask(self, text):\n"
                  f"        answer = await self.{CALL}\n"
                  "        return Order.model_validate_json(answer.choices[0].message.content)\n"},
    ),
    "responses": (
        "ask",
        {"s8.py": "import json\n\n\ndef ask(client, text):\n    answer = client.responses.create(\n"
                  "        model='m',\n        input=text,  # as it came\n        store=False,\n    )\n"
                  "    return json.loads(answer.output_text)['item']\n"},
    ),
    "payload over HTTP": (
        "ask",
        {"s9.py": "import json\nimport urllib.request\n\n\ndef ask(text: str) -> str:\n    payload = {\n"
                  "        'model': 'm',\n        'messages': [text],\n    }\n"
                  "    data = json.dumps(payload).encode()\n"
                  "    with urllib.request.urlopen('http://127.0.0.1:1/v1', data) as answer:\n"
                  "        order = json.loads(answer.read())\n" + KEYS.replace("    return", "        return")},
    ),
    "script": (
        None,
        {"sa.py": "import json\nfrom openai import OpenAI\n\nclient = OpenAI()\ntext = 'two tents'\n"
                  f"order = json.loads({CONTENT})\nprint(order['item'])\n"},
    ),
}  # fmt: skip
ABOUT = {"analyzer": "format-retry"}


def change(files: dict[str, str], symbol: str | None) -> Written | NotSure:
    return applied(write, files, next(iter(files)), symbol, **ABOUT)


@pytest.mark.parametrize("name", SHAPES)
def test_the_form_is_added_and_the_rest_stays(name: str) -> None:
    """A constant and one argument are new, every other line is as it was; a second time there is nothing to add."""
    symbol, files = SHAPES[name]
    written = change(files, symbol)
    assert isinstance(written, Written), written
    (edit,) = written.edits
    compile(edit.after, edit.path, "exec")
    lost = [line for line in edit.before.split("\n") if line not in edit.after.split("\n")]
    assert len(lost) <= 1
    assert edit.after.count("_ANSWER_FORMAT") == 2
    assert written.changes_prompt
    assert isinstance(change({**files, edit.path: edit.after}, symbol), NotSure)


@pytest.mark.slow
def test_the_new_tests_fail_before_and_pass_after(tmp_path: Path) -> None:
    """Each shape's own test is run for real, in a repository with the others."""
    files: dict[str, str] = {}
    tests, edits = [], []
    for symbol, own in SHAPES.values():
        written = change(own, symbol)
        assert isinstance(written, Written)
        files |= own
        tests.append(written.new_test)
        edits += written.edits
    assert failing(tmp_path / "before", files, tests) == {test.path for test in tests}
    assert failing(tmp_path / "after", files, tests, edits) == set()


def test_types_come_from_annotations() -> None:
    """A field with a default need not be there."""
    written = change(SHAPES["dataclass"][1], "ask")
    assert isinstance(written, Written)
    assert '"pieces": {"type": "integer"},' in written.edits[0].after
    assert '"required": ["item"],' in written.edits[0].after


@pytest.mark.parametrize(
    ("source", "said"),
    [
        pytest.param(ASK.replace("}])", "}], response_format={'type': 'json_object'})"), "already", id="stated"),
        pytest.param(ASK.replace("chat.completions", "messages"), "Anthropic", id="Anthropic"),
        pytest.param(RETRY, "not visible", id="nothing looks into it"),
        pytest.param(f"def ask(client, text):\n    return {CONTENT}\n", "not visible", id="plain text"),
        pytest.param(ASK.replace("order['item']", "order[0]"), "as a list", id="a list"),
        pytest.param(
            ASK.replace(".message.content", ".message.tool_calls[0].function.arguments"), "not visible",
            id="a tool call's arguments",
        ),
        pytest.param(f"_ANSWER_FORMAT = 1\n{ASK}", "another meaning", id="the name is taken"),
        pytest.param(
            ASK.replace(KEYS, "    return Order(**order)\n"), "no record", id="a class from elsewhere"
        ),
    ],
)  # fmt: skip
def test_is_not_sure_about(source: str, said: str) -> None:
    """Each of these stays exactly as it is."""
    result = change({"a.py": source}, "ask")
    assert isinstance(result, NotSure)
    assert said in result.why


@given(before=st.text("# é\n", max_size=5), key=st.text("aé \"'\\{", min_size=1, max_size=5))
def test_unrelated_characters_never_change(before: str, key: str) -> None:
    """Without what was added the source is the old one, whatever the keys are."""
    source = f"{before}\n{ASK.replace(repr('item'), repr(key).replace(chr(34), chr(39)))}"
    try:
        compile(source, "a.py", "exec")
    except SyntaxError:
        return
    result = change({"a.py": source}, "ask")
    if isinstance(result, Written):
        after = result.edits[0].after
        compile(after, "a.py", "exec")
        begin, end = after.index("_ANSWER_FORMAT ="), after.index("def ask")
        without = (after[:begin] + after[end:]).replace(", response_format=_ANSWER_FORMAT", "")
        assert without == source


def test_the_pages_example_is_what_it_does() -> None:
    """docs/recipes/structured-output.md shows its result, character for character."""
    ((before, after),) = page_examples("structured-output")
    written = change({"desk.py": before}, "ask")
    assert isinstance(written, Written)
    assert written.edits[0].after == after
