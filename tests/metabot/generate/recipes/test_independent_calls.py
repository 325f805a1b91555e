"""Calls that wait in turn and cannot see each other are made together; whatever is not surely that is left alone."""

from __future__ import annotations

import ast
import asyncio
import threading
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from recipe_runs import page_examples
from shapes import Shape, Unversioned, again, change, lost_lines, prove_each, write

from metabot.generate.calls.program import Program
from metabot.generate.recipe import NotSure, Written
from metabot.generate.recipes import independent_calls
from metabot.generate.recipes.independent_calls import together

LOOKUPS = """\
import requests


def order_of(number: str) -> dict[str, str]:
    answer = requests.get(f"http://shop.invalid/{number}", timeout=5)
    answer.raise_for_status()
    return answer.json()


def customer_of(email: str) -> dict[str, str]:
    with requests.Session() as session:
        return session.get("http://shop.invalid/customer", params={"email": email}, timeout=5).json()


"""
SYNC = (
    LOOKUPS
    + """\
# What a ticket is about.
def facts(number: str, email: str) -> str:
    order = order_of(number)
    customer: dict[str, str] = customer_of(email.strip())
    return f"{order} {customer}"
"""
)
ASYNC = """\
from httpx2 import AsyncClient


async def order_of(client: AsyncClient, number: str) -> str:
    answer = await client.get(f"/orders/{number}")
    return answer.text


async def facts(client: AsyncClient, number: str) -> str:
    try:
        order = await order_of(client, number)
        parcel = await client.get("/parcels", params={"order": number})
    except ValueError:
        return ""
    return order + parcel.text
"""
METHODS = """\
import openai


class Reviewer:
    def __init__(self, client: openai.OpenAI) -> None:
        self.client = client

    def ask(self, question: str) -> str:
        answer = self.client.chat.completions.create(model="m", messages=[{"role": "user", "content": question}])
        return answer.choices[0].message.content or ""

    def review(self, text: str) -> tuple[str, str]:
        \"\"\"Two opinions.\"\"\"
        style = self.ask(f"style: {text}")
        facts = self.ask(f"facts: {text}")
        return style, facts
"""
LOOP = (
    LOOKUPS
    + """\
def orders(numbers: list[str]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for number in numbers:
        found.append(order_of(number))
    return found
"""
)
COMPREHENSION = """\
import asyncio


async def one(name: str) -> str:
    await asyncio.sleep(0.01)
    return name.upper()


async def every(names: list[str]) -> str:
    return ", ".join([await one(name) for name in names])
"""
HANDLER = """\
import json
from http.server import BaseHTTPRequestHandler
from urllib.request import urlopen


def _read(path: str) -> dict:
    with urlopen(f"http://shop.invalid{path}", timeout=5) as answer:
        return json.loads(answer.read())


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        stock = _read("/stock")
        prices = _read("/prices")
        self.wfile.write(json.dumps([stock, prices]).encode())
"""
SCRIPT = (
    LOOKUPS
    + """\
def main(numbers: tuple[str, ...] = ("a",)) -> None:
    order = order_of("H-1")
    customer = customer_of("a@example.org")
    print(order, customer)


if __name__ == "__main__":
    main()
"""
)
DECORATED = """\
import functools
import os

import requests
from opentelemetry import trace

tracer = trace.get_tracer("desk")


def tool(function):
    @functools.wraps(function)
    def traced(*given, **named):
        with tracer.start_as_current_span(function.__name__) as span:
            result = function(*given, **named)
            span.set_attribute("result", str(result))
            return result

    return traced


@tool
def position(number):
    return requests.get(f"{os.environ['CARRIER']}/position", params={"number": number}, timeout=4).json()


@tool
def customs(number):
    return requests.get(f"{os.environ['CARRIER']}/customs", params={"number": number}, timeout=4).json()


def status(number):
    with tracer.start_as_current_span("status"):
        where = position(number)
        duty = customs(number)
        return where, duty
"""
BELOW = SYNC + "\n\ndef handle(ticket: str) -> str:\n    return facts(ticket, ticket)\n"

SHAPES = [
    Shape("sync", SYNC, "facts"),
    Shape("async", ASYNC, "facts"),
    Shape("methods", METHODS, "Reviewer.review"),
    Shape("loop", LOOP, "orders"),
    Shape("comprehension", COMPREHENSION, "every"),
    Shape("handler", HANDLER, "Handler.do_GET"),
    Shape("script", SCRIPT, "main"),
    Shape("decorated", DECORATED, "status"),
    Shape("below", BELOW, "handle"),
]
EACH = pytest.mark.parametrize("shape", [pytest.param(shape, id=shape.name) for shape in SHAPES])


@pytest.mark.slow
def test_each_new_test_fails_without_its_change_and_passes_with_it(tmp_path: Path) -> None:
    """The generated tests of all shapes are run for real, before and after."""
    prove_each(tmp_path, independent_calls.write, SHAPES)


@EACH
def test_applying_it_twice_changes_nothing_more(shape: Shape) -> None:
    """What is made together already is left alone."""
    assert isinstance(again(independent_calls.write, shape), NotSure)


