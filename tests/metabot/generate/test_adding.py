"""Items are added and taken out in the layout that is there."""

from __future__ import annotations

import libcst as cst
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.generate.adding import with_argument, with_entry
from metabot.generate.dropping import dropped


def code(node: cst.BaseExpression | None) -> str | None:
    return None if node is None else cst.Module([]).code_for_node(node)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("f(a=1)", "f(a=1, new=NEW)"),
        ("f(a, **b)", "f(a, **b, new=NEW)"),
        ("f(\n    a=1,\n    b=2,  # two\n)", "f(\n    a=1,\n    b=2,  # two\n    new=NEW,\n)"),
        ("f(\n    a=1,\n    b=2  # two\n)", "f(\n    a=1,\n    b=2,  # two\n    new=NEW\n)"),
        ("f(\n    a=1, b=2\n)", "f(\n    a=1, b=2, new=NEW\n)"),
    ],
)
def test_an_argument_stands_as_the_others_do(before: str, after: str) -> None:
    """A comment behind the last one stays with it."""
    assert code(with_argument(cst.parse_expression(before), "new", "NEW")) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"a": 1}', '{"a": 1, "new": NEW}'),
        ('{\n    "a": 1,\n    **b,  # more\n}', '{\n    "a": 1,\n    **b,  # more\n    "new": NEW,\n}'),
        ('{\n    "a": 1  # one\n}', '{\n    "a": 1,  # one\n    "new": NEW\n}'),
    ],
)
def test_an_entry_stands_as_the_others_do(before: str, after: str) -> None:
    """A comment behind the last one stays with it."""
    assert code(with_entry(cst.parse_expression(before), '"new"', "NEW")) == after


@pytest.mark.parametrize("source", ["f()", "f", "{}", "[1]"])
def test_nothing_is_added_to(source: str) -> None:
    """What has no items to stand behind."""
    assert with_argument(cst.parse_expression(source), "new", "NEW") is None
    assert with_entry(cst.parse_expression(source), '"new"', "NEW") is None


def written(left: list[int], kind: str, *, comma: bool, lines: bool) -> str:
    """A list or a dictionary with these items, each with a comment above it where they stand on lines."""
    item = '"x{0}": {0}' if kind == "{}" else "x{0}"
    form = f"    # {{0}}\n    {item}" if lines else item
    inside = (",\n" if lines else ", ").join(form.format(at) for at in left)
    return f"{kind[0]}\n{inside}{',' if comma else ''}\n{kind[1]}" if lines else f"{kind[0]}{inside}{kind[1]}"


@given(
    count=st.integers(1, 5),
    gone=st.sets(st.integers(0, 4)),
    comma=st.booleans(),
    lines=st.booleans(),
    kind=st.sampled_from(["[]", "{}"]),
)
def test_what_is_not_taken_out_stays(count: int, gone: set[int], comma: bool, lines: bool, kind: str) -> None:
    """Lists and dictionaries, on one line and on several, with and without a last comma."""
    before = written(list(range(count)), kind, comma=comma, lines=lines)
    rest = [at for at in range(count) if at not in gone]
    after = code(dropped(cst.parse_expression(before), frozenset(at for at in gone if at < count)))
    assert after == (written(rest, kind, comma=comma, lines=lines) if rest else None)
