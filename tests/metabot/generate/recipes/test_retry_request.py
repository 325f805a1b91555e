"""A request that may be repeated is sent again after a passing error, whatever it is made with."""

from __future__ import annotations

import ast
import asyncio
import random
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from recipe_runs import page_examples
from repositories import finding
from shapes import Shape, Unversioned, again, change, lost_lines, prove_each

from analyzers.finding import Finding
from metabot.generate.calls.program import Program
from metabot.generate.recipe import NotSure, Written
from metabot.generate.recipes import retry_request
from metabot.generate.recipes.retry_request import retried


def busy(*statuses: int) -> Finding:
    return finding("recurring-error", http_statuses=statuses or (503,))


ASYNC = """\
import httpx2


async def headlines(client: httpx2.AsyncClient, topic: str) -> list[str]:
    \"\"\"The newest ones.\"\"\"
    response = await client.get("/headlines", params={"topic": topic})
    response.raise_for_status()
    return response.json()["headlines"][:5]
"""
METHOD = """\
import requests


class Shop:
    def __init__(self, address: str) -> None:
        self.address = address
        self.session = requests.Session()

    def order(self, number: str) -> dict:
        # The shop knows it by its number.
        answer = self.session.get(f"{self.address}/orders/{number}", timeout=5)
        if answer.status_code == 404:
            return {}
        answer.raise_for_status()
        return answer.json()
"""
URLLIB = """\
import json
import os
import urllib.request


def ask(text):
    body = {"model": "m", "messages": [{"role": "user", "content": text}]}
    request = urllib.request.Request(
        os.environ["CHAT"] + "/chat/completions",
        data=json.dumps(body).encode(),
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)["choices"][0]["message"]["content"]
"""
MODEL = """\
import requests


def said(question: str) -> str:
    answer = requests.post("http://model.invalid/v1/chat/completions", json={"messages": [question]}, timeout=60)
    answer.raise_for_status()
    return answer.json()["choices"][0]["message"]["content"]
"""
HANDLER = """\
from http.server import BaseHTTPRequestHandler

import httpx2

client = httpx2.Client(base_url="http://shop.invalid")


def stock() -> bytes:
    try:
        answer = client.get("/stock")
        answer.raise_for_status()
    except httpx2.HTTPError as error:
        error.add_note("the stock is not known")
        raise
    return answer.content


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.wfile.write(stock())
"""
SCRIPT = """\
import httpx2


def main() -> None:
    with httpx2.Client() as client:
        answer = client.put("http://shop.invalid/seen", json={"seen": True})
        answer.raise_for_status()


if __name__ == "__main__":
    main()
"""
SHAPES = [
    Shape("coroutine", ASYNC, "headlines"),
    Shape("method", METHOD, "Shop.order"),
    Shape("urllib", URLLIB, "ask"),
    Shape("model", MODEL, "said"),
    Shape("handler", HANDLER, "Handler.do_GET"),
    Shape("script", SCRIPT, "main"),
]
EACH = pytest.mark.parametrize("shape", [pytest.param(shape, id=shape.name) for shape in SHAPES])


@pytest.mark.slow
def test_each_new_test_fails_without_its_change_and_passes_with_it(tmp_path: Path) -> None:
    """The generated tests of all shapes are run for real, before and after."""
    prove_each(tmp_path, retry_request.write, SHAPES, busy(503, 429))


@EACH
def test_applying_it_twice_changes_nothing_more(shape: Shape) -> None:
    """What is sent again already is left alone."""
    assert isinstance(again(retry_request.write, shape, busy()), NotSure)


@EACH
def test_only_the_request_changes(shape: Shape) -> None:
    """One line is another; no other one is lost."""
    written = change(retry_request.write, shape, busy())
    assert isinstance(written, Written), written
    ast.parse(written.edits[0].after)
    assert len(lost_lines(written)) == 1


@EACH
def test_tabs_and_line_ends_are_kept(shape: Shape) -> None:
    """The new lines are written as the file writes its own."""
    source = shape.source.replace("    ", "\t").replace("\n", "\r\n")
    written = change(retry_request.write, Shape(shape.name, source, shape.symbol), busy())
    assert isinstance(written, Written)
    after = written.edits[0].after
    assert after.count("\n") == after.count("\r\n")
    assert "    " not in after


class Answer:
    def __init__(self, status: int, retry_after: str | None = None) -> None:
        self.status_code = status
        self.headers = {} if retry_after is None else {"Retry-After": retry_after}


def rewritten(shape: Shape, **names: Any) -> ModuleType:
    program = Program(Unversioned({"desk.py": shape.source}))
    found = retried("desk.py", shape.source, shape.symbol, program, (429, 503))
    assert not isinstance(found, NotSure), found
    module = ModuleType("desk")
    exec(found[0], module.__dict__)
    module.__dict__.update(names)
    return module


