"""How an answer of the model is read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.generate.author_answer import SCHEMA, Answer, read

WHOLE: dict[str, Any] = {
    "title": "Mend it",
    "summary": "It is mended.",
    "edits": [{"path": "a.py", "search": "x = {1}", "replace": "x = {2}"}],
    "new_test": {"path": "tests/test_b.py", "text": "def test_b():\n    assert {}\n"},
    "measure": "The figure falls.",
    "prediction": 1.5,
    "risks": [],
}
JSON = json.dumps(WHOLE)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(JSON, id="alone"),
        pytest.param(f"Here it is:\n```json\n{JSON}\n```\nGood luck!", id="in a fence, with sentences around"),
        pytest.param(f"<think>{{not}} {{'this': 1}}</think>{JSON}", id="behind braces of other things"),
        pytest.param(JSON.replace("\\n", "\n"), id="with raw line breaks within texts"),
        pytest.param(json.dumps(WHOLE | {"thoughts": "…"}), id="with a further key"),
        pytest.param(json.dumps(WHOLE | {"edits": "none"}) + JSON, id="behind one that is not as asked"),
    ],
)
def test_an_answer_is_read_whatever_stands_around_it(text: str) -> None:
    """Servers without structured output give a fence or a sentence along."""
    answer = read(text)
    assert isinstance(answer, Answer)
    assert answer.new_test.text == "def test_b():\n    assert {}\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("I cannot do that.", "no JSON object", id="a sentence"),
        pytest.param("", "no JSON object", id="nothing"),
        pytest.param(JSON[:-20], "no JSON object", id="cut"),
        pytest.param('{"edits": []}', "title: field required", id="keys are missing"),
        pytest.param(json.dumps(WHOLE | {"prediction": "1.5"}), "prediction", id="a number as text"),
        pytest.param(JSON.replace("1.5", "NaN"), "prediction", id="no number"),
        pytest.param(json.dumps(WHOLE | {"edits": []}), "edits nothing", id="no edit"),
        pytest.param(json.dumps(WHOLE | {"edits": WHOLE["edits"] * 21}), "21 edits", id="too many edits"),
        pytest.param(json.dumps(WHOLE | {"risks": ["r"] * 6}), "6 risks", id="too many risks"),
        pytest.param(json.dumps(WHOLE | {"title": " "}), "empty", id="no title"),
        pytest.param(json.dumps(WHOLE | {"summary": "s" * 60_001}), "60,000", id="a text without end"),
        pytest.param("[" * 100_000 + '{"edits": ' * 50_000, "no JSON object", id="nested beyond reason"),
    ],
)
def test_what_is_no_answer_is_told_in_a_sentence(text: str, says: str) -> None:
    """The model gets that sentence back, and may answer again."""
    why = read(text)
    assert isinstance(why, str)
    assert says in why


@given(st.text())
def test_nothing_that_a_model_says_raises(text: str) -> None:
    """Nonsense is no answer, and no error of ours."""
    assert isinstance(read(text), str)


def test_the_schema_is_one_that_strict_servers_take() -> None:
    """Every object names all its keys as required and forbids others."""

    def objects(node: object) -> list[dict[str, Any]]:
        if isinstance(node, dict):
            own = [node] if node.get("type") == "object" else []
            return own + [found for value in node.values() for found in objects(value)]
        return [found for value in node for found in objects(value)] if isinstance(node, list) else []

    found = objects(SCHEMA)
    assert len(found) == 3
    for one in found:
        assert one["additionalProperties"] is False
        assert sorted(one["required"]) == sorted(one["properties"])
