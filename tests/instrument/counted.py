"""What went wrong in the instrument while a test looked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from metabot_instrument.boundary import failures


@contextmanager
def counted(kind: str, number: int) -> Iterator[None]:
    """Within it, `number` failures of a kind are counted."""
    before = failures().get(kind, 0)
    yield
    assert failures().get(kind, 0) - before == number
