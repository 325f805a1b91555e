"""Fixtures of the bot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

import pytest

from metabot_instrument.current import configure, settings


@pytest.fixture(autouse=True)
def tells_where_it_told_before() -> Iterator[None]:
    """A pass in the tests' own process sets where metabot's own events go; the next test finds it as it was."""
    before = settings()
    yield
    if settings() is not before:
        configure(**asdict(before))
