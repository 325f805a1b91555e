"""Fixtures of everything that applications import."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from metabot_instrument.vocabulary import layers


@pytest.fixture
def declared() -> Iterator[None]:
    """What a test declares is gone afterwards."""
    known, named = dict(layers.LAYERS), dict(layers._NAMED)
    yield
    for now, before in ((layers.LAYERS, known), (layers._NAMED, named)):
        now.clear()
        now.update(before)
