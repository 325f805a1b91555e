"""Claims against knowledge: supported, contradicted or unknown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from metabot_instrument.validation.claims.dates import Day, days
from metabot_instrument.validation.claims.prepared import NAME, VERSION, Prepared, Ready, Subject
from metabot_instrument.validation.claims.quantities import NUMBER_WORDS, Quantity, quantities
from metabot_instrument.validation.claims.sentences import Clause, clauses, word_set
from metabot_instrument.validation.claims.units import MONEY
from metabot_instrument.validation.claims.wordings import NAMING, PARTS

Standing: TypeAlias = Literal["supported", "contradicted", "unknown"]


@dataclass(frozen=True, slots=True)
class Claim:
    """`about` is the subject and attribute or the sentence that it was held against; "" where there is none."""

    text: str
    standing: Standing
    about: str = ""


_NAMED: Final = re.compile(rf"\b(?:is|was|are|were|by|under|called|named|ist|war|est|es)\s+{NAME}")
_NAMED_PLACE: Final = re.compile(rf"\b(?:in|at)\s+{NAME}")
_NO_NAMES: Final = word_set(
    "january february march april may june july august september october november december monday tuesday wednesday "
    "thursday friday saturday sunday not"
)
_YEARS: Final = range(1500, 2101)
_COUNTS: Final = re.compile(r"\d|\b(?:hundred|thousand|[mb]illion)\b|\b(?:than|half) an?\b")


class Said:
    """What one clause says, each thing read when it is first asked for."""

    __slots__ = ("_days", "_quantities", "clause", "words")

    def __init__(self, clause: Clause) -> None:
        self.clause = clause
        self.words = frozenset(clause.words)
        self._quantities: Sequence[Quantity] | None = None
        self._days: Sequence[Day] | None = None

    def counts(self) -> bool:
        """Whether there is any number."""
        return bool(_COUNTS.search(self.clause.text)) or self._worded()

    def quantities(self) -> Sequence[Quantity]:
        if self._quantities is None:
            self._quantities = quantities(self.clause.text, words=self._worded()) if self.counts() else ()
        return self._quantities

    def days(self) -> Sequence[Day]:
        if self._days is None:
            self._days = days(self.clause.text)
        return self._days

    def bare(self) -> Sequence[Quantity]:
        """The numbers, where none has a unit or counts anything, and none is a year."""
        return () if self.days() or any(each.kind for each in self.quantities()) else self.quantities()

    def _worded(self) -> bool:
        return not self.words.isdisjoint(NUMBER_WORDS)


def checked(text: str, known: Prepared) -> list[Claim]:
    """Each claim of the text, in its order; a sentence that asks, requests or reports is none."""
    found: list[Claim] = []
    last: str | None = None
    for clause in clauses(text):
        subject = _subject(clause, known) or (last if clause.goes_on else None)
        last = subject or last
        said = Said(clause)
        claims = list(_against_facts(said, known.subjects[subject], known)) if subject else []
        found.extend(claims or _against_sentences(clause, known) or _unknown(said, subject))
    return found


def _subject(clause: Clause, known: Prepared) -> str | None:
    """Who the clause is about: the name that stands first, of several there the longest."""
    best: tuple[int, int, str] | None = None
    for at, length, subject in known.names.within(clause.words):
        if best is not None and at > best[0]:
            break
        if best is None or length > -best[1]:
            best = at, -length, subject
    return best[2] if best else None


def _against_facts(said: Said, subject: Subject, known: Prepared) -> Iterator[Claim]:
    if named := subject.named(said.words):
        facts = named
    else:
        facts = [
            *subject.alone,
            *{id(each.what): each.what for each in subject.values.within(said.clause.words)}.values(),
        ]
    for fact in facts:
        standing = _standing(said, fact, known, named=bool(named))
        if standing == "contradicted" and not named and not _sure(said, fact):
            continue
        if standing:
            yield Claim(said.clause.text, standing, fact.about)


def _standing(said: Said, fact: Ready, known: Prepared, *, named: bool) -> Standing | None:
    negated = said.clause.negated
    if fact.kind == "yes or no":
        return _told(negated != fact.answer) if named else None
    if fact.kind == "date":
        agrees = any(one.agrees(other) for one in said.days() for other in fact.days)
        return _told(agrees != negated) if said.days() else None
    if fact.kind in ("text", "version"):
        return _text(said, fact, known, named=named)
    return _number(said, fact, named=named)


def _sure(said: Said, fact: Ready) -> bool:
    """Of a fact that is not named: whether nothing says that it is another attribute's value."""
    return fact.kind != "date" and said.words.isdisjoint(NAMING - fact.groups)


