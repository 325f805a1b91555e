"""What two wordings of one error have in common."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.errors.shape import shape


def shape_of(message):
    return pl.select(shape(pl.lit(message, pl.String))).item()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("took 12.5s, limit 10s", "took 7s, limit 8.25s", id="numbers"),
        pytest.param("no order HP-10482", "no order HP-7", id="ids"),
        pytest.param("429 for url: http://127.0.0.1:81/a?q=x", "429 for url: https://e.example/", id="addresses"),
        pytest.param("can't open 'a b', won't wait", "can't open 'c', won't wait", id="quotations"),
        pytest.param('{"code": "x"}', '{"code": "y z"}', id="JSON"),
        pytest.param("unknown user a@e.example", "unknown user b.c@f.example", id="e-mail"),
        pytest.param("a  b\n c", " a b c", id="white space"),
        pytest.param("x" * 1000 + "a", "x" * 1000 + "b", id="beyond what is looked at"),
        pytest.param("at 0x7ffe12ab", "at 0xdeadbeef01", id="hexadecimal"),
    ],
)
def test_one_error_has_one_shape(one, other):
    """Only values differ."""
    assert shape_of(one) == shape_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("connection refused", "connection reset", id="another word"),
        pytest.param("can't read", "can't write", id="behind an apostrophe"),
        pytest.param("", "x", id="nothing"),
    ],
)
def test_two_errors_have_two_shapes(one, other):
    """The words differ."""
    assert shape_of(one) != shape_of(other)


def test_no_message_has_no_shape():
    """Unknown is not the empty text."""
    assert shape_of(None) is None


@given(st.text(st.characters(exclude_categories=["Cs"])) | st.text("a1.'\"@: /h", max_size=30))
def test_the_shape_of_a_shape_is_itself(message):
    """A stored shape can be compared with a fresh one."""
    once = shape_of(message)
    assert shape_of(once) == once
