"""What is made once, and fails once for all."""

from __future__ import annotations

import pytest

from metabot.once import once


def test_is_made_when_it_is_first_asked_for_and_not_again() -> None:
    """Also where it is None."""
    made: list[int] = []
    given = once(lambda: made.append(1))
    assert made == []
    assert (given(), given()) == (None, None)
    assert made == [1]


def test_a_failure_is_not_tried_again() -> None:
    """Whoever asks next gets the same one."""
    tried: list[int] = []

    def fail() -> None:
        tried.append(1)
        raise ConnectionError("nobody there")

    given = once(fail, ConnectionError)
    for _ in range(3):
        with pytest.raises(ConnectionError, match="nobody there"):
            given()
    assert tried == [1]


def test_another_failure_is_a_bug_and_no_answer() -> None:
    """It is raised, and what was to be made is tried again."""
    answers = iter([ZeroDivisionError()])

    def make() -> str:
        for error in answers:
            raise error
        return "made"

    given = once(make, ConnectionError)
    with pytest.raises(ZeroDivisionError):
        given()
    assert given() == "made"
