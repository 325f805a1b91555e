"""What an application knows, made ready once: what a clause says is then looked up by its words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from metabot_instrument.validation.claims.dates import Day, days
from metabot_instrument.validation.claims.knowledge import Fact, KnowledgeBase
from metabot_instrument.validation.claims.likeness import Sentences
from metabot_instrument.validation.claims.phrases import Phrases
from metabot_instrument.validation.claims.quantities import Quantity, quantities, quantity
from metabot_instrument.validation.claims.sentences import words
from metabot_instrument.validation.claims.units import KINDS, singular, unit
from metabot_instrument.validation.claims.wordings import LIMITS, PLACED, SAYINGS

VERSION: Final = re.compile(r"(?<![\w.])v?(\d+(?:\.\d+){1,4})(?![\w.]*\w)", re.IGNORECASE)
NAME: Final = r"(?:the\s+|a\s+|an\s+)?([A-ZÄÖÜ][\w-]+)"
Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ready:
    """A fact, read."""

    subject: str
    about: str
    attribute: str
    kind: str  # "yes or no", "date", "version", "text", or of which unit
    sayings: tuple[frozenset[str], ...]  # all words of one of them name the attribute
    groups: frozenset[str]  # one of these does, too
    right: tuple[Quantity, ...] = ()
    days: tuple[Day, ...] = ()
    rows: tuple[Row, ...] = ()
    answer: bool = False
    unit: bool = False
    factor: float = 1.0
    limit: bool = False
    placed: bool = False
    counted: frozenset[str] = frozenset()
    tolerance: float = 0.0
    own: frozenset[str] = frozenset()
    followed: re.Pattern[str] | None = None  # what names the attribute, with a name after it


class Subject:
    """The facts of one subject, by the words that name their attributes."""

    def __init__(self, facts: Sequence[Ready]) -> None:
        self._by_word: dict[str, list[Ready]] = {}
        common = Counter(word for fact in facts for word in frozenset().union(*fact.sayings))
        for fact in facts:
            for word in {min(saying, key=lambda one: (common[one], one)) for saying in fact.sayings} | fact.groups:
                self._by_word.setdefault(word, []).append(fact)
        kinds = Counter(fact.kind for fact in facts)
        self.alone = [fact for fact in facts if kinds[fact.kind] == 1 and fact.kind not in ("yes or no", "text")]
        self.values = Phrases((row, fact) for fact in facts if fact.kind in ("text", "version") for row in fact.rows)

    def named(self, said: frozenset[str]) -> list[Ready]:
        """Facts that the words name; where one says more of the words than another, that one alone."""
        hits: dict[int, tuple[Ready, frozenset[str]]] = {}
        for word in sorted(self._by_word.keys() & said):
            for fact in self._by_word[word]:
                if id(fact) not in hits and (by := _named_by(fact, said)):
                    hits[id(fact)] = fact, by
        found = list(hits.values())
        return [fact for fact, by in found if not any(by < other for _, other in found)]


class Prepared:
    """Of a knowledge base that gives other facts than before, the new ones are read."""

    def __init__(self, known: KnowledgeBase) -> None:
        self.known = known
        self._read()

    def fresh(self) -> Prepared:
        if tuple(self.known.facts()) != self._facts or tuple(self.known.sentences()) != self._plain:
            self._read()
        return self

    def _read(self) -> None:
        self._facts, self._plain = tuple(self.known.facts()), tuple(self.known.sentences())
        ready = [read(fact) for fact in self._facts]
        by_subject: dict[str, list[Ready]] = {}
        by_attribute: dict[str, list[Ready]] = {}
        for fact in ready:
            by_subject.setdefault(fact.subject, []).append(fact)
            by_attribute.setdefault(fact.attribute, []).append(fact)
        self.subjects = {name: Subject(facts) for name, facts in by_subject.items()}
        names = {(words(name), fact.subject) for fact in self._facts for name in (fact.subject, *fact.called)}
        self.names = Phrases(sorted(names))
        self.values = {
            attribute: Phrases((row, row) for row in {row for fact in facts for row in fact.rows})
            for attribute, facts in by_attribute.items()
        }
        self.sentences = Sentences(self._plain)


def read(fact: Fact) -> Ready:
    attribute = fact.attribute.replace("_", " ")
    named = words(attribute)
    sayings = tuple(frozenset(words(saying)) for saying in (attribute, *fact.said) if words(saying))
    groups: frozenset[str] = frozenset().union(*(group for group in SAYINGS if group & set(named)))
    every = frozenset(word for saying in (attribute, *fact.said) for word in words(saying))
    kind, right = _kind(fact)
    return Ready(
        subject=fact.subject,
        about=f"{fact.subject}: {fact.attribute}",
        attribute=fact.attribute,
        kind=kind,
        sayings=sayings,
        groups=groups,
        right=right,
        days=tuple(day for value in fact.values for day in days(str(value))) if kind == "date" else (),
        rows=tuple(words(str(value)) for value in fact.values) if kind in ("text", "version") else (),
        answer=bool(fact.values[0]),
        unit=kind in KINDS,
        factor=unit(fact.unit.lower())[1],
        limit=bool(LIMITS & every),
        placed=bool(PLACED & (every | groups)),
        counted=frozenset(singular(word) for word in every | groups),
        tolerance=fact.tolerance,
        own=frozenset(words(f"{fact.subject} {' '.join(fact.called)} {attribute}")),
        followed=_followed(attribute, *fact.said) if kind == "text" else None,
    )


def _followed(*sayings: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?i:{'|'.join(map(re.escape, sayings))})\s+{NAME}")


def _kind(fact: Fact) -> tuple[str, tuple[Quantity, ...]]:
    first = fact.values[0]
    if isinstance(first, bool):
        return "yes or no", ()
    if isinstance(first, int | float):
        numbers = [float(value) for value in fact.values if isinstance(value, int | float)]
        right = tuple(quantity(number, fact.unit) for number in numbers)
        return right[0].kind or singular(fact.attribute.lower()), right
    texts = [str(value) for value in fact.values]
    if days(first) and len(words(first)) <= 4:
        return "date", ()
    if all(VERSION.fullmatch(text) for text in texts) and not fact.unit:
        return "version", ()
    measured = tuple(found for text in texts for found in _measured(f"{text} {fact.unit}".strip()))
    return (measured[0].kind, measured) if len(measured) == len(texts) else ("text", ())


def _measured(text: str) -> Iterable[Quantity]:
    """What a text is that is a number or a range with its unit, and nothing else."""
    found = quantities(text)
    alone = len(found) == 1 and found[0].kind in KINDS and found[0].at <= 1 and len(words(text)) <= _MOST_WORDS
    return found if alone else []


_MOST_WORDS: Final = 5  # of a range: 1 to 2 days


def _named_by(fact: Ready, said: frozenset[str]) -> frozenset[str]:
    """The words of the clause that name the attribute."""
    by = [saying for saying in fact.sayings if saying <= said]
    return frozenset().union(*by, fact.groups & said)
