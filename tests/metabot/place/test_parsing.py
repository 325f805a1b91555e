"""Somebody else's Python, read without a word."""

from __future__ import annotations

import warnings

import pytest

from metabot.place.parsing import parse, parse_expression


def test_somebody_elses_warnings_are_not_ours() -> None:
    """An invalid escape in a target's string is read as Python reads it, and nothing is printed."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(parse('x = "\\d"').body) == 1


def test_an_expression_may_go_over_several_lines() -> None:
    """As it may between brackets in the file that it was taken from."""
    assert parse_expression('"a"\n"b"  # c').lineno == 1


@pytest.mark.parametrize("source", ["def (", "\0"])
def test_what_is_no_python_raises(source: str) -> None:
    """The caller says what that means."""
    with pytest.raises((SyntaxError, ValueError)):
        parse(source)
