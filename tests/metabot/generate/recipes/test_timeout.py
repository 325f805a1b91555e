"""A call that may wait for ever gets a time-out; one that has an end already is left alone."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from recipe_runs import page_examples
from repositories import finding
from shapes import Shape, Unversioned, again, base_of, change, lost_lines, prove, write

from analyzers.finding import Finding, Metric, Waste
from metabot.generate.recipe import NotSure, Written
from metabot.generate.recipes import timeout


def hangs(usual: float = 3.0, hang: float = 300.0, unit: Any = "ms per call") -> Finding:
    """Two of 100 calls hang that long, where the others take as long as usual, in seconds."""
    waste = Waste(observed=Metric(value=20 * hang, unit=unit, n=100), achievable=20 * usual, occurrences=2)
    found = finding("serial-calls", evidence=waste)
    return replace(found, candidate=replace(found.candidate, analyzer="missing-timeout"))


SHAPES = [
    Shape(
        "requests",
        "import requests\n\n\ndef fetch(path: str) -> str:\n    answer = requests.get(path)  # slow at times\n"
        "    return answer.text\n",
        "fetch",
    ),
    Shape(
        "session",
        "import requests\n\nsession = requests.Session()\n\n\ndef fetch(path: str) -> str:\n"
        '    return session.post(\n        path,\n        json={"a": 1},\n    ).text\n',
        "fetch",
    ),
    Shape(
        "urllib",
        "import os\nfrom urllib.request import urlopen\n\n\ndef fetch(name):\n    try:\n"
        "        with urlopen(f\"{os.environ['RATES']}/{name}\") as answer:\n            return answer.read()\n"
        "    except OSError:\n        return None\n",
        "fetch",
    ),
    Shape(
        "openai_method",
        "from openai import OpenAI\n\n\nclass Agent:\n    def __init__(self):\n        self.client = OpenAI()\n\n"
        "    def ask(self, text):\n        return self.client.chat.completions.create(\n"
        '            model="m",\n            messages=[{"role": "user", "content": text}]\n        )\n',
        "Agent.ask",
    ),
    Shape(
        "openai_async",
        "from openai import AsyncOpenAI\n\n\nasync def ask(client: AsyncOpenAI, text: str) -> str:\n"
        '    answer = await client.responses.create(model="m", input=text, instructions="Be kind and brief, please.")\n'
        "    return answer.output_text\n",
        "ask",
    ),
    Shape(
        "httpx_never",
        "import httpx2\n\n\nasync def fetch(path: str) -> str:\n"
        "    async with httpx2.AsyncClient(timeout=None) as client:\n        answer = await client.get(path)\n"
        "        return answer.text\n",
        "fetch",
    ),
    Shape(
        "handler",
        "from http.server import BaseHTTPRequestHandler\n\nimport requests\n\n\n"
        "class Handler(BaseHTTPRequestHandler):\n    def do_GET(self):\n        "
        'self.wfile.write(requests.get(\n            "http://shop.invalid").content)\n',
        "Handler.do_GET",
    ),
    Shape(
        "program",
        "import subprocess\n\n\ndef check(name: str) -> int:\n    \"\"\"Runs it.\"\"\"\n"
        '    return subprocess.run(["make", name], check=False).returncode\n\n\ndef main() -> None:\n'
        '    check("all")\n\n\nif __name__ == "__main__":\n    main()\n',
        "main",
    ),
]  # fmt: skip
EACH = pytest.mark.parametrize("shape", [pytest.param(shape, id=shape.name) for shape in SHAPES])


@pytest.mark.slow
def test_each_new_test_fails_without_its_change_and_passes_with_it(tmp_path: Path) -> None:
    """The generated tests of all shapes are run for real, before and after."""
    key = 'import os\n\nos.environ.setdefault("OPENAI_API_KEY", "none")\n'
    base = base_of(tmp_path, {"conftest.py": key, **{f"{shape.name}_desk.py": shape.source for shape in SHAPES}})
    written: dict[str, Written] = {}
    for shape in SHAPES:
        found = write(timeout.write, base, f"{shape.name}_desk.py", shape.symbol, hangs())
        assert isinstance(found, Written), (shape.name, found)
        written[shape.name] = found
    prove(tmp_path, written)


@EACH
def test_applying_it_twice_changes_nothing_more(shape: Shape) -> None:
    """A call with a time-out is left alone."""
    assert isinstance(again(timeout.write, shape, hangs()), NotSure)


@EACH
def test_only_the_call_changes(shape: Shape) -> None:
    """One or two lines at most, and none is lost that is not the call's own; the time-out is in it."""
    written = change(timeout.write, shape, hangs())
    assert isinstance(written, Written), written
    after = written.edits[0].after
    ast.parse(after)
    assert "timeout=15" in after
    assert len(lost_lines(written)) <= 1
    assert max(len(line) for line in after.splitlines()) <= 120