@EACH
def test_unrelated_lines_stay_as_they_are(shape: Shape) -> None:
    """At most the lines of the calls are gone; all others are there, in the same order."""
    written = change(independent_calls.write, shape)
    assert isinstance(written, Written), written
    ast.parse(written.edits[0].after)
    lost = lost_lines(written)
    assert len(lost) <= 3
    assert all("(" in line or line.endswith((":", "[]")) for line in lost)


@EACH
def test_tabs_and_line_ends_are_kept(shape: Shape) -> None:
    """The new lines are written as the file writes its own."""
    source = shape.source.replace("    ", "\t").replace("\n", "\r\n")
    written = change(independent_calls.write, Shape(shape.name, source, shape.symbol))
    assert isinstance(written, Written)
    after = written.edits[0].after
    assert after.count("\n") == after.count("\r\n")
    assert "    " not in after


def loaded(source: str, **names: Any) -> ModuleType:
    module = ModuleType("desk")
    exec(source, module.__dict__)
    module.__dict__.update(names)
    return module


def rewritten(source: str, symbol: str) -> str:
    found = together("desk.py", source, symbol, Program(Unversioned({"desk.py": source})))
    assert not isinstance(found, NotSure), found
    return found[0]


def test_results_come_in_the_order_of_the_calls() -> None:
    """The slowest call is the first one, and its result is the first one too; eight run at once and no more."""
    under_way: list[str] = []
    most = 0
    lock = threading.Lock()

    def slow(number: str) -> str:
        nonlocal most
        with lock:
            under_way.append(number)
            most = max(most, len(under_way))
        time.sleep(0.002 * (20 - int(number)))
        with lock:
            under_way.remove(number)
        return number

    module = loaded(rewritten(LOOP, "orders"), order_of=slow)
    numbers = [str(number) for number in range(20)]
    assert module.orders(numbers) == numbers
    assert most == 8
    assert module.orders([]) == []


def test_the_first_error_in_order_is_raised() -> None:
    """Not the first one in time: what a caller catches is what it caught before."""

    def late(_number: str) -> str:
        time.sleep(0.05)
        raise KeyError

    def soon(_email: str) -> str:
        raise ValueError

    module = loaded(rewritten(SYNC, "facts"), order_of=late, customer_of=soon)
    with pytest.raises(KeyError):
        module.facts("a", "b")


def test_coroutines_keep_order_and_first_error_and_leave_nothing_running() -> None:
    """As with threads; a call that is not done when another failed is cancelled."""
    module = loaded(rewritten(COMPREHENSION, "every"))
    ended: list[str] = []

    async def one(name: str) -> str:
        try:
            await asyncio.sleep({"a": 0.02, "b": 0.001, "c": 10}[name])
        finally:
            ended.append(name)
        if name == "b":
            raise ValueError(name)
        return name

    module.__dict__["one"] = one
    assert asyncio.run(module.every(["a"])) == "a"
    ended.clear()
    with pytest.raises(ValueError, match="b"):
        asyncio.run(module.every(["a", "b", "c"]))
    assert ended == ["b", "a", "c"]


def facts(body: str, before: str = LOOKUPS) -> str:
    indented = "\n".join(f"    {line}" for line in body.splitlines())
    return f"{before}def facts(number: str, email: str, box: dict, call=None) -> object:\n{indented}\n"


