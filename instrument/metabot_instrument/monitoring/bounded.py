"""Counts by name that do not grow without bound, whatever names come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from typing import Final, Generic, TypeVar

from metabot_instrument.monitoring.observation import LONGEST

OTHER: Final = "(other)"
K = TypeVar("K", bound=Hashable)


def name_of(told: object) -> str:
    """At most 200 printable characters of it."""
    text = told[:LONGEST] if isinstance(told, str) and told else "(unnamed)"
    return text if text.isprintable() else "".join(one if one.isprintable() else "·" for one in text)


def joined(kind: str, name: str) -> str:
    r"""`kind:name`, and of no other pair: a colon of the kind's own is `\:`."""
    escaped = kind.replace("\\", r"\\").replace(":", r"\:")
    return f"{escaped}:{name}"


class Bounded(Generic[K]):
    """Counts of at most `most` keys; further ones are counted together as `other`."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._counts: Counter[K] = Counter()
        self.other = 0

    def add(self, key: K, number: int = 1) -> bool:
        """Whether it is counted under its own key."""
        if key in self._counts or len(self._counts) < self._most:
            self._counts[key] += number
            return True
        self.other += number
        return False

    def __contains__(self, key: object) -> bool:
        return key in self._counts

    def __getitem__(self, key: K) -> int:
        return self._counts[key]

    def total(self) -> int:
        return self._counts.total() + self.other

    def most_common(self, number: int) -> list[tuple[K, int]]:
        """The most frequent first, equal ones by their key."""
        return sorted(self._counts.items(), key=lambda item: (-item[1], str(item[0])))[:number]
