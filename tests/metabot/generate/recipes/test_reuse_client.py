"""A client that is made for each call is made once; one that must not be shared is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from recipe_runs import page_examples
from shapes import Shape, again, change, prove_each, whatever_the_layout

from metabot.generate.recipe import NotSure, Written
from metabot.generate.recipes import reuse_client

FUNCTION = """\
import os

from openai import OpenAI

MODEL = "m"


def ask(text: str) -> str:
    client = OpenAI(
        base_url=os.environ["LLM_URL"],  # the gateway's
        api_key="none",
    )
    return client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": text}]).choices[0].text
"""
METHOD = """\
import openai


class Agent:
    def __init__(self, model):
        self.model = model

    def ask(self, text):
        return openai.OpenAI().responses.create(model=self.model, input=text).output_text
"""
HANDLER = """\
from http.server import BaseHTTPRequestHandler

from openai import OpenAI


def _made():
    return OpenAI(max_retries=1)


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        answer = _made().responses.create(model="m", input=self.path)
        self.wfile.write(answer.output_text.encode())
"""
SHAPES = [
    Shape("function", FUNCTION, "ask"),
    Shape("method", METHOD, "Agent.ask"),
    Shape("handler", HANDLER, "Handler.do_POST"),
]
EACH = pytest.mark.parametrize("shape", [pytest.param(shape, id=shape.name) for shape in SHAPES])


@pytest.mark.slow
def test_each_new_test_fails_without_its_change_and_passes_with_it(tmp_path: Path) -> None:
    """The generated tests of all shapes are run for real, before and after."""
    prove_each(tmp_path, reuse_client.write, SHAPES)


@EACH
def test_applying_it_twice_changes_nothing_more(shape: Shape) -> None:
    """A client that is made once is left alone."""
    assert isinstance(again(reuse_client.write, shape), NotSure)


@EACH
def test_only_the_client_moves(shape: Shape) -> None:
    """Its lines stand elsewhere, all others where they were."""
    for written in whatever_the_layout(reuse_client.write, shape, lost=4):
        assert written.edits[0].after.count("_client()") == 2


def ask(body: str, before: str = "from openai import OpenAI") -> str:
    indented = "\n".join(f"    {line}" for line in body.splitlines())
    return f"{before}\n\n\ndef ask(text, key=None):\n{indented}\n"


USE = "\nreturn client.responses.create(model='m', input=text)"
NEAR_MISSES = [
    pytest.param(ask("client = OpenAI(api_key=key)" + USE), "depends on key", id="of an argument"),
    pytest.param(
        ask("with OpenAI() as client:\n    return client.responses.create(model='m', input=text)"),
        "closes",
        id="a with",
    ),
    pytest.param(ask("client = OpenAI()\nclient.close()" + USE), "closes", id="closed"),
    pytest.param(ask("client = OpenAI()\nclient.api_key = text" + USE), "changes the client", id="changed"),
    pytest.param(
        ask("client = OpenAI()" + USE, "from openai import AsyncOpenAI as OpenAI"), "no client", id="of a loop"
    ),
    pytest.param(ask("client = OpenAI()" + USE, "from requests import Session as OpenAI"), "no client", id="cookies"),
    pytest.param(ask("client = OpenAI() or OpenAI()" + USE), "2 clients", id="two clients"),
    pytest.param(
        ask("client = OpenAI()" + USE, "from openai import OpenAI\n\n_client = None"),
        "another meaning",
        id="a name taken",
    ),
    pytest.param(
        ask("return OpenAI()", "import functools\nfrom openai import OpenAI").replace(
            "def ask", "@functools.cache\ndef ask"
        ),
        "already",
        id="kept already",
    ),
    pytest.param(
        ask("client = OpenAI()\nfor one in text:\n    client.responses.create(model='m', input=one)"),
        "several calls",
        id="a loop",
    ),
    pytest.param(
        ask("client = OpenAI()" + USE) + '\n\nif __name__ == "__main__":\n    ask("now")\n', "runs once", id="a script"
    ),
    pytest.param("def ask(:\n", "not Python", id="broken syntax"),
]


@pytest.mark.parametrize(("source", "said"), NEAR_MISSES)
def test_leaves_alone(source: str, said: str) -> None:
    """Each of these must not be shared, or is already; the reason is a sentence about the code."""
    result = change(reuse_client.write, Shape("near", source, "ask"))
    assert isinstance(result, NotSure), result
    assert said in result.why


def test_leaves_the_client_of_an_object_alone() -> None:
    """An object that is made once makes its client once."""
    source = "from openai import OpenAI\n\n\nclass A:\n    def __init__(self):\n        self.client = OpenAI()\n"
    assert isinstance(change(reuse_client.write, Shape("init", source, "A.__init__")), NotSure)


@pytest.mark.parametrize(("before", "after"), page_examples("reuse-client"))
def test_the_page_shows_what_it_does(before: str, after: str) -> None:
    """Each example of the page, character by character."""
    written = change(reuse_client.write, Shape("page", before, "ask"))
    assert isinstance(written, Written)
    assert written.edits[0].after == after