NEAR_MISSES = [
    pytest.param(
        facts('order = order_of(number)\nreturn customer_of(order["email"])'), "no waiting calls", id="needed"
    ),
    pytest.param(
        facts('order = order_of(number)\ncustomer = customer_of(order["email"])\nreturn order, customer'),
        "no waiting calls",
        id="the second uses the first's result",
    ),
    pytest.param(
        facts("order = order_of(number)\nif not order:\n    return None\nother = customer_of(email)\nreturn other"),
        "no waiting calls",
        id="the second is made only if the first says so",
    ),
    pytest.param(facts("a = number.strip()\nb = len(email)\nreturn a, b"), "no waiting calls", id="nothing waits"),
    pytest.param(
        facts("a = order_of(number)\nb = call(email)\nreturn a, b"), "no waiting calls", id="a callback beside it"
    ),
    pytest.param(
        facts("a = fetch(number)\nb = fetch(email)\nreturn a, b", LOOKUPS + "SEEN = {}\n\n\ndef fetch(key):\n"
              "    SEEN[key] = order_of(key)\n    return SEEN[key]\n\n\n"),
        "writes SEEN",
        id="writes an item of the module's",
    ),
    pytest.param(
        facts("a = fetch(number)\nb = fetch(email)\nreturn a, b", LOOKUPS + "count = 0\n\n\ndef fetch(key):\n"
              "    global count\n    count += 1\n    return order_of(key)\n\n\n"),
        "assigns count",
        id="writes a global",
    ),
    pytest.param(
        facts("a = fetch(number, box)\nb = fetch(email, box)\nreturn a, b", LOOKUPS + "def fetch(key, box):\n"
              "    box.update(order_of(key))\n    return box\n\n\n"),
        "changes box",
        id="changes an argument",
    ),
    pytest.param(
        facts("a = fetch(number)\nb = fetch(email)\nreturn a, b", LOOKUPS + "def fetch(key):\n"
              "    return requests.post('http://shop.invalid/orders', json=key, timeout=5)\n\n\n"),
        "may change something elsewhere",
        id="a request that changes something",
    ),
    pytest.param(
        facts("a = fetch(number)\nb = fetch(email)\nreturn a, b", LOOKUPS + "session = requests.Session()\n\n\n"
              "def fetch(key):\n    return session.get(key, timeout=5)\n\n\n"),
        "threads should not share",
        id="a session that threads would share",
    ),
    pytest.param(
        facts("a = fetch(number)\nb = fetch(email)\nreturn a, b", LOOKUPS + "TOOLS = {'order': order_of}\n\n\n"
              "def fetch(key):\n    order_of(key)\n    tool = TOOLS.get(key)\n    return tool(key)\n\n\n"),
        "not known before it runs",
        id="a function out of a table",
    ),
    pytest.param(
        facts("a = fetch(number)\nb = fetch(email)\nreturn a, b", LOOKUPS + "def fetch(key):\n"
              "    print(key)\n    return order_of(key)\n\n\n"),
        "print",
        id="prints",
    ),
    pytest.param(
        facts("found = []\nfor one in box:\n    found.append(continued(one, found))\nreturn found",
              LOOKUPS + "def continued(one, found):\n    return order_of(one + str(len(found)))\n\n\n"),
        "uses what it collects",
        id="each call sees the results before it",
    ),
    pytest.param(
        facts("found = []\nfor one in box:\n    found.append(order_of(one))\n    if one:\n        break\nreturn found"),
        "no waiting calls",
        id="a loop that ends early",
    ),
    pytest.param(
        facts("order = order_of(number)  # first\ncustomer = customer_of(email)\nreturn order, customer"),
        "comments",
        id="a comment between them",
    ),
    pytest.param(
        facts("a = order_of(number)\nb = customer_of(email)\nif box:\n    c = order_of(email)\n"
              "    d = order_of(email)\nreturn a, b"),
        "2 places",
        id="two rows",
    ),
    pytest.param(
        facts("a = order_of(number)\nb = customer_of(email)\nreturn a, b", LOOKUPS + "partial = 1\n\n\n"),
        "another meaning",
        id="a name is taken",
    ),
    pytest.param(
        facts("a = fetch(number)\nb = fetch(email)\nreturn a, b", LOOKUPS + "CALLS = []\n\n\ndef noted(function):\n"
              "    def wrapped(*given):\n        CALLS.append(given)\n        return function(*given)\n\n"
              "    return wrapped\n\n\n@noted\ndef fetch(key):\n    return order_of(key)\n\n\n"),
        "changes CALLS",
        id="a decorator that notes the calls",
    ),
    pytest.param(
        facts("a = fetch(number)\nb = fetch(email)\nreturn a, b", LOOKUPS + "import shelf\n\n\n@shelf.kept\n"
              "def fetch(key):\n    return order_of(key)\n\n\n"),
        "decorated with shelf.kept",
        id="a decorator of somebody else's",
    ),
    pytest.param(
        facts("with LOCK:\n    a = order_of(number)\n    b = customer_of(email)\nreturn a, b"),
        "holds LOCK",
        id="a lock",
    ),
    pytest.param("def facts(:\n", "not Python", id="broken syntax"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "said"), NEAR_MISSES)
def test_leaves_alone(source: str, said: str) -> None:
    """Each of these looks like independent calls and is not, or not surely; the reason says what of the code."""
    result = change(independent_calls.write, Shape("near", source, "facts"))
    assert isinstance(result, NotSure), result
    assert said in result.why


def test_the_support_desk_is_left_to_a_model() -> None:
    """Its loop runs functions out of a table, and appends to the conversation between them."""
    folder = Path(__file__).parents[4] / "examples" / "support_desk"
    files = {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*.py")}
    result = write(independent_calls.write, Unversioned(files), "support_desk/agent.py", "handle")
    assert isinstance(result, NotSure)


def test_leaves_another_event_loop_alone() -> None:
    """Tasks of asyncio do not run there."""
    source = COMPREHENSION.replace("import asyncio\n", "import asyncio\n\nimport trio\n")
    result = change(independent_calls.write, Shape("trio", source, "every"))
    assert isinstance(result, NotSure)
    assert "event loop" in result.why


@pytest.mark.parametrize("symbol", [None, "unknown"])
def test_needs_a_function(symbol: str | None) -> None:
    """A module's own code runs at import, where no test can come between."""
    assert isinstance(change(independent_calls.write, Shape("sync", SYNC, symbol)), NotSure)


@pytest.mark.parametrize(("before", "after"), page_examples("independent-calls"))
def test_the_page_shows_what_it_does(before: str, after: str) -> None:
    """Each example of the page, character by character."""
    written = change(independent_calls.write, Shape("page", before, "facts"))
    assert isinstance(written, Written)
    assert written.edits[0].after == after
