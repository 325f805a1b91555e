"""The parts of a text that claim something, and the words that turn a claim around."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple


def _row(words: str) -> frozenset[str]:
    return frozenset(words.split())


_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+(?=[^a-z])|\n+")
_CLAUSE: Final = re.compile(
    r";\s|,?\s(?:but|while|whereas|aber|während)\s|,\s(?:and|und)\s|(?<=\w),\s(?=(?:it|he|she|they)\s)"
)
_WORD: Final = re.compile(r"[^\W_]+(?:['’.][^\W_]+)*|[$€£%]")
_NO: Final = _row(
    "not no never none neither nor without cannot isn't aren't wasn't weren't doesn't don't didn't won't hasn't "
    "haven't can't nicht kein keine keinen nie ohne pas jamais aucun aucune sin ningún ninguna nunca non senza "
    "mai não sem isnt doesnt lacks false"
)
_NO_CLAIM: Final = re.compile(
    r"^\W*(?:please|could|can|would|let|hello|hi|thanks?|thank|sorry|if|maybe|perhaps|i think|i believe|i am not sure|"
    r"bitte|hallo|danke)\b",
    re.IGNORECASE,
)
_STOP: Final = _row(
    "the a an is are was were be been of in on at to for and or it its this that by with from as has have had will der "
    "die das ist sind war ein eine im in am zu und oder von mit für le la les un une est sont de du des et el los las "
    "es son y do does did our your their you we they there can only also"
)
_OPPOSITES: Final = _row(
    "open/closed open/close free/paid before/after above/below more/fewer more/less increase/decrease always/never "
    "allowed/forbidden allowed/prohibited included/excluded includes/excludes supported/unsupported north/south "
    "east/west left/right largest/smallest highest/lowest first/last minimum/maximum enabled/disabled on/off "
    "oldest/newest public/private required/optional mandatory/optional rises/falls increases/decreases buy/sell "
    "true/false possible/impossible legal/illegal monthly/yearly daily/weekly weekly/monthly"
)
PRONOUNS: Final = _row("it they he she this these es er sie il elle")


class Clause(NamedTuple):
    text: str  # as it stands
    words: tuple[str, ...]  # in small letters
    sentence: str  # that it stands in

    @property
    def negated(self) -> bool:
        """An even number of negations takes each other back."""
        return sum(word in _NO for word in self.words) % 2 == 1


def clauses(text: str) -> Iterator[Clause]:
    """What asks, requests or doubts claims nothing."""
    for sentence in _SENTENCE.split(text):
        if sentence.strip() and not sentence.rstrip().endswith("?") and not _NO_CLAIM.match(sentence):
            for part in _CLAUSE.split(sentence):
                if part.strip():
                    yield Clause(part.strip(), words(part), sentence.strip())


def words(text: str) -> tuple[str, ...]:
    return tuple(word.lower().replace("’", "'").removesuffix("'s") for word in _WORD.findall(text))


def content(of: tuple[str, ...]) -> frozenset[str]:
    """The words that carry it: no articles, no negation, no plural."""
    return frozenset(_stem(word) for word in of if word not in _STOP and word not in _NO)


def opposed(mine: frozenset[str], theirs: frozenset[str]) -> bool:
    """Whether one says open where the other says closed."""
    return any(pair & (mine - theirs) and pair & (theirs - mine) for pair in _STEMMED)


def _stem(word: str) -> str:
    for end in ("ies", "es", "s", "ed", "ing"):
        if word.endswith(end) and len(word) - len(end) > 3:
            return word[: -len(end)]
    return word


_STEMMED: Final = tuple(frozenset(map(_stem, pair.split("/"))) for pair in _OPPOSITES)
