"""What surely comes out the same again is kept; whatever may be another the next time is asked for again."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from recipe_runs import page_examples
from shapes import Shape, again, base_of, change, lost_lines, prove, write

from metabot.generate.recipe import NotSure, Written
from metabot.generate.recipes import memoise

EMBEDDING = """\
from openai import OpenAI

client = OpenAI()


def vector(text: str) -> tuple[float, ...]:
    \"\"\"Where the text stands.\"\"\"
    return tuple(client.embeddings.create(model="small", input=text).data[0].embedding)
"""
MODEL = """\
import openai

PROMPT = "In which language is this?"


# One word.
def language(text: str, hint: str | None = None) -> str:
    asked = [{"role": "system", "content": PROMPT}, {"role": "user", "content": text}]
    answer = openai.chat.completions.create(model="m", messages=asked, temperature=0, max_tokens=4)
    return (answer.choices[0].message.content or "").strip()
"""
GIVEN = """\
from openai import OpenAI


def client() -> OpenAI:
    return OpenAI()


def vector(text: str) -> str:
    return str(client().embeddings.create(model="small", input=text).data[0].embedding)
"""
COMPUTING = """\
import re


def words(text: str) -> int:
    return len(re.findall("[a-z]+", text))


def grade(text: str, longest: int = 20) -> float:
    return min(words(text) / longest, 1.0)
"""
SHAPES = [
    Shape("embedding", EMBEDDING, "vector"),
    Shape("given", GIVEN, "vector"),
    Shape("model", MODEL, "language"),
    Shape("computing", COMPUTING, "grade"),
]
EACH = pytest.mark.parametrize("shape", [pytest.param(shape, id=shape.name) for shape in SHAPES])


@pytest.mark.slow
def test_each_new_test_fails_without_its_change_and_passes_with_it(tmp_path: Path) -> None:
    """The generated tests of all shapes are run for real, before and after."""
    key = 'import os\n\nos.environ.setdefault("OPENAI_API_KEY", "none")\n'
    base = base_of(tmp_path, {"conftest.py": key, **{f"{shape.name}_desk.py": shape.source for shape in SHAPES}})
    written: dict[str, Written] = {}
    for shape in SHAPES:
        found = write(memoise.write, base, f"{shape.name}_desk.py", shape.symbol)
        assert isinstance(found, Written), (shape.name, found)
        written[shape.name] = found
    prove(tmp_path, written)


@EACH
def test_applying_it_twice_changes_nothing_more(shape: Shape) -> None:
    """A function with a decorator is left alone."""
    assert isinstance(again(memoise.write, shape), NotSure)


@EACH
def test_nothing_is_lost(shape: Shape) -> None:
    """A line for the decorator and one for its import, and no other line is touched."""
    source = shape.source.replace("\n", "\r\n")
    for written in (change(memoise.write, shape), change(memoise.write, Shape("crlf", source, shape.symbol))):
        assert isinstance(written, Written), written
        after = written.edits[0].after
        ast.parse(after)
        assert lost_lines(written) == []
        assert "@lru_cache(maxsize=256)" in after
        assert after.count("\n") - written.edits[0].before.count("\n") <= 3
        assert after.count("\r\n") in (0, after.count("\n"))


def kept(body: str, head: str = "def kept(text: str) -> str:", before: str = "import openai") -> str:
    indented = "\n".join(f"    {line}" for line in body.splitlines())
    return f"{before}\n\n\n{head}\n{indented}\n"


NEAR_MISSES = [
    pytest.param(
        kept("return requests.get(text).text", before="import requests"), "may be another the next time", id="a lookup"
    ),
    pytest.param(
        kept('return openai.responses.create(model="m", input=text).output_text'),
        "no temperature of 0",
        id="free answers",
    ),
    pytest.param(
        kept('return openai.responses.create(model="m", input=text, temperature=0.7).output_text'),
        "no temperature of 0",
        id="a temperature",
    ),
    pytest.param(
        kept("return text + datetime.now().isoformat()", before="from datetime import datetime"),
        "depends on",
        id="a clock",
    ),
    pytest.param(kept("return text + os.getenv('X', '')", before="import os"), "depends on", id="the environment"),
    pytest.param(
        kept("return text.title()", "def kept(text) -> str:"), "nothing says that this can be a key", id="no annotation"
    ),
    pytest.param(
        kept("return text[0]", "def kept(text: list[str]) -> str:"), "can be a key", id="an argument that is no key"
    ),
    pytest.param(
        kept("return [text]", "def kept(text: str) -> list[str]:"),
        "callers might change",
        id="a result that may change",
    ),
    pytest.param(
        kept("return text", "async def kept(text: str) -> str:"), "coroutine function", id="a coroutine function"
    ),
    pytest.param(kept("return text", "@noted\ndef kept(text: str) -> str:"), "decorators", id="a decorator"),
    pytest.param(
        kept("return str(SEEN.get(text))", before="SEEN = {}\n\n\ndef see(one):\n    SEEN[one] = True"),
        "reads SEEN",
        id="something that the module changes",
    ),
    pytest.param(
        kept("SEEN.append(text)\nreturn text", before="SEEN = []"), "may not give the same", id="it changes something"
    ),
    pytest.param(kept("return text.title()"), "calls nothing that a test could count", id="nothing to save"),
    pytest.param("def kept(:\n", "not Python", id="broken syntax"),
]


@pytest.mark.parametrize(("source", "said"), NEAR_MISSES)
def test_leaves_alone(source: str, said: str) -> None:
    """Each of these may give something else the next time; the reason is a sentence about the code."""
    result = change(memoise.write, Shape("near", source, "kept"))
    assert isinstance(result, NotSure), result
    assert said in result.why


def test_leaves_methods_alone() -> None:
    """The object would be a part of the key, and be kept as well."""
    source = "class A:\n    def kept(self, text: str) -> str:\n        return text\n"
    assert isinstance(change(memoise.write, Shape("method", source, "A.kept")), NotSure)


@pytest.mark.parametrize(("before", "after"), page_examples("memoise"))
def test_the_page_shows_what_it_does(before: str, after: str) -> None:
    """Each example of the page, character by character."""
    written = change(memoise.write, Shape("page", before, "language"))
    assert isinstance(written, Written)
    assert written.edits[0].after == after