@EACH
def test_tabs_and_line_ends_are_kept(shape: Shape) -> None:
    """The new lines are written as the file writes its own."""
    source = shape.source.replace("    ", "\t").replace("\n", "\r\n")
    written = change(timeout.write, Shape(shape.name, source, shape.symbol), hangs())
    assert isinstance(written, Written)
    after = written.edits[0].after
    assert after.count("\n") == after.count("\r\n")
    assert "    " not in after


AIOHTTP = """\
import aiohttp


async def fetch(session: aiohttp.ClientSession, path: str) -> str:
    async with session.get(path) as answer:
        return await answer.text()
"""


def test_aiohttp_has_its_own_way_of_saying_it() -> None:
    """A total for the whole call."""
    written = change(timeout.write, Shape("aiohttp", AIOHTTP, "fetch"), hangs())
    assert isinstance(written, Written)
    assert "session.get(path, timeout=aiohttp.ClientTimeout(total=15)) as" in written.edits[0].after
    ast.parse(written.new_test.text)


@pytest.mark.parametrize(
    ("usual", "hang", "seconds"),
    [(0.05, 2.5, 2), (0.8, 300, 5), (3, 300, 15), (20, 4620, 90), (40, 9000, 180), (500, 90000, 2000)],
)
def test_the_value_comes_from_the_figures(usual: float, hang: float, seconds: int) -> None:
    """Four times what nearly all others take, rounded up, two seconds at least."""
    assert timeout.seconds_for(hangs(usual, hang)) == seconds


@pytest.mark.parametrize(
    ("found", "said"),
    [
        pytest.param(hangs(20, 80), "would not end", id="no hang would end"),
        pytest.param(hangs(unit="share of calls"), "not known", id="another figure"),
    ],
)
def test_figures_that_give_no_value(found: Finding, said: str) -> None:
    """Without a value there is no change."""
    result = change(timeout.write, SHAPES[0], found)
    assert isinstance(result, NotSure)
    assert said in result.why


def fetch(
    line: str, before: str = "import requests", head: str = "def fetch(path: str, options=None) -> object:"
) -> str:
    return f"{before}\n\n\n{head}\n    {line}\n"


NEAR_MISSES = [
    pytest.param(fetch("return requests.get(path, timeout=5)"), "a time-out already", id="it has one"),
    pytest.param(
        fetch("return urlopen(path, None, 5)", "from urllib.request import urlopen"),
        "a time-out already",
        id="by its place",
    ),
    pytest.param(fetch("return requests.get(path, **options)"), "not written there", id="options from elsewhere"),
    pytest.param(fetch("return httpx2.get(path)", "import httpx2"), "by itself", id="a library that has its own"),
    pytest.param(
        fetch("return client.get(path)", "import httpx2\n\nclient = httpx2.Client()"), "by itself", id="its client"
    ),
    pytest.param(
        fetch("return client.completions.create(model='m', prompt=path)",
              "import openai\n\nclient = openai.OpenAI(timeout=20)"),
        "made with a time-out",
        id="a client with one",
    ),
    pytest.param(
        fetch("return client.completions.create(model='m', prompt=path)",
              "import openai\n\nclient = openai.OpenAI(**OPTIONS)"),
        "not written where it is made",
        id="a client with options",
    ),
    pytest.param(
        fetch("return await asyncio.wait_for(client.get(path, timeout=None), 5)", "import asyncio\nimport httpx2\n\n"
              "client = httpx2.AsyncClient()", "async def fetch(path: str) -> object:"),
        "by a time-out of asyncio",
        id="asyncio ends it",
    ),
    pytest.param(
        fetch("return requests.get(path), requests.get(path)"), "2 calls without a time-out", id="two such calls"
    ),
    pytest.param(fetch("return load(path)"), "no call of a library", id="an unknown function"),
    pytest.param(
        fetch("return requests.get(path)", "import other as requests"), "no call of a library", id="a namesake"
    ),
    pytest.param(fetch("return requests.get(\n        path  # where\n    )"), "a comment", id="a comment in the way"),
    pytest.param("def fetch(:\n", "not Python", id="broken syntax"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "said"), NEAR_MISSES)
def test_leaves_alone(source: str, said: str) -> None:
    """Each of these ends by itself, or may; the reason is a sentence about the code."""
    result = change(timeout.write, Shape("near", source, "fetch"), hangs())
    assert isinstance(result, NotSure), result
    assert said in result.why


def test_leaves_clients_of_a_huge_repository_alone() -> None:
    """Where a client is made is looked for in every file, and that has an end."""
    files = {f"m{number}.py": "" for number in range(3_001)}
    (shape,) = (shape for shape in SHAPES if shape.name == "session")
    result = write(timeout.write, Unversioned({**files, "desk.py": shape.source}), "desk.py", shape.symbol, hangs())
    assert isinstance(result, NotSure)
    assert "too many files" in result.why


@pytest.mark.parametrize(("before", "after"), page_examples("timeout"))
def test_the_page_shows_what_it_does(before: str, after: str) -> None:
    """Each example of the page, character by character."""
    written = change(timeout.write, Shape("page", before, "rate_of"), hangs())
    assert isinstance(written, Written)
    assert written.edits[0].after == after
