"""How much a text looks like an attempt on a model's instructions: from 0 to 1, and why."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from metabot_instrument.validation.jailbreak.folded import smuggled
from metabot_instrument.validation.jailbreak.learned import likelihood
from metabot_instrument.validation.jailbreak.letters import Row, row
from metabot_instrument.validation.jailbreak.marks import hinted
from metabot_instrument.validation.jailbreak.rules import RULES, Reason, Rule
from metabot_instrument.validation.jailbreak.spellings import decoded, respelled
from metabot_instrument.validation.jailbreak.turns import compliant_turns

WINDOW: Final = 300  # words that are looked at together
DEEPEST: Final = 2  # encodings inside encodings
TELLING: Final = 0.2  # from this score on the rules say why
SURE: Final = 0.85  # from this score on the wording takes nothing away
_SOME_PROMPT: Final = re.compile("9_?[SO]")  # a prompt, whoever's


class Suspicion(NamedTuple):
    score: float
    reason: Reason | None  # what weighs most


class Hit(NamedTuple):
    at: int  # the word
    weight: float
    reason: Reason


NOTHING: Final = Suspicion(0.0, None)


def suspicion(text: str) -> Suspicion:
    """How likely the text is an attack, by the rules and by its wording."""
    read = row(text)
    found = _ruled_row(text, read, 0)
    if not read.words and found == NOTHING:
        return NOTHING
    likely = max(likelihood(read, *found), found.score if found.score >= SURE else 0.0)
    return Suspicion(likely, found.reason if found.score >= TELLING else "worded like an attack")


def ruled(text: str, depth: int = 0) -> Suspicion:
    """What the rules alone say of the text, and of what it hides."""
    return _ruled_row(text, row(text), depth)


def _ruled_row(text: str, read: Row, depth: int) -> Suspicion:
    found = _of_row(read)
    longest = max(map(len, text.split()), default=0)
    for other in respelled(text, read, longest):
        found = max(found, _raised(_of_row(row(other))))
    if depth < DEEPEST:
        for hidden in _hidden(text, longest):
            inner = ruled(hidden, depth + 1)
            if inner.score >= 0.3:
                found = max(found, Suspicion(_calmed(min(1.0, inner.score + 0.25), read), "encoded instructions"))
    return found


def _hidden(text: str, longest: int) -> Iterator[str]:
    unseen = smuggled(text)
    if len(unseen) > 3:
        yield unseen
    if len(text) > 15:
        yield from decoded(text, longest)


def _raised(inner: Suspicion) -> Suspicion:
    """Who hides words means them: the score of what reads like an attack only once it is spelled otherwise."""
    return Suspicion(min(1.0, inner.score * 1.2), "encoded instructions") if inner.score >= 0.3 else NOTHING


def _of_row(read: Row) -> Suspicion:
    letters = read.letters
    hits = [*_hits(letters), *_marked(read)]
    if not hits:
        return NOTHING
    if len(letters) <= WINDOW * 2:
        return _combined(hits)
    step = WINDOW // 2
    near: dict[int, list[Hit]] = {}
    for hit in hits:
        for start in {hit.at // step, max(hit.at - step, 0) // step}:
            near.setdefault(start, []).append(hit)
    return max(map(_combined, near.values()))


def _hits(letters: str) -> Iterator[Hit]:
    for rule in _fitting(set(letters)):
        for number, found in enumerate(rule.pattern.finditer(letters)):
            yield Hit(found.start(), rule.weight * _doubt(letters, found.start(), found.end()), rule.reason)
            if number > 200:
                break


def _by_rarest() -> dict[str, list[int]]:
    """Numbers of rules, each under the letter it needs that fewest rules need; under "" those that need none."""
    common = Counter(letter for rule in RULES for letter in rule.needs)
    found: dict[str, list[int]] = {"": []}
    for number, rule in enumerate(RULES):
        found.setdefault(min(rule.needs, key=lambda one: (common[one], one), default=""), []).append(number)
    return found


_BY_RAREST: Final = _by_rarest()


def _fitting(present: set[str]) -> list[Rule]:
    """The rules all of whose letters are there."""
    numbers = [number for letter in present & _BY_RAREST.keys() for number in _BY_RAREST[letter]] + _BY_RAREST[""]
    return [rule for rule in map(RULES.__getitem__, sorted(numbers)) if rule.needs <= present]


def _marked(read: Row) -> Iterator[Hit]:
    text, present = read.text, set(read.letters)
    for mark in hinted(text, set(read.words)):
        if mark.needs <= present:
            found = mark.pattern.search(text)
            if found:
                at = int(found.start() / len(text) * len(read.letters))
                yield Hit(at, mark.weight * _talk(read.letters, at), mark.reason)
    turns = compliant_turns(text)
    if turns:
        yield Hit(0, min(0.9, 0.25 + 0.1 * turns), "many examples")


def _doubt(letters: str, start: int, end: int) -> float:
    """How much of a rule's weight stays: who warns, reports or quotes does not mean it."""
    stays = _talk(letters, start)
    before = letters[max(start - 3, 0) : start].rpartition("|")[2]
    if letters[start] in "Vv" and ("n" in before or (set(before) & {"o", "0"} and "y" not in before)):
        stays *= 0.45
    if letters[start] == "V" and "1" in letters[start:end]:
        stays *= 0.5
    if letters[start] in "XTLl":
        if _SOME_PROMPT.search(letters, start, end):
            stays *= 0.5
        if "n" in before[-2:] or ("o" in before and "y" not in before):
            stays *= 0.5
    if _quoted(letters, start, end):
        stays *= 0.8 if stays == 1.0 else 0.45
    return stays


def _talk(letters: str, at: int) -> float:
    talk = letters.count("d", max(at - 50, 0), at + 50)
    return (1.0, 0.75, 0.5, 0.35)[min(talk, 3)]


def _quoted(letters: str, start: int, end: int) -> bool:
    return letters.count('"', max(start - 60, 0), start) % 2 == 1 and '"' in letters[end : end + 40]


def _calmed(score: float, read: Row) -> float:
    return score * (1.0 if "d" not in read.letters else _talk(read.letters, len(read.letters) // 2))


def _combined(hits: Iterable[Hit]) -> Suspicion:
    """Of each reason the heaviest counts whole and the next one half; reasons add up as independent chances do."""
    by_reason: dict[Reason, list[float]] = {}
    for hit in hits:
        by_reason.setdefault(hit.reason, []).append(hit.weight)
    innocent = 1.0
    for weights in by_reason.values():
        heaviest = sorted(weights, reverse=True)[:2]
        for weight, share in zip(heaviest, (1.0, 0.5), strict=False):
            innocent *= 1.0 - weight * share
    reason = max(by_reason, key=lambda one: max(by_reason[one]))
    return Suspicion(1.0 - innocent, reason)
