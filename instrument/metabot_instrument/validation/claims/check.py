"""Claims against knowledge: supported, contradicted or unknown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from metabot_instrument.validation.claims.knowledge import Fact, KnowledgeBase
from metabot_instrument.validation.claims.quantities import Quantity, days, quantities, quantity, singular
from metabot_instrument.validation.claims.sentences import PRONOUNS, Clause, clauses, content, opposed, words

Standing: TypeAlias = Literal["supported", "contradicted", "unknown"]


@dataclass(frozen=True, slots=True)
class Claim:
    """`about` is the subject and attribute or the sentence that it was held against; "" where there is none."""

    text: str
    standing: Standing
    about: str = ""


_SAYINGS: Final = tuple(
    frozenset(group.split())
    for group in (
        "price cost costs priced fee charge charged preis kostet prix coute precio cuesta",
        "founded established created started founding gegründet since",
        "population inhabitants residents people live lives einwohner",
        "height tall high height", "length long", "weight weighs weigh heavy", "width wide", "depth deep",
        "location located headquartered headquarters based lies situated seat sitz office",
        "author written wrote writer", "capital hauptstadt", "ceo executive chief leads led head runs",
        "founder founded founders started", "storage space disk", "released release launched launch published came",
        "trial try", "refund refunds returned return returns",
        "delivery delivered ship ships shipping arrives",
        "duration lasts last takes take", "age old", "speed fast", "born birth birthday", "died death dies",
        "warranty guarantee guaranteed", "opened opening opens open",
    )
)  # fmt: skip
_NAMED: Final = re.compile(
    r"\b(?:is|was|are|were|by|in|at|called|named|ist|war|est|es)\s+"
    r"(?:the\s+|in\s+|a\s+|an\s+)?([A-ZÄÖÜ][\w-]+)"
)


def checked(text: str, known: KnowledgeBase) -> list[Claim]:
    """Each claim of the text, in its order; a sentence that asks or requests is none."""
    facts, sentences = known.facts(), [(each, words(each)) for each in known.sentences()]
    found: list[Claim] = []
    last: str | None = None
    for clause in clauses(text):
        subject = _subject(clause, facts) or (last if PRONOUNS & set(clause.words[:2]) else None)
        last = subject or last
        own = [fact for fact in facts if fact.subject == subject]
        claims = list(_against_facts(clause, own, facts))
        found.extend(claims or _against_sentences(clause, sentences) or _unknown(clause, subject))
    return found


def _subject(clause: Clause, facts: Iterable[Fact]) -> str | None:
    """Who the clause is about: the name that stands first, of several there the longest."""
    row = f" {' '.join(clause.words)} "
    best: tuple[int, int, str] | None = None
    for fact in facts:
        for name in (fact.subject, *fact.called):
            at = row.find(f" {' '.join(words(name))} ")
            if at >= 0 and (best is None or (at, -len(name)) < best[:2]):
                best = (at, -len(name), fact.subject)
    return best[2] if best else None


def _against_facts(clause: Clause, own: Sequence[Fact], facts: Sequence[Fact]) -> Iterator[Claim]:
    named = [fact for fact in own if _mentions(clause, fact)]
    for fact in named or own:
        standing = _standing(clause, fact, facts, named=bool(named), alone=_alone(fact, own))
        if standing:
            yield Claim(clause.text, standing, f"{fact.subject}: {fact.attribute}")


def _mentions(clause: Clause, fact: Fact) -> bool:
    return any(
        set(words(saying)) <= set(clause.words) for saying in (fact.attribute.replace("_", " "), *fact.said)
    ) or any(group & set(clause.words) for group in _SAYINGS if set(words(fact.attribute.replace("_", " "))) & group)


def _alone(fact: Fact, own: Sequence[Fact]) -> bool:
    """Whether no other fact of the subject has values of this kind."""
    return sum(_kind(other) == _kind(fact) for other in own) == 1


def _kind(fact: Fact) -> str:
    value = fact.values[0]
    if isinstance(value, bool):
        return "yes or no"
    if isinstance(value, int | float):
        return quantity(value, fact.unit or singular(fact.attribute.lower())).kind
    return "date" if _dated(value) else "text"


def _standing(clause: Clause, fact: Fact, facts: Sequence[Fact], *, named: bool, alone: bool) -> Standing | None:
    kind = _kind(fact)
    if kind == "yes or no":
        return _told(clause.negated != fact.values[0]) if named else None
    if kind == "date":
        return _date(clause, fact) if named or alone else None
    if kind == "text":
        return _text(clause, fact, facts, named=named)
    return _number(clause, fact) if named or alone else None


def _told(right: object) -> Standing:
    return "supported" if right else "contradicted"


def _number(clause: Clause, fact: Fact) -> Standing | None:
    right = [quantity(float(value), fact.unit) for value in fact.values if isinstance(value, int | float)]
    kinds = {each.kind for each in right} | ({"", singular(fact.attribute.lower())} if not fact.unit else set())
    said = [each for each in quantities(clause.text) if each.kind in kinds or (not fact.unit and _counted(each, fact))]
    if not said:
        return None
    agrees = any(_near(one, other, fact.tolerance) for one in said for other in right)
    return _told(agrees != clause.negated)


def _counted(said: Quantity, fact: Fact) -> bool:
    return said.kind in {
        singular(word) for name in (fact.attribute, *fact.said) for word in words(name.replace("_", " "))
    }


def _near(said: Quantity, right: Quantity, tolerance: float) -> bool:
    return abs(said.number - right.number) <= max(abs(right.number) * tolerance, 1e-9 * abs(right.number))


def _date(clause: Clause, fact: Fact) -> Standing | None:
    said = days(clause.text)
    if not said:
        return None
    right = [day for value in fact.values for day in days(str(value))]
    return _told(any(one.agrees(other) for one in said for other in right) != clause.negated)


def _dated(value: str) -> bool:
    found = days(value)
    return bool(found) and len(words(value)) <= 4


def _text(clause: Clause, fact: Fact, facts: Sequence[Fact], *, named: bool) -> Standing | None:
    row = f" {' '.join(clause.words)} "
    if any(f" {' '.join(words(str(value)))} " in row for value in fact.values):
        return _told(not clause.negated)
    if not named:
        return None
    others = {value for other in facts if other.attribute == fact.attribute for value in other.values} - set(
        fact.values
    )
    if any(f" {' '.join(words(str(value)))} " in row for value in others):
        return _told(clause.negated)
    return "contradicted" if not clause.negated and _names_another(clause, fact) else None


def _names_another(clause: Clause, fact: Fact) -> bool:
    own = set(words(f"{fact.subject} {' '.join(fact.called)} {fact.attribute}"))
    return any(name.lower() not in own for name in _NAMED.findall(clause.text))


def _against_sentences(clause: Clause, sentences: Iterable[tuple[str, tuple[str, ...]]]) -> list[Claim]:
    """The sentence that has most words in common decides, where it has nearly all."""
    said = content(clause.words)
    best = max(((_common(said, content(row)), sentence, row) for sentence, row in sentences), default=None)
    if best is None or best[0] < 0.5:
        return []
    share, sentence, row = best
    true = Clause(sentence, row, sentence)
    numbers = {(each.number, each.kind) for each in quantities(clause.text)}
    right = {(each.number, each.kind) for each in quantities(sentence)}
    turned = opposed(said, content(row)) or clause.negated != true.negated
    if {kind for _, kind in numbers} & {kind for _, kind in right} and not numbers & right:
        turned = True
    if turned or share >= 0.75:
        return [Claim(clause.text, _told(not turned), sentence)]
    return []


def _common(said: frozenset[str], known: frozenset[str]) -> float:
    return len(said & known) / max(len(said | known), 1)


def _unknown(clause: Clause, subject: str | None) -> list[Claim]:
    """What could be checked and is not known: it names a number, a date, or a subject of the knowledge."""
    checkable = subject is not None or quantities(clause.text) or days(clause.text) or _NAMED.search(clause.text)
    return [Claim(clause.text, "unknown")] if checkable else []
