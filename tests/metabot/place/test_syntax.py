"""The nodes of a Python source and what they stand in."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.place import syntax, texts
from metabot.place.syntax import argument, dotted, spots

SOURCES = [Path(module.__file__ or "").read_text(encoding="utf-8") for module in (syntax, texts)]


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("word", ["node", "def ", "JoinedStr", "nowhere"])
def test_with_a_word_nothing_that_stands_beside_it_is_lost(source: str, word: str) -> None:
    """Every expression on one line with the word is there, in the same function, as it is without words."""
    near = {number for number, line in enumerate(source.split("\n"), 1) if word in line}

    def beside(found: list[syntax.Spot]) -> set[tuple[str, str | None, tuple[int, int]]]:
        return {
            (ast.dump(one.node), one.symbol, one.lines)
            for one in found
            if isinstance(one.node, ast.expr) and one.node.lineno in near
        }

    assert beside(list(spots(source, word))) == beside(list(spots(source)))


def test_a_decorator_stands_in_what_it_decorates() -> None:
    """The lines begin with it, and its names belong to the function."""
    found = {
        one.node.id: one
        for one in spots("class A:\n    @b\n    def c(self):\n        d\n")
        if isinstance(one.node, ast.Name)
    }
    assert [(found[name].symbol, found[name].lines) for name in "bd"] == [("A.c", (2, 4)), ("A.c", (2, 4))]


@pytest.mark.parametrize(
    ("call", "name", "passed"),
    [
        ("client.with_options(timeout=1).messages.create(**x)", ("client", "with_options", "messages", "create"), None),
        ("span('a')", ("span",), "a"),
        ("f()[0].span(name='a')", ("span",), "a"),
        ("(lambda: 1)()", (), None),
    ],
)
def test_names_of_a_call(call: str, name: tuple[str, ...], passed: str | None) -> None:
    """The dotted name as far as it is one, and an argument by keyword or place."""
    node = ast.parse(call, mode="eval").body
    assert isinstance(node, ast.Call)
    given = argument(node, "name", 0)
    assert (dotted(node.func), given.value if isinstance(given, ast.Constant) else None) == (name, passed)


@given(st.text() | st.text(alphabet="()[]{}:\"'f\\\n\t =.,ab1#@"))
def test_any_text_is_read_without_failing(source: str) -> None:
    """What is not Python has no nodes."""
    assert all(one.lines[0] <= one.lines[1] for one in spots(source))


@pytest.mark.parametrize("source", ["(" * 5000, "not " * 100_000 + "1", "a." * 100_000 + "b", "1+" * 100_000 + "1"])
def test_nesting_beyond_reason_is_no_python(source: str) -> None:
    """Whatever the parser raises for it."""
    assert list(spots(source)) == []
