"""Finds the exchange that answers a request, and remembers what was played.

First by hash: the request's own, or those of its model and all its texts. Then by sequence: the next exchange of the
sequence that this conversation follows, if the same side spoke last. Then the nearest that is alike enough. An exchange
is played once before any is played again; what is asked for more often than it was recorded fails at the recorded rate.
"""

from __future__ import annotations

import random
import threading
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from metabot.replay.asked import Asked
from metabot.replay.cassette import Cassette, Exchange, Kind
from metabot.replay.likeness import FLOOR, alike, at_most, series
from metabot.replay.played import Way


@dataclass(frozen=True, slots=True)
class Found:
    exchange: Exchange
    way: Way


@dataclass(frozen=True, slots=True)
class Missing:
    nearest: float | None  # how alike the nearest is; None: the cassette knows no such model or tool


class Tape:
    """Safe to use from many threads."""

    def __init__(self, cassette: Cassette, *, seed: int) -> None:
        self._exchanges = cassette.exchanges
        self._seed = seed
        self._by_request: dict[tuple[Kind, str], list[int]] = defaultdict(list)
        self._by_texts: dict[tuple[int, str], list[int]] = defaultdict(list)
        self._by_sequence: dict[str, list[int]] = defaultdict(list)
        self._by_series: dict[tuple[Kind, str], list[int]] = defaultdict(list)
        for place, one in enumerate(self._exchanges):
            if one.request is not None:
                self._by_request[one.kind, one.request].append(place)
            if one.texts:
                self._by_texts[len(one.texts), one.texts[-1]].append(place)
            self._by_sequence[one.sequence].append(place)
            self._by_series[one.kind, series(one.likeness.model)].append(place)
        self._played: set[int] = set()
        self._follows: dict[str, int] = {}  # what a conversation left: the place of its last exchange
        self._again: Counter[str] = Counter()
        self._lock = threading.Lock()

    @property
    def played(self) -> int:
        return len(self._played)

    def find(self, asked: Asked) -> Found | Missing:
        with self._lock:
            after = next((self._follows[left] for left in asked.continues if left in self._follows), None)
            found = self._found(asked, after)
            if isinstance(found, Missing):
                return found
            place, way = found
            self._follows |= dict.fromkeys(asked.leaves, place)
            return Found(self._exchanges[self._play(asked, place)], way)

    def _found(self, asked: Asked, after: int | None) -> tuple[int, Way] | Missing:
        if (place := self._same(asked, after)) is not None:
            return place, "hash"
        if (place := self._next(asked, after)) is not None:
            return place, "sequence"
        likeness, place = self._nearest(asked)
        return Missing(likeness) if place is None else (place, "nearest")

    def _same(self, asked: Asked, after: int | None) -> int | None:
        places = self._by_request.get((asked.kind, asked.request), []) or self._by_said(asked)
        if not places:
            return None
        followed = None if after is None else self._exchanges[after].sequence
        unplayed = [place for place in places if place not in self._played]
        of_sequence = [place for place in unplayed if self._exchanges[place].sequence == followed]
        succeeded = [place for place in places if not self._exchanges[place].failed]
        return next(iter(of_sequence or unplayed or succeeded or places))

    def _by_said(self, asked: Asked) -> list[int]:
        """Those of the same model whose texts are the request's, all of them in order."""
        if not asked.texts:
            return []
        keys = [(len(asked.texts), spelling) for spelling in dict.fromkeys(asked.texts[-1])]
        candidates = [place for key in keys for place in self._by_texts.get(key, ())]
        return sorted(place for place in candidates if _says(self._exchanges[place], asked))

    def _next(self, asked: Asked, after: int | None) -> int | None:
        if after is None:
            return None
        sequence = self._by_sequence[self._exchanges[after].sequence]
        unplayed = (place for place in sequence if place > after and place not in self._played)
        return next((place for place in unplayed if _fits(self._exchanges[place], asked)), None)

    def _nearest(self, asked: Asked) -> tuple[float | None, int | None]:
        """An unplayed one before one that was played, the first of those that are equally alike."""
        places = self._by_series.get((asked.kind, series(asked.likeness.model)), [])
        if not places:
            return None, None
        bounds = sorted((at_most(asked.likeness, self._exchanges[place].likeness), -place) for place in places)
        best = (-1.0, False, 0)
        while bounds and bounds[-1][0] >= best[0]:  # what is left may be as near as the best so far
            place = -bounds.pop()[1]
            likeness = alike(asked.likeness, self._exchanges[place].likeness)
            best = max(best, (likeness, place not in self._played, -place))
        return best[0], -best[2] if best[0] >= FLOOR else None

    def _play(self, asked: Asked, place: int) -> int:
        if place not in self._played:
            self._played.add(place)
            return place
        self._again[asked.request] += 1
        draw = random.Random(f"{self._seed} {asked.request} {self._again[asked.request]}")
        places = self._by_series[asked.kind, series(self._exchanges[place].likeness.model)]
        failures = [failed for failed in places if self._exchanges[failed].failed]
        return draw.choice(failures) if draw.random() < len(failures) / len(places) else place


def _says(one: Exchange, asked: Asked) -> bool:
    said = all(recorded in spellings for recorded, spellings in zip(one.texts, asked.texts, strict=True))
    return said and series(one.likeness.model) == series(asked.likeness.model)


def _fits(one: Exchange, asked: Asked) -> bool:
    """Of the same model or tool, and after the same side spoke."""
    same = one.kind == asked.kind and series(one.likeness.model) == series(asked.likeness.model)
    return same and _last(one.likeness.roles) in (_last(asked.likeness.roles), None)


def _last(roles: Sequence[str] | None) -> str | None:
    return roles[-1] if roles else None
