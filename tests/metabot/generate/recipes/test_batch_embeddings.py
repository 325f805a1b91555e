"""Texts that are embedded one at a time are embedded together, where nothing else happens between them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from recipe_runs import page_examples
from shapes import Shape, Unversioned, again, change, prove_each, whatever_the_layout

from metabot.generate.calls.program import Program
from metabot.generate.recipe import NotSure, Written
from metabot.generate.recipes import batch_embeddings
from metabot.generate.recipes.batch_embeddings import batched

COMPREHENSION = """\
from openai import OpenAI

MODEL = "small"


def vectors(client: OpenAI, texts: list[str]) -> list[list[float]]:
    # One for each text.
    return [client.embeddings.create(model=MODEL, input=text).data[0].embedding for text in texts]
"""
METHOD = """\
import openai


class Index:
    client: openai.OpenAI

    def add(self, texts):
        found = []
        for text in texts:
            answer = self.client.embeddings.create(input=text, model="small", dimensions=256)
            found.append(answer.data[0].embedding)
        return dict(zip(texts, found))
"""
COROUTINE = """\
from openai import AsyncOpenAI


async def vectors(client: AsyncOpenAI, texts: list[str]) -> list[list[float]]:
    found: list[list[float]] = []
    for text in texts:
        found.append((await client.embeddings.create(model="small", input=text)).data[0].embedding)
    return found
"""
SHAPES = [
    Shape("comprehension", COMPREHENSION, "vectors"),
    Shape("method", METHOD, "Index.add"),
    Shape("coroutine", COROUTINE, "vectors"),
]
EACH = pytest.mark.parametrize("shape", [pytest.param(shape, id=shape.name) for shape in SHAPES])


@pytest.mark.slow
def test_each_new_test_fails_without_its_change_and_passes_with_it(tmp_path: Path) -> None:
    """The generated tests of all shapes are run for real, before and after."""
    prove_each(tmp_path, batch_embeddings.write, SHAPES)


@EACH
def test_applying_it_twice_changes_nothing_more(shape: Shape) -> None:
    """What is embedded together already is left alone."""
    assert isinstance(again(batch_embeddings.write, shape), NotSure)


@EACH
def test_only_the_loop_changes(shape: Shape) -> None:
    """Every other line is there as it was, with the file's own line ends and tabs."""
    assert len(list(whatever_the_layout(batch_embeddings.write, shape, lost=4))) == 2


def loaded(shape: Shape) -> ModuleType:
    found = batched("desk.py", shape.source, shape.symbol, Program(Unversioned({"desk.py": shape.source})))
    assert not isinstance(found, NotSure), found
    module = ModuleType("desk")
    exec(found[0], module.__dict__)
    return module


@pytest.mark.parametrize(("count", "requests"), [(0, []), (1, [1]), (256, [256]), (600, [256, 256, 88])])
def test_embeddings_come_in_the_order_of_the_texts(count: int, requests: list[int]) -> None:
    """In requests of 256 at most, whatever order a server answers in; no text is no request."""
    sent: list[int] = []

    def create(**options: Any) -> Any:
        sent.append(len(options["input"]))
        found = [SimpleNamespace(index=at, embedding=[float(text)]) for at, text in enumerate(options["input"])]
        return SimpleNamespace(data=found[::-1])

    async def later(**options: Any) -> Any:
        return create(**options)

    texts = [str(number) for number in range(count)]
    expected = [[float(number)] for number in range(count)]
    client = SimpleNamespace(embeddings=SimpleNamespace(create=create))
    assert loaded(SHAPES[0]).vectors(client, texts) == expected
    client = SimpleNamespace(embeddings=SimpleNamespace(create=later))
    assert asyncio.run(loaded(SHAPES[2]).vectors(client, texts)) == expected
    assert sent == requests + requests


def one(request: str, loop: str = "for text in texts", parameters: str = "client: OpenAI, texts, models=None") -> str:
    head = f"from openai import OpenAI\n\n\ndef vectors({parameters}):\n    return "
    return f"{head}[{request} {loop}]\n"


ASKED = "client.embeddings.create(model='m', input=text)"
FIRST = f"{ASKED}.data[0].embedding"
NEAR_MISSES = [
    pytest.param(one(f"{ASKED}.data[0]"), id="more than the embedding"),
    pytest.param(one(ASKED), id="the whole answer"),
    pytest.param(one(FIRST, "for text in texts if text"), id="a condition"),
    pytest.param(one("client.embeddings.create(model=models[text], input=text).data[0].embedding"), id="many models"),
    pytest.param(one("client.embeddings.create(model='m', input=[text]).data[0].embedding"), id="a list already"),
    pytest.param(one("client.embeddings.create(model='m', input=texts).data[0].embedding"), id="another input"),
    pytest.param(one("client.embeddings.create(**models, input=text).data[0].embedding"), id="options from elsewhere"),
    pytest.param(one(FIRST, parameters="client, texts"), id="an unknown client"),
    pytest.param(one(FIRST, "for text in load()"), id="texts that a test cannot give"),
    pytest.param(one(FIRST).replace("return", f"other = [{FIRST} for text in texts]\n    return"), id="two places"),
    pytest.param(
        METHOD.replace("return dict", "    print(text)\n        return dict"), id="something else in the loop"
    ),
    pytest.param("def vectors(:\n", id="broken syntax"),
]


@pytest.mark.parametrize("source", NEAR_MISSES)
def test_leaves_alone(source: str) -> None:
    """Each of these is more than a text after the other; the reason is a sentence about the code."""
    symbol = "Index.add" if "class" in source else "vectors"
    result = change(batch_embeddings.write, Shape("near", source, symbol))
    assert isinstance(result, NotSure), result
    assert result.why


@pytest.mark.parametrize(("before", "after"), page_examples("batch-embeddings"))
def test_the_page_shows_what_it_does(before: str, after: str) -> None:
    """Each example of the page, character by character."""
    written = change(batch_embeddings.write, Shape("page", before, "vectors"))
    assert isinstance(written, Written)
    assert written.edits[0].after == after
