"""What a call of a known library does, by its shape."""

from __future__ import annotations

import ast

import pytest
from shapes import Unversioned

from metabot.generate.calls.libraries import known
from metabot.generate.calls.program import Program
from metabot.generate.calls.units import own_nodes, unit_of

HEAD = """\
import anthropic, httpx, openai, requests, subprocess, urllib.request
from urllib.request import Request, urlopen

BASE = "http://model.invalid/v1"
CHAT = BASE + "/chat/completions"


def f(path: str, found, web: httpx.Client, model: openai.AsyncOpenAI, other: anthropic.Anthropic):
"""


def does(line: str) -> str | None:
    program = Program(Unversioned({"m.py": HEAD + "".join(f"    {one}\n" for one in line.split("\n"))}))
    source = program.source("m.py")
    assert source is not None
    unit = unit_of(source, "f")
    assert unit is not None
    calls = [node for node in own_nodes(unit) if isinstance(node, ast.Call)]
    found = [of for of in (known(call, unit, program) for call in calls) if of is not None]
    return found[0].does if found else None


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("requests.get(path)", "reads"),
        ("requests.request('HEAD', path)", "reads"),
        ("requests.request(method=path, url=path)", "writes"),
        ("web.post('/orders')", "writes"),
        ("web.patch('/orders')", "writes"),
        ("web.put('/orders/1')", "replaces"),
        ("web.delete('/orders/1')", "replaces"),
        ("web.post('/chat/completions', json={})", "asks a model"),
        ("web.post(f'{path}/v1/messages')", "asks a model"),
        ("web.post(CHAT)", "asks a model"),
        ("web.request('POST', BASE + '/embeddings')", "embeds"),
        ("web.post(path)", "writes"),
        ("model.chat.completions.create(model='m')", "asks a model"),
        ("model.responses.create(model='m')", "asks a model"),
        ("model.embeddings.create(model='m', input=path)", "embeds"),
        ("model.files.create(file=path)", None),
        ("openai.chat.completions.create(model='m')", "asks a model"),
        ("other.messages.create(model='m')", "asks a model"),
        ("urlopen(path)", "reads"),
        ("urlopen(found)", "writes"),
        ("urlopen(path, data=b'1')", "writes"),
        ("urlopen(CHAT, data=b'1')", "asks a model"),
        ("request = Request(CHAT, data=b'1')\nurlopen(request)", "asks a model"),
        ("request = Request(path)\nurlopen(request)", "reads"),
        ("request = Request(path, method='DELETE')\nurlopen(request)", "writes"),
        ("subprocess.run(['make'])", "runs a program"),
        ("found.get(path)", None),
        ("requests.Session()", None),
    ],
)
def test_what_it_does(line: str, expected: str | None) -> None:
    """By method, address and client; what is not surely harmless writes, and what is unknown is not known."""
    assert does(line) == expected
