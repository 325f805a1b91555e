"""Token counts of the replay."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.replay.tokens import tokens


@given(st.text())
def test_cutting_loses_nothing(text: str) -> None:
    """The tokens joined are the text, whatever it holds."""
    assert "".join(tokens(text)) == text


@pytest.mark.parametrize(
    ("text", "count"),
    [
        pytest.param("", 0, id="nothing"),
        pytest.param("Hello world", 2, id="a word takes the space before it"),
        pytest.param("cancellation", 2, id="a long word is two"),
        pytest.param("2026", 2, id="three digits at most"),
        pytest.param('{"a": 1}', 6, id="JSON"),
    ],
)
def test_counts(text: str, count: int) -> None:
    """The stated rule, by example."""
    assert len(tokens(text)) == count


def test_english_prose_has_about_four_characters_a_token() -> None:
    """The ratio that the documentation states."""
    prose = (
        "The parcel counts as lost when its tracking has not moved for five working days; then we send the goods "
        "again or refund them, as the customer prefers. Look at the record before you offer a voucher."
    )
    assert 3.5 < len(prose) / len(tokens(prose)) < 5.0
