"""What the names of a repository's modules stand for, across files and styles."""

from __future__ import annotations

import ast

import pytest
from shapes import Unversioned

from metabot.generate.calls.program import Program
from metabot.generate.calls.units import unit_of

FILES = {
    "src/desk/__init__.py": "",
    "src/desk/clients.py": (
        "import functools\nfrom openai import OpenAI\n\nshared = OpenAI()\n\n\ndef fresh():\n    return OpenAI()\n\n\n"
        "@functools.cache\ndef typed() -> OpenAI: ...\n"
    ),
    "src/desk/tools.py": "def lookup(key):\n    return key\n\n\nclass Tool:\n    def run(self): ...\n",
}
AGENT = """\
import asyncio as aio
import httpx2
import openai as oa
from desk import tools
from desk.clients import fresh, shared, typed
from .tools import Tool, lookup as find


class Agent:
    timeout: float
    web: httpx2.AsyncClient

    def __init__(self, client: "oa.OpenAI | None" = None, tool=None):
        self.client = client or oa.OpenAI()
        self.given = client
        self.tool = Tool()

    def step(self, session: httpx2.Client):
        local = fresh()
        twice = 1
        twice = 2
        CALLS


def outer(lookup):
    def inner():
        CALLS
    return inner
"""


def resolved(expression: str, symbol: str = "Agent.step") -> str | None:
    program = Program(Unversioned({**FILES, "src/desk/agent.py": AGENT.replace("CALLS", expression)}))
    source = program.source("src/desk/agent.py")
    assert source is not None
    unit = unit_of(source, symbol)
    assert unit is not None
    return program.dotted(ast.parse(expression, mode="eval").body, unit)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("aio.sleep", "asyncio.sleep"),
        ("len", "builtins.len"),
        ("find", "src/desk/tools.py:lookup"),
        ("tools.lookup", "src/desk/tools.py:lookup"),
        ("shared.responses.create", "openai.OpenAI().responses.create"),
        ("fresh().responses", "openai.OpenAI().responses"),
        ("typed().responses", "openai.OpenAI().responses"),
        ("local.responses", "openai.OpenAI().responses"),
        ("session.get", "httpx2.Client().get"),
        ("self.web.get", "httpx2.AsyncClient().get"),
        ("self.given.responses", "openai.OpenAI().responses"),
        ("self.tool.run", "src/desk/tools.py:Tool.run"),
        ("self.step", "src/desk/agent.py:Agent.step"),
        ("Agent", "src/desk/agent.py:Agent"),
        ("(await self.web.get('/')).json", "httpx2.AsyncClient().get().json"),
    ],
)
def test_resolves(expression: str, expected: str) -> None:
    """Through imports, relative ones too, annotations, assignments, and what functions return."""
    assert resolved(expression) == expected


@pytest.mark.parametrize("expression", ["unknown", "self.client.responses", "self.nothing", "twice.real", "x[0].get"])
def test_is_not_clear(expression: str) -> None:
    """Two values, none, or one that no name leads to: nothing is guessed."""
    assert resolved(expression) is None


def test_a_function_inside_of_another_sees_that_ones_names() -> None:
    """A parameter of the outer function hides the import; what it does not bind is the module's."""
    assert resolved("lookup", "outer.inner") is None
    assert resolved("find", "outer.inner") == "src/desk/tools.py:lookup"


def test_names_that_lead_in_a_circle_end() -> None:
    """Two functions that return each other's result are not followed for ever."""
    source = "def a():\n    return b()\n\n\ndef b():\n    return a()\n\n\nx = x.y\n\n\ndef f():\n    return a(), x\n"
    program = Program(Unversioned({"m.py": source}))
    module = program.source("m.py")
    assert module is not None
    unit = unit_of(module, "f")
    assert unit is not None
    assert program.dotted(ast.parse("a()", mode="eval").body, unit) is None
    assert program.dotted(ast.parse("x.z", mode="eval").body, unit) is None