@pytest.mark.parametrize(
    ("answers", "waited"),
    [
        ([Answer(200)], []),
        ([Answer(503), Answer(200)], [1.0]),
        ([Answer(429, "7"), Answer(503, "Sat, 21 Nov 2026 07:28:00 GMT"), Answer(200)], [7.0, 2.0]),
        ([Answer(503), Answer(503), Answer(503), Answer(503)], [1.0, 2.0, 4.0]),
        ([Answer(503, "86400"), Answer(500)], [10.0]),
    ],
)
def test_waits_and_gives_up(monkeypatch: pytest.MonkeyPatch, answers: list[Answer], waited: list[float]) -> None:
    """As long as the service says, else a little longer each time; the last answer is handed on, whatever it is."""
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    monkeypatch.setattr(random, "uniform", lambda low, high: (low + high) / 2)
    module = rewritten(SHAPES[1])
    left = list(answers)
    assert module._retried(lambda: left.pop(0)) is answers[-1]
    assert waits == waited


def test_a_coroutine_waits_without_holding_up_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """It sleeps by asyncio, and sends a new request each time."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    answers = [Answer(503, "1"), Answer(200)]
    sent = [0]

    async def send() -> Answer:
        sent[0] += 1
        return answers[sent[0] - 1]

    assert asyncio.run(rewritten(SHAPES[0])._retried(send)) is answers[1]
    assert waits == [1.0]


def fetch(body: str, before: str = "import requests\n\nsession = requests.Session()") -> str:
    indented = "\n".join(f"    {line}" for line in body.splitlines())
    return f"{before}\n\n\ndef fetch(path: str, ready=None):\n{indented}\n"


RAISE = "\nanswer.raise_for_status()\nreturn answer"
NEAR_MISSES = [
    pytest.param(fetch("answer = session.post(path)" + RAISE), "0 requests", id="a request that changes something"),
    pytest.param(fetch("answer = session.get(path)\nreturn answer"), "0 requests", id="no status is raised"),
    pytest.param(
        fetch("answer = session.get(path)\nanswer = session.get(path)" + RAISE), "2 requests", id="two requests"
    ),
    pytest.param(fetch("answer = ready.get(path)" + RAISE), "0 requests", id="an unknown client"),
    pytest.param(fetch("answer = session.get(path, stream=True)" + RAISE), "streams", id="a streamed answer"),
    pytest.param(
        fetch("for _ in range(3):\n    answer = session.get(path)\n    answer.raise_for_status()\nreturn answer"),
        "in a loop",
        id="a loop",
    ),
    pytest.param(
        fetch("try:\n    answer = session.get(path)\n    answer.raise_for_status()\nexcept OSError:\n    return None"),
        "handles the request's error",
        id="a handler that swallows the error",
    ),
    pytest.param(
        fetch("answer = session.get(path)" + RAISE, "import requests\nimport tenacity\n\nsession = requests.Session()"),
        "a library which retries",
        id="tenacity",
    ),
    pytest.param(
        fetch("answer = session.get(path)" + RAISE).replace("def fetch", "@with_retry(3)\ndef fetch"),
        "decorator that retries",
        id="a retrying decorator",
    ),
    pytest.param(fetch("answer = session.get(given := path)" + RAISE), "assigns", id="an assignment in it"),
    pytest.param(
        fetch("answer = session.get(path)" + RAISE, "import requests\n\n_retried = 1\nsession = requests.Session()"),
        "another meaning",
        id="the name is taken",
    ),
    pytest.param(
        fetch("paid = pay(path)\nanswer = session.get(path)" + RAISE)
        + "\n\ndef pay(path):\n    return session.post(path).json()\n",
        "any of them may be the one that failed",
        id="a request that changes something beside it",
    ),
    pytest.param("def fetch(:\n", "not Python", id="broken syntax"),
]


@pytest.mark.parametrize(("source", "said"), NEAR_MISSES)
def test_leaves_alone(source: str, said: str) -> None:
    """Each of these is not repeated, or may be already; the reason is a sentence about the code."""
    result = change(retry_request.write, Shape("near", source, "fetch"), busy())
    assert isinstance(result, NotSure), result
    assert said in result.why


@pytest.mark.parametrize("statuses", [(404,), (429, 500)])
def test_retries_passing_errors_alone(statuses: tuple[int, ...]) -> None:
    """A status that would come again is not asked for again."""
    result = change(retry_request.write, SHAPES[0], busy(*statuses))
    assert isinstance(result, NotSure)
    assert str(statuses[-1]) in result.why


@pytest.mark.parametrize(("before", "after"), page_examples("retry-request"))
def test_the_page_shows_what_it_does(before: str, after: str) -> None:
    """Each example of the page, character by character."""
    written = change(retry_request.write, Shape("page", before, "headlines"), busy())
    assert isinstance(written, Written)
    assert written.edits[0].after == after
