"""What has become of a change in another form of its file."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.publish.hunks import Standing, standing

BEFORE = "".join(f"line {number}\n" for number in range(30))
AFTER = BEFORE.replace("line 10\n", "line ten\n").replace("line 25\n", "")
FAR = "line 17\n"  # neither changed nor near a change


def changed(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(BEFORE, "to make", id="as it was"),
        pytest.param(AFTER, "made", id="as it is to be"),
        pytest.param(changed(BEFORE, FAR, "another\n"), "to make", id="other lines changed"),
        pytest.param(changed(AFTER, FAR, "another\n"), "made", id="made, and other lines changed"),
        pytest.param("new\n" * 5 + BEFORE, "to make", id="moved down"),
        pytest.param(changed(BEFORE, "line 10\n", "line X\n"), "otherwise", id="the same line, otherwise"),
        pytest.param(changed(BEFORE, "line 25\n", "line 25\nline 25b\n"), "otherwise", id="a line beside it"),
        pytest.param(changed(BEFORE, "line 10\n", "line ten\n"), "otherwise", id="one part of two"),
        pytest.param("something else\n", "unknown", id="another file"),
        pytest.param("", "unknown", id="an empty file"),
    ],
)
def test_tells_what_became_of_it(text: str, expected: Standing) -> None:
    """By the lines of the change and three lines around them."""
    assert standing(BEFORE, AFTER, text) == expected


def test_an_added_line() -> None:
    """There is nothing that has to be gone."""
    before, after = "a\nb\nc\nd\n", "a\nb\nnew\nc\nd\n"
    assert standing(before, after, "zero\n" + before) == "to make"
    assert standing(before, after, "zero\n" + after) == "made"
    assert standing(before, after, "zero\na\nb\nother\nc\nd\n") == "otherwise"


lines = st.lists(st.sampled_from(["a\n", "b\n", "c\n"]), max_size=8).map("".join)


@given(lines, lines)
def test_before_and_after_are_told_apart(before: str, after: str) -> None:
    """Of any two texts."""
    assert standing(before, after, before) == "to make"
    if before != after:
        assert standing(before, after, after) == "made"