def _told(right: object) -> Standing:
    return "supported" if right else "contradicted"


def _number(said: Said, fact: Ready, *, named: bool) -> Standing | None:
    mine = [each for each in said.quantities() if _comparable(each, fact, named=named)]
    if not mine and named and fact.unit:
        mine = [each.scaled(fact.factor, fact.kind) for each in said.bare()]
    if not mine:
        return _in_other_money(said, fact) if named else None
    told = [_agrees(one, right, fact) for one in mine for right in fact.right]
    agrees = True if True in told else False if False in told and said.words.isdisjoint(PARTS) else None
    return None if agrees is None else _told(agrees != said.clause.negated)


def _comparable(said: Quantity, fact: Ready, *, named: bool) -> bool:
    """A number of nothing is of a fact without a unit where that is named, but a year only of a year."""
    if fact.unit or said.kind:
        return said.kind == fact.right[0].kind or (
            not fact.unit and (said.kind == fact.kind or said.kind in fact.counted)
        )
    return named and (_like_year(said) <= any(_like_year(each) for each in fact.right))


def _like_year(number: Quantity) -> bool:
    return number.low == number.high and number.low in _YEARS


def _in_other_money(said: Said, fact: Ready) -> Standing | None:
    """The right number in a wrong currency is wrong; another number may be converted."""
    if fact.kind not in MONEY:
        return None
    same = any(each.kind in MONEY and each.number == right.number for each in said.quantities() for right in fact.right)
    return _told(said.clause.negated) if same else None


def _agrees(said: Quantity, right: Quantity, fact: Ready) -> bool | None:
    """None where the two overlap and neither holds the other."""
    if fact.limit and said.bound in ("at least", "at most"):
        said = said.exactly()
    if said.other is not None and _agrees(said.exactly(said.other), right, fact):
        return True
    slack = max(abs(right.low), abs(right.high)) * max(fact.tolerance, said.tolerance, 1e-9)
    if said.low - slack <= right.low and right.high <= said.high + slack:
        return True
    if right.low - slack <= said.low and said.high <= right.high + slack:
        return True
    return False if said.high < right.low - slack or said.low > right.high + slack else None


def _text(said: Said, fact: Ready, known: Prepared, *, named: bool) -> Standing | None:
    clause = said.clause
    values = [each.what for each in known.values[fact.attribute].within(clause.words)]
    if any(row in fact.rows for row in values):
        return _told(not clause.negated)
    if not named:
        return None
    if values:
        return _told(clause.negated)
    another = bool(VERSION.search(clause.text)) if fact.kind == "version" else _names_another(clause, fact)
    return "contradicted" if another and not clause.negated else None


def _names_another(clause: Clause, fact: Ready) -> bool:
    names = _NAMED.findall(clause.text) + (_NAMED_PLACE.findall(clause.text) if fact.placed else [])
    if fact.followed is not None:
        names += fact.followed.findall(clause.text)
    return any(name.lower() not in fact.own and name.lower() not in _NO_NAMES for name in names)


def _against_sentences(clause: Clause, known: Prepared) -> list[Claim]:
    decided = known.sentences.decide(clause)
    return [Claim(clause.text, _told(decided[0]), decided[1])] if decided else []


def _unknown(said: Said, subject: str | None) -> list[Claim]:
    """What could be checked and is not known: it names a number, a date, or a subject of the knowledge."""
    text = said.clause.text
    checkable = subject is not None or said.counts() or _NAMED.search(text) or _NAMED_PLACE.search(text)
    return [Claim(text, "unknown")] if checkable else []
