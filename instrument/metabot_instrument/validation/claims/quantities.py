"""Numbers with their units, as texts write them: ranges, bounds, and separators of several countries."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from math import inf, nan
from typing import Final, Literal, NamedTuple, TypeAlias

from metabot_instrument.validation.claims.dates import without_dates
from metabot_instrument.validation.claims.sentences import word_set
from metabot_instrument.validation.claims.units import CLOCK, unit

Bound: TypeAlias = Literal["", "over", "under", "at least", "at most", "about"]

_ONES: Final = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS: Final = "twenty thirty forty fifty sixty seventy eighty ninety"
NUMBER_WORDS: Final = {word: float(at) for at, word in enumerate(_ONES.split())} | {
    word: at * 10.0 for at, word in enumerate(_TENS.split(), 2)
}
_TIMES: Final = {"hundred": 1e2, "thousand": 1e3, "k": 1e3, "million": 1e6, "millionen": 1e6, "billion": 1e9,
                 "bn": 1e9}  # fmt: skip
_GAP: Final = "[,'’  \u00a0\u202f]"  # between thousands
_HALVES: Final = {"am": 0, "pm": 12}  # of the day
_GAPS: Final = re.compile(_GAP)
_GAPPED: Final = re.compile(rf"\d{{1,3}}(?:{_GAP}\d{{3}})+(?:\.\d+)?")
_THOUSAND: Final = 3  # digits
_WRITTEN: Final = (  # the digit stands outside of the alternatives: a search leaps to it
    r"(?P<number>{}\d(?:\d?:\d{{2}}(?![\d:])|\d{{0,2}}(?:"
    + _GAP
    + r"\d{{3}})+(?:\.\d+)?(?!\d)|\d{{0,2}}(?:\.\d{{3}})+(?:,\d+)?(?![\d.])"
    r"|\d*(?:[.,]\d+)?))(?![\d/:])"
    r"(?P<times>[ -]?(?:hundred|thousand|million(?:en)?|billion|bn|k)\b)?"
    r"(?:\s?-?(?P<unit>%|°c|km/h|[€$£¥₹]"
    r"|(?!(?:to|and|or|of|a|an|per|in|on|for|is|are|was|at|with|by|the|each|bis|und|oder|but|as|than|from)\b)"
    r"[^\W\d_]+))?"
)
_NUMBER: Final = re.compile(_WRITTEN.format(""))
_NUMBER_OR_WORD: Final = re.compile(_WRITTEN.format(rf"\b(?:{'|'.join(NUMBER_WORDS)})\b|"))
_SIGN: Final = re.compile(r"(?:([$€£¥₹])|\b(eur|usd|gbp|chf|jpy|inr|sek|pln|cad|aud))\s?$")
_SPELLED: Final = ("half a", "than a", "a hundred", "a thousand", "a million", "a billion")
_HALF: Final = re.compile(r"(?<!and )\bhalf an?\s")
_ONE: Final = re.compile(r"\ban?\s(?=(?:hundred|thousand|million|billion)\b)|(?<=\bthan )an?\s")
_DASHES: Final = frozenset("-–—")
_DASHED: Final = re.compile(r"(?<=\d)\s?[-–—]\s?(?=\d)|(?<=\w)[–—](?=\d)")
_SPANNED: Final = re.compile(r"\s*(?:to|bis)\s*[$€£]?")
_BETWEEN: Final = re.compile(r"\b(?:between|zwischen)\s+[$€£]?$")
_AND: Final = re.compile(r"\s*(?:and|und)\s*[$€£]?")
_LARGER: Final = "more|(?:great|high|long|larg|bigg|heavi|old|tall|deep|wid)er"
_SMALLER: Final = "less|fewer|(?:low|small|short|light|cheap|young)er"
_BOUNDS: Final[dict[str, Bound]] = {
    "least": "at least", "most": "at most", "over": "over", "under": "under", "about": "about",
}  # fmt: skip
_BEFORE: Final = re.compile(
    rf"\b(?:(?P<least>at least|not? (?:{_SMALLER}) than|mindestens)"
    rf"|(?P<most>at most|not? (?:{_LARGER}|later) than|höchstens)"
    rf"|(?P<over>over|above|beyond|exceed(?:s|ing)?|(?:{_LARGER}) than|mehr als|über)"
    rf"|(?P<under>under|below|(?:{_SMALLER}) than|weniger als|unter)"
    r"|(?P<about>about|around|roughly|approximately|nearly|almost|some|circa|ca\.|etwa|rund))\s+(?:of\s+)?(?:[$€£]\s?)?$"
)
_BOUNDING: Final = word_set(
    "least most mindestens höchstens over above beyond exceed exceeds exceeding than als über under below unter "
    "about around roughly approximately nearly almost some circa ca. etwa rund of"
)  # that end what stands there
_AFTER: Final = re.compile(
    r"\s*or (?:(?P<least>more|older|over|above|higher|longer)|(?P<most>less|fewer|younger|under|below|lower))\b"
)
_LOOKED_AT: Final = 25  # characters before a number, for what bounds it
_ROUNDED: Final = 0.05  # that what is said with about may be off
_SIGNED: Final = 5  # characters before a number, for its currency
_JOINED: Final = frozenset("_.,/-")  # to what stands before them, so that it is no number of its own
_JUST: Final = 1e-6  # over a number is not that number


_REACHES: Final[dict[Bound, Callable[[float], tuple[float, float]]]] = {
    "": lambda number: (number, number),
    "about": lambda number: (number, number),
    "at least": lambda number: (number, inf),
    "at most": lambda number: (-inf, number),
    "over": lambda number: (number + abs(number) * _JUST, inf),
    "under": lambda number: (-inf, number - abs(number) * _JUST),
}


class Quantity(NamedTuple):
    """All from `low` to `high`, in the unit of its kind. `bound` says how it was put."""

    low: float
    high: float
    kind: str  # of unit, or the word that is counted
    at: int
    bound: Bound = ""
    number: float = 0.0  # that is written, or the first of a range
    other: float | None = None  # as elsewhere one would read it: 1.299 is a thousand and something

    @property
    def tolerance(self) -> float:
        return _ROUNDED if self.bound == "about" else 0.0

    def exactly(self, number: float | None = None) -> Quantity:
        """The number that bounds it, itself."""
        number = self.number if number is None else number
        return self._replace(low=number, high=number, bound="", number=number, other=None)

    def scaled(self, factor: float, kind: str) -> Quantity:
        """A number without a unit, as one of that unit."""
        other = None if self.other is None else self.other * factor
        return Quantity(self.low * factor, self.high * factor, kind, self.at, self.bound, self.number * factor, other)


class _Written(NamedTuple):
    number: float
    other: float | None
    times: float
    kind: str
    factor: float
    start: int
    end: int


def quantities(text: str, *, words: bool = True) -> list[Quantity]:
    """The numbers of a text that belong to no date; `words` says whether any may be a word."""
    plain = without_dates(text.lower())
    if any(part in plain for part in _SPELLED):
        plain = _ONE.sub("1 ", _HALF.sub("0.5 ", plain))
    if not _DASHES.isdisjoint(plain):
        plain = _DASHED.sub(" to ", plain)
    return list(_joined(list(_written(plain, _NUMBER_OR_WORD if words else _NUMBER)), plain))


def quantity(number: float, name: str) -> Quantity:
    """A number of a knowledge base, in the unit of its kind."""
    kind, factor = unit(name.lower())
    return Quantity(number * factor, number * factor, kind, 0, "", number * factor)


def _joined(written: list[_Written], text: str) -> Iterator[Quantity]:
    at = 0
    while at < len(written):
        one = written[at]
        other = written[at + 1] if at + 1 < len(written) else None
        if other and _spans(one, other, text):
            yield _range(one, other)
            at += 2
        else:
            yield _single(one, text)
            at += 1


def _spans(one: _Written, other: _Written, text: str) -> bool:
    if one.kind and other.kind and one.kind != other.kind:
        return False
    between = text[one.end : other.start] if other.start - one.end < _LOOKED_AT else "…"
    if _SPANNED.fullmatch(between):
        return True
    return bool(_AND.fullmatch(between) and _BETWEEN.search(text[max(0, one.start - _LOOKED_AT) : one.start]))


def _range(one: _Written, other: _Written) -> Quantity:
    factor = one.factor if one.kind else other.factor
    times = other.times if one.times == 1.0 and not one.kind else one.times
    ends = sorted((one.number * times * factor, other.number * other.times * (other.factor if other.kind else factor)))
    return Quantity(ends[0], ends[1], one.kind or other.kind, one.start, "", ends[0])


def _single(one: _Written, text: str) -> Quantity:
    scale = one.times * one.factor
    number = one.number * scale
    bound = _bound(one, text)
    low, high = _REACHES[bound](number)
    other = None if one.other is None or low != high else one.other * scale
    return Quantity(low, high, one.kind, one.start, bound, number, other)


def _bound(one: _Written, text: str) -> Bound:
    before = text[max(0, one.start - _LOOKED_AT) : one.start]
    last = before.rstrip("$€£ ").rpartition(" ")[2]
    found = _BEFORE.search(before) if last in _BOUNDING else None
    if found is None and text.startswith(" or ", one.end):
        found = _AFTER.match(text, one.end)
    return _BOUNDS[found.lastgroup or ""] if found else ""


def _written(text: str, pattern: re.Pattern[str]) -> Iterator[_Written]:
    for match in pattern.finditer(text):
        start = match.start()
        before = text[max(0, start - _SIGNED) : start]
        minus = before.endswith("-") and not before[-2:-1].isalnum()
        last = before[-2:-1] if minus else before[-1:]
        if last.isalnum() or last in _JOINED:
            continue
        digits = match["number"]
        number, other = (
            (NUMBER_WORDS[digits], None) if digits in NUMBER_WORDS else (0.0, None) if ":" in digits else _read(digits)
        )
        times = _TIMES[match["times"].strip(" -")] if match["times"] else 1.0
        signed = _SIGN.search(before)
        kind, factor = unit((signed[1] or signed[2] if signed else match["unit"]) or "")
        if ":" in digits or match["unit"] in _HALVES:
            number, other, kind, factor = _clock(digits, match["unit"]), None, CLOCK, 1.0
        yield _Written(-number if minus else number, other, times, kind, factor, start, match.end())


def _clock(digits: str, half: str | None) -> float:
    """Minutes of the day."""
    hours, _, minutes = digits.partition(":")
    if not (hours + minutes).isdigit():
        return nan
    hour = int(hours) % 12 + _HALVES[half] if half in _HALVES else int(hours)
    return hour * 60.0 + int(minutes or 0)


def _read(digits: str) -> tuple[float, float | None]:
    """The number, and the other that the same signs mean elsewhere."""
    if digits.isdigit():
        return float(digits), None
    if _GAPPED.fullmatch(digits):
        return float(_GAPS.sub("", digits)), None
    whole, _, decimals = digits.partition(".")
    if "." in decimals or "," in decimals:
        return float(digits.replace(".", "").replace(",", ".")), None
    if len(decimals) == _THOUSAND and len(whole) <= _THOUSAND and whole[0] != "0":
        return float(digits), float(whole + decimals)
    return float(digits.replace(",", ".")), None
