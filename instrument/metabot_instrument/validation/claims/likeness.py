"""A clause held against plain sentences: the one that has most words in common decides, where it has nearly all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final, NamedTuple

from metabot_instrument.validation.claims.quantities import quantities
from metabot_instrument.validation.claims.sentences import Clause, clause, content, opposed, words

_ALIKE: Final = 0.5  # share of the words in common from which a sentence may contradict
_SAME: Final = 0.75  # and from which it supports


class Sentence(NamedTuple):
    text: str
    content: frozenset[str]
    negated: bool
    numbers: frozenset[tuple[float, str]]


class Sentences:
    def __init__(self, texts: Iterable[str]) -> None:
        self._all = [_read(text) for text in texts]
        self._by_word: dict[str, list[int]] = {}
        for at, sentence in enumerate(self._all):
            for word in sentence.content:
                self._by_word.setdefault(word, []).append(at)

    def decide(self, said: Clause) -> tuple[bool, str] | None:
        """Whether the nearest sentence supports it, and that sentence; None where none is near."""
        if not self._all:
            return None
        mine = content(said.words)
        share, nearest = self._nearest(mine)
        if nearest is None or share < _ALIKE:
            return None
        turned = opposed(mine, nearest.content) or said.negated != nearest.negated or _differ(said.text, nearest)
        return (not turned, nearest.text) if turned or share >= _SAME else None

    def _nearest(self, mine: frozenset[str]) -> tuple[float, Sentence | None]:
        common = Counter(at for word in mine for at in self._by_word.get(word, ()))
        scored = ((many / (len(mine) + len(self._all[at].content) - many), -at) for at, many in common.items())
        share, at = max(scored, default=(0.0, 0))
        return share, self._all[-at] if common else None


def _read(text: str) -> Sentence:
    read = clause(text, words(text))
    return Sentence(text, content(read.words), read.negated, _numbers(text))


def _differ(text: str, sentence: Sentence) -> bool:
    if not sentence.numbers:
        return False
    said = _numbers(text)
    return bool({kind for _, kind in said} & {kind for _, kind in sentence.numbers}) and not said & sentence.numbers


def _numbers(text: str) -> frozenset[tuple[float, str]]:
    return frozenset((each.number, each.kind) for each in quantities(text))
