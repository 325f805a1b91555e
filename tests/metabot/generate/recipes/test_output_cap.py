"""The limit on answers moves to where the figures put it, wherever it is written; whatever is not surely that stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recipe_runs import applied, failing, page_examples

from metabot.generate.recipe import NotSure, Written
from metabot.generate.recipes.output_cap import write

CALL = "client.chat.completions.create(model='m', messages=[{'role': 'user', 'content': text}], max_tokens=LIMIT)"
ANSWER = f"def answer(client, text):\n    return {CALL}.choices[0].message.content\n"
YAML = {"load.py": "import yaml\n\nSETTINGS = yaml.safe_load(open('model.yaml'))\n"}


def asks(limit: str) -> str:
    return ANSWER.replace("LIMIT", limit)


# name: files; the first one holds the request, in the function that is named
SHAPES: dict[str, tuple[str | None, dict[str, str]]] = {
    "sync": ("answer", {"a1.py": asks("300")}),
    "async": (
        "answer",
        {"a2.py": asks("300").replace("def", "async def").replace("return client", "return (await client").replace(
            "300)", "300))")},
    ),
    "class": (
        "Desk.answer",
        {"a3.py": "from openai import OpenAI\n\n\nclass Desk:\n    def __init__(self, name: str, client=None):\n"
                  "        self.name = name\n        self._client = client or OpenAI()\n\n"
                  "    def answer(self, text):\n        return self._client.responses.create(\n"
                  "            model='m', input=text, max_output_tokens=300,  # enough\n        ).output_text\n"},
    ),
    "script": (
        None,
        {"a4.py": "import sys\nfrom openai import OpenAI\n\ntext = ' '.join(sys.argv)\nclient = OpenAI()\n"
                  "print(" + CALL.replace("LIMIT", "300") + ")\n"},
    ),
    "web handler": (
        "ask",
        {"a5.py": "import json\nimport urllib.request\nfrom http.server import BaseHTTPRequestHandler\n\n\n"
                  "def ask(text: str) -> str:\n    payload = {'model': 'm', 'messages': [text], 'max_tokens': 300}\n"
                  "    data = json.dumps(payload).encode()\n"
                  "    request = urllib.request.Request('http://127.0.0.1:1/v1/chat/completions', data=data)\n"
                  "    with urllib.request.urlopen(request) as response:\n        return response.read().decode()\n\n\n"
                  "class Handler(BaseHTTPRequestHandler):\n    def do_POST(self):\n"
                  "        self.wfile.write(ask(self.path).encode())\n"},
    ),
    "payload of a function": (
        "payload",
        {"a6.py": "def payload(text: str) -> dict:\n    body = {'model': 'm', 'messages': [text]}\n"
                  "    body['max_tokens'] = 300\n    return body\n"},
    ),
    "httpx": (
        "answer",
        {"a7.py": "import httpx2\n\n\nasync def answer(text):\n    async with httpx2.AsyncClient() as http:\n"
                  "        said = await http.post('/v1/messages', json={'model': 'm', 'max_tokens': 300,\n"
                  "            'messages': [{'role': 'user', 'content': text}]})\n    return said.json()\n"},
    ),
    "constant": ("answer", {"a8.py": "MAX_TOKENS: int = 300  # tokens\n\n\n" + asks("MAX_TOKENS")}),
    "constant of another module": (
        "answer", {"b1.py": "import b2\n\n\n" + asks("b2.LIMIT"), "b2.py": "LIMIT = 300\n"}
    ),
    "parameter": ("answer", {"b3.py": asks("limit").replace("text)", "text, limit=300)", 1)}),
    "dataclass": (
        "answer",
        {"b4.py": "import dataclasses\n\n\n@dataclasses.dataclass\nclass Settings:\n    name: str\n"
                  "    max_tokens: int = 300\n\n\n" + asks("settings.max_tokens").replace("text)", "text, settings)")},
    ),
    "pydantic": (
        "answer",
        {"b5.py": "from pydantic import BaseModel\n\n\nclass Settings(BaseModel):\n    most: int = 300\n\n\n"
                  + asks("settings.most").replace("text)", "text, settings)", 1)},
    ),
    "attribute of an object": (
        "Desk.answer",
        {"b6.py": "class Desk:\n    def __init__(self, client):\n        self.client = client\n"
                  "        self.most = 300\n\n    def answer(self, text):\n        return self."
                  + CALL.replace("LIMIT", "self.most") + "\n"},
    ),
    "toml": ("answer", {"c1.py": asks("SETTINGS['model']['max_tokens']"),
                        "model.toml": "# of the desk\n[model]\nname = 'm'\nmax_tokens = 300 # tokens\n"}),
    "yaml": ("answer", {"c2.py": asks("SETTINGS['model'].get('max_tokens')"),
                        "model.yaml": "model:\n  name: m\n  max_tokens: 300 # tokens\n", **YAML}),
    "json": ("answer", {"c3.py": asks("SETTINGS['max_tokens']"), "model.json": '{\n  "max_tokens": 300\n}\n'}),
    "found from another place": (
        "unrelated", {"c4.py": "def unrelated():\n    pass\n", "c5.py": asks("300")}
    ),
}  # fmt: skip
CUT = {"analyzer": "truncated-output", "output_tokens": 300}


def change(files: dict[str, str], symbol: str | None, **about: object) -> Written | NotSure:
    return applied(write, files, next(iter(files)), symbol, **(CUT | about))


@pytest.mark.parametrize("name", SHAPES)
def test_one_number_changes_and_nothing_else(name: str) -> None:
    """300 becomes 1,280 in one place; the second time there is nothing left to do."""
    symbol, files = SHAPES[name]
    written = change(files, symbol)
    assert isinstance(written, Written), written
    (edit,) = written.edits
    assert edit.after.count("1280") == 1
    assert edit.after.replace("1280", "300") == edit.before
    assert written.changes_prompt
    assert isinstance(change({**files, edit.path: edit.after}, symbol), NotSure)


@pytest.mark.slow
def test_the_new_tests_fail_before_and_pass_after(tmp_path: Path) -> None:
    """Each shape's own test is run for real, in a repository of its own with the others."""
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


