"""Names from wherever they come, of which only so many are told apart: the rest are counted together."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, TypeVar

K = TypeVar("K")

OTHER: Final = "other"


def own_or_other(name: K, known: Collection[K], most: int, other: K) -> K:
    """What `name` is counted under: itself where it is known or fewer than `most` are, else `other`."""
    return name if name in known or len(known) < most else other
