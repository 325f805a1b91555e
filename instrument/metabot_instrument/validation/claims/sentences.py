"""The parts of a text that claim something, and the words that turn a claim around."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple


def word_set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_END: Final = re.compile(r"[.!?\n](?:(?<=\n)\n*|\s+(?=[^a-z\s]))")
_CLAUSE: Final = re.compile(
    r"[;,\s](?:(?<=;)\s|(?<=,)\s(?:(?:but|while|whereas|aber|während|and|und)\s|(?=(?:it|he|she|they)\s))"
    r"|(?<=\s)(?:but|while|whereas|aber|während)\s"
    r"|(?<=\s)and\s(?=(?:is|are|was|were|has|have|does|do|can|will|costs?|weighs?|comes?|includes?|takes?|offers?|needs?"
    r"|runs?|it|its|they|their)\s))"
)
_WORD: Final = re.compile(r"\w++(?:['.]\w++)*+|[$€£%]")
_NO: Final = word_set(
    "not no never none neither nor without cannot isn't aren't wasn't weren't doesn't don't didn't won't hasn't "
    "haven't can't nicht kein keine keinen nie ohne pas jamais aucun aucune sin ningún ninguna nunca non senza "
    "mai não sem isnt doesnt lacks false"
)
_OPENERS: Final = word_set(
    "please could can would let hello hi thank thanks sorry if maybe perhaps suppose supposing imagine assume assuming "
    "bitte hallo danke angenommen"
)
_OPENINGS: Final = frozenset(
    {("i", "think"), ("i", "believe"), ("i", "am", "not", "sure"), ("i'm", "not", "sure"), ("what", "if")}
)
_REPORTERS: Final = word_set(
    "customer customers user users client clients guest guests he she they someone somebody people some many rumour "
    "rumours rumor rumors"
)
_REPORTS: Final = word_set(
    "ask asks asked wonder wonders wondered write writes wrote claim claims claimed say says said think thinks thought "
    "believe believes believed tell tells told hear hears heard"
)
_JOINTS: Final = word_set("but while whereas aber während and")
_BOUNDS: Final = re.compile(
    r"\b(?P<not>no|not)(?= (?:more|less|fewer|higher|lower|longer|later) than\b)", re.IGNORECASE
)
_STOP: Final = word_set(
    "the a an is are was were be been of in on at to for and or it its this that by with from as has have had will der "
    "die das ist sind war ein eine im in am zu und oder von mit für le la les un une est sont de du des et el los las "
    "es son y do does did our your their you we they there can only also"
)
_OPPOSITES: Final = word_set(
    "open/closed open/close free/paid before/after above/below more/fewer more/less increase/decrease always/never "
    "allowed/forbidden allowed/prohibited included/excluded includes/excludes supported/unsupported north/south "
    "east/west left/right largest/smallest highest/lowest first/last minimum/maximum enabled/disabled on/off "
    "oldest/newest public/private required/optional mandatory/optional rises/falls increases/decreases buy/sell "
    "true/false possible/impossible legal/illegal monthly/yearly daily/weekly weekly/monthly"
)
PRONOUNS: Final = word_set("it they he she this these its their his her es er sie il elle")
_VERBS: Final = word_set(
    "is are was were has have does do can will cost costs weigh weighs come comes include includes take takes offer "
    "offers need needs run runs"
)


class Clause(NamedTuple):
    text: str  # as it stands
    words: tuple[str, ...]  # in small letters
    negated: bool
    goes_on: bool = False  # with what the clause before it is about


def clauses(text: str) -> Iterator[Clause]:
    """What asks, requests, doubts, or reports what others say claims nothing."""
    for sentence in _sentences(text):
        said = words(sentence)
        if sentence.endswith("?") or _opens(said) or _reported(said):
            continue
        if ";" not in sentence and "," not in sentence and _JOINTS.isdisjoint(said):
            yield clause(sentence, said)
            continue
        for at, part in enumerate(_CLAUSE.split(sentence)):
            if part.strip():
                yield clause(part.strip(), words(part), after=at > 0)


def clause(text: str, said: tuple[str, ...], *, after: bool = False) -> Clause:
    """An even number of negations takes each other back; no more than is none."""
    negations = 0 if _NO.isdisjoint(said) else sum(word in _NO for word in said) - len(_BOUNDS.findall(text))
    goes_on = not PRONOUNS.isdisjoint(said[:2]) or (after and not _VERBS.isdisjoint(said[:1]))
    return Clause(text, said, negations % 2 == 1, goes_on)


def _sentences(text: str) -> Iterator[str]:
    began = 0
    for end in _END.finditer(text):
        if sentence := text[began : end.start() + 1].strip():
            yield sentence
        began = end.end()
    if sentence := text[began:].strip():
        yield sentence


def _opens(said: tuple[str, ...]) -> bool:
    """Whether it is put as what claims nothing."""
    return (
        not _OPENERS.isdisjoint(said[:1])
        or any(said[:length] in _OPENINGS for length in (2, 3, 4))
        or "whether" in said
    )


def _reported(said: tuple[str, ...]) -> bool:
    """Whether somebody says, asks or thinks, directly or with one word between."""
    if _REPORTS.isdisjoint(said) or _REPORTERS.isdisjoint(said):
        return False
    return any(word in _REPORTERS and not _REPORTS.isdisjoint(said[at + 1 : at + 3]) for at, word in enumerate(said))


def words(text: str) -> tuple[str, ...]:
    plain = text.lower().replace("’", "'").replace("_", " ")
    found = _WORD.findall(plain)
    return tuple(word.removesuffix("'s") for word in found) if "'s" in plain else tuple(found)


def content(of: tuple[str, ...]) -> frozenset[str]:
    """The words that carry it: no articles, no negation, no plural."""
    return frozenset(_stem(word) for word in of if word not in _STOP and word not in _NO)


def opposed(mine: frozenset[str], theirs: frozenset[str]) -> bool:
    """Whether one says open where the other says closed."""
    ours, others = mine - theirs, theirs - mine
    return bool(ours and others) and any(pair & ours and pair & others for pair in _STEMMED)


def _stem(word: str) -> str:
    for end in ("ies", "es", "s", "ed", "ing"):
        if word.endswith(end) and len(word) - len(end) > 3:
            return word[: -len(end)]
    return word


_STEMMED: Final = tuple(frozenset(map(_stem, pair.split("/"))) for pair in _OPPOSITES)
