"""The functions of a source and the names that telemetry gives them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.place.functions import enclosing, functions, name_parts, named

SOURCE = """\
import functools


@functools.cache
def fetch(path):
    def inner():
        return path
    return inner


class Client:
    async def fetch(self):
        pass
"""


def test_lines_include_decorators() -> None:
    """A function begins at its first decorator and ends at its last line."""
    assert [(one.symbol, one.first_line, one.last_line) for one in functions(SOURCE)] == [
        ("fetch", 4, 8),
        ("fetch.inner", 6, 7),
        ("Client.fetch", 12, 13),
    ]


@pytest.mark.parametrize(
    ("recorded", "parts"),
    [
        ("desk.tools.Client.fetch", ("desk", "tools", "Client", "fetch")),
        ("fetch.<locals>.inner", ("fetch", "inner")),
        ("fetch()", ("fetch",)),
        ("desk.tools:fetch", ("desk", "tools", "fetch")),
        ("__main__.fetch", ("fetch",)),
        ("<module>", ()),
        ("<lambda>", ()),
        ("drop table; --", ()),
    ],
)
def test_recorded_names_become_parts(recorded: str, parts: tuple[str, ...]) -> None:
    """Dotted names, qualified names and call signs are read; what is no identifier is no name."""
    assert name_parts(recorded) == parts


@pytest.mark.parametrize(
    ("recorded", "symbols"),
    [
        ("desk.tools.fetch", ["fetch"]),
        ("app.desk.tools.fetch", ["fetch"]),
        ("Client.fetch", ["Client.fetch"]),
        ("fetch", ["fetch", "Client.fetch"]),
        ("desk.tools.Client.fetch", ["Client.fetch"]),
        ("desk.other.fetch", []),
        ("desk.tools.send", []),
    ],
)
def test_a_recorded_name_may_say_less_or_more_but_not_other(recorded: str, symbols: list[str]) -> None:
    """What the name leaves open stays open; what it contradicts is out."""
    found = named(functions(SOURCE), name_parts(recorded), ("desk", "tools"))
    assert [one.symbol for one in found] == symbols


def test_the_innermost_function_holds_a_line() -> None:
    """A line of an inner function is the inner function's."""
    found = functions(SOURCE)
    inner, outer = enclosing(found, 7), enclosing(found, 8)
    assert inner is not None
    assert outer is not None
    assert (inner.symbol, outer.symbol, enclosing(found, 1)) == ("fetch.inner", "fetch", None)


@given(st.text())
def test_any_text_is_read_without_failing(text: str) -> None:
    """What is not Python holds no functions."""
    assert all(1 <= one.first_line <= one.last_line for one in functions(text))


def test_an_overload_is_no_function_that_runs() -> None:
    """It has the name of the one that does, and only says a type."""
    source = "@overload\ndef f(a: int): ...\n@typing.overload\ndef f(a: str): ...\ndef f(a):\n    return a\n"
    assert [(one.symbol, one.first_line) for one in functions(source)] == [("f", 5)]