def test_a_runaway_answer_gets_a_lower_limit(tmp_path: Path) -> None:
    """Twice the longest good answer, rounded up; the test asks for at most that."""
    files = {"a.py": asks("8_192")}
    written = change(files, "answer", analyzer="runaway-output", output_tokens=700)
    assert isinstance(written, Written)
    assert "max_tokens=1_536)" in written.edits[0].after
    assert written.title == "Lower the limit on answers from 8,192 to 1,536 tokens"
    assert '["max_tokens"] <= 1536' in written.new_test.text


@pytest.mark.slow
def test_a_request_without_a_limit_gets_one(tmp_path: Path) -> None:
    """Where answers run away; the new test fails without it."""
    files = {"a.py": ANSWER.replace(", max_tokens=LIMIT", "")}
    written = change(files, "answer", analyzer="runaway-output", output_tokens=700)
    assert isinstance(written, Written)
    assert written.edits[0].after == asks("1536")
    assert isinstance(change({"a.py": asks("1536")}, "answer", analyzer="runaway-output", output_tokens=700), NotSure)
    handed = {"a.py": files["a.py"].replace("model='m'", "**options, model='m'")}
    assert isinstance(change(handed, "answer", analyzer="runaway-output", output_tokens=700), NotSure)
    assert failing(tmp_path / "before", files, [written.new_test]) == {written.new_test.path}
    assert failing(tmp_path / "after", files, [written.new_test], written.edits) == set()


@pytest.mark.parametrize(
    ("files", "about", "said"),
    [
        pytest.param({"a.py": asks("300")}, {"output_tokens": None}, "does not tell", id="no figure"),
        pytest.param({"a.py": asks("300")}, {"output_tokens": 512}, "cut at 512", id="another limit was seen"),
        pytest.param({"a.py": asks("3000")}, {"output_tokens": 3000}, "not every model", id="large already"),
        pytest.param({"a.py": ANSWER.replace(", max_tokens=LIMIT", "")}, {}, "sets no limit", id="none is set"),
        pytest.param({"a.py": asks("len(text) // 2")}, {}, "computed", id="computed"),
        pytest.param({"a.py": "import os\n\n\n" + asks("int(os.environ['MOST'])")}, {}, "none", id="environment"),
        pytest.param({"a.py": "MOST = 300\n\n\n" + asks("MOST"), "b.py": "MOST = 200\n"}, {}, "places", id="two"),
        pytest.param({"a.py": asks("limit").replace("text)", "text, limit=300)", 1) + "\n\nanswer(1, 2, limit=100)\n"},
                     {}, "places", id="a caller sets another one"),
        pytest.param({"a.py": asks("300") + "\n\n" + asks("300").replace("answer", "other")}, {"symbol": "none"},
                     "2 requests", id="two requests"),
        pytest.param({"a.py": "def answer():\n    pass\n"}, {}, "0 requests", id="no request"),
        pytest.param({"a.py": ANSWER.replace("messages=", "input=").replace("chat.completions", "embeddings")}, {},
                     "0 requests", id="an embedding"),
        pytest.param({"a.py": asks("1000")}, {"analyzer": "runaway-output", "output_tokens": 700}, "near that",
                     id="good answers are as long"),
        pytest.param({"a.py": "class Answer(Other):\n    def answer(self, text):\n        return self."
                      + CALL.replace("LIMIT", "300") + "\n"}, {"symbol": "Answer.answer"}, "cannot make an object",
                     id="a class that no test can make"),
    ],
)  # fmt: skip
def test_is_not_sure_about(files: dict[str, str], about: dict[str, object], said: str) -> None:
    """Each of these stays exactly as it is."""
    about = dict(about)
    symbol = about.pop("symbol", "answer")
    result = change(files, str(symbol), **about)
    assert isinstance(result, NotSure)
    assert said in result.why


@given(limit=st.integers(16, 2048), before=st.text("# é\n", max_size=5), behind=st.text("#ü'\n ", max_size=5))
def test_unrelated_characters_never_change(limit: int, before: str, behind: str) -> None:
    """Whatever stands around the request, the number alone is different."""
    source = f"{before}\n{asks(str(limit))}# {behind.splitlines()[0] if behind.strip() else ''}\n"
    result = change({"a.py": source}, "answer", output_tokens=limit)
    if isinstance(result, Written):
        head, tail = source.split(f"max_tokens={limit}")
        assert result.edits[0].after.startswith(head)
        assert result.edits[0].after.endswith(tail)


def test_the_pages_example_is_what_it_does() -> None:
    """docs/recipes/output-cap.md shows its result, character for character."""
    ((before, after),) = page_examples("output-cap")
    written = change({"desk.py": before}, "answer")
    assert isinstance(written, Written)
    assert written.edits[0].after == after
