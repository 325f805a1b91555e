"""Requests to a model are known by their shape, and a test's stand-in stands where they leave by."""

from __future__ import annotations

import ast

import pytest
from recipe_runs import TESTS, Tree

from metabot.generate.probe.asked import asked
from metabot.generate.probe.probe import Probe, probe
from metabot.generate.recipe import Base, NotSure

ASK = "client.chat.completions.create(model='m', messages=[text])"
FUNCTION = f"def ask(client, text):\n    return {ASK}\n"


def seen(source: str) -> list[Probe | NotSure]:
    tree = ast.parse(source)
    base = Base(Tree({"desk/ask.py": source, "desk/__init__.py": "", **TESTS}), "a" * 40)
    return [probe(one, tree, "desk/ask.py", base) for one in asked(tree)]


@pytest.mark.parametrize(
    ("source", "replaced", "call"),
    [
        pytest.param(FUNCTION, (), 'ask.ask(client=stand_in, text=given["text"])', id="a parameter"),
        pytest.param(
            f"client = make()\n\n\nasync def ask(text):\n    return await {ASK}\n",
            ('ask, "client"',),
            'asyncio.run(ask.ask(text=given["text"]))',
            id="a name of the module",
        ),
        pytest.param(
            f"from openai import OpenAI\n\n\ndef ask(text):\n    with OpenAI() as client:\n        yield {ASK}\n",
            ('ask, "OpenAI"',),
            'list(ask.ask(text=given["text"]))',
            id="what makes the client",
        ),
        pytest.param(
            f"def ask(text):\n    from openai import OpenAI as Made\n    client = Made()\n    return {ASK}\n",
            ("'openai.OpenAI'",),
            'ask.ask(text=given["text"])',
            id="an import of its own",
        ),
        pytest.param(
            "class Desk:\n    def __init__(self, name, http=None):\n        self.http = http or session()\n\n"
            "    def ask(self, text):\n        return self.http.post('/', json={'model': 'm', 'messages': [text]})\n",
            ('ask, "session"',),
            'ask.Desk(http=stand_in, name=given["Desk.name"]).ask(text=given["text"])',
            id="an attribute, from the constructor",
        ),
        pytest.param(
            "class Desk:\n    def send(self, body):\n        ...\n\n    def ask(self, text):\n"
            "        body = dict(model='m', messages=[text])\n        return self.send(body)\n",
            ('ask.Desk, "send"',),
            'ask.Desk().ask(text=given["text"])',
            id="a method of its own",
        ),
        pytest.param(
            "import json, requests\n\n\ndef ask(text):\n    body = json.dumps({'model': 'm', 'messages': [text]})\n"
            "    return requests.post('/', data=body.encode())\n",
            ('ask, "requests"',),
            'ask.ask(text=given["text"])',
            id="encoded first",
        ),
    ],
)
def test_the_stand_in_is_where_the_request_leaves(source: str, replaced: tuple[str, ...], call: str) -> None:
    """Followed from the call that sends, through variables, attributes and constructors."""
    (found,) = seen(source)
    assert isinstance(found, Probe), found
    assert (found.replaced, found.call) == (replaced, call)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("def ask(client, texts):\n    client.embeddings.create(model='m', input=texts)\n", id="embedding"),
        pytest.param("def ask(bus, text):\n    bus.publish(model='m', messages=[text])\n", id="another method"),
        pytest.param("BODY = {'model': 'm', 'messages': []}\n", id="a dictionary that goes nowhere"),
        pytest.param("def ask(text):\n    print({'model': 'm', 'messages': [text]})\n", id="only printed"),
        pytest.param("def ask(text):\n    return {'messages': [text]}\n", id="no model"),
        pytest.param(f"def ask(text):\n    def inner(client):\n        return {ASK}\n", id="a function in a function"),
    ],
)
def test_is_no_request(source: str) -> None:
    """These look a little like one."""
    assert seen(source) == []


def test_records_are_made_of_their_fields() -> None:
    """A parameter of a record's type gets one; whatever is unknown gets a stand-in of its own."""
    source = (
        "from dataclasses import dataclass\n\n\n@dataclass\nclass Ticket:\n    text: str\n    number: int = 1\n\n\n"
        + FUNCTION.replace("text)", "ticket: Ticket, clock: Clock, history)", 1).replace("[text]", "[ticket.text]")
    )
    (found,) = seen(source)
    assert isinstance(found, Probe)
    values = {one.name: one.one for one in found.values}
    assert values["ticket"] == 'ask.Ticket(text="first text", number=3)'
    assert values["clock"] == "unittest.mock.MagicMock()"
    assert values["history"].startswith("[{")
