"""What goes wrong in here is counted, whatever the application made of logging and of its exceptions."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from metabot_instrument.boundary import contained, count, failures


class SpeechlessError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


class Broken(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        raise RuntimeError("a filter that raises")


@pytest.fixture
def broken_filter() -> Iterator[None]:
    logger, broken = logging.getLogger("metabot_instrument"), Broken()
    logger.addFilter(broken)
    yield
    logger.removeFilter(broken)


def test_an_exception_without_words_is_counted() -> None:
    """Its own text raises, which is nobody's business outside."""

    @contained("speechless", 7)
    def fail() -> int:
        raise SpeechlessError

    assert fail() == 7
    assert failures()["speechless"] == 1


@pytest.mark.usefixtures("broken_filter")
def test_a_log_that_raises_stops_nothing() -> None:
    """Filters and handlers are the application's."""
    count("unheard", "a warning")
    assert failures()["unheard"] == 1


def test_the_first_of_a_kind_is_said(caplog: pytest.LogCaptureFixture) -> None:
    """With its type; the next are only counted."""
    for _ in range(3):
        count("told", ValueError("what it was"))
    assert [record.getMessage() for record in caplog.records] == [
        "told: ValueError: what it was (further ones are only counted)"
    ]
    assert failures()["told"] == 3
