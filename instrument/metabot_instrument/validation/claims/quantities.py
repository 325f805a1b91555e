"""Numbers with their units, as texts write them: ranges, bounds, and separators of several countries."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from math import inf
from typing import Final, Literal, NamedTuple, TypeAlias, cast

from metabot_instrument.validation.claims.dates import without_dates
from metabot_instrument.validation.claims.units import unit

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
_NUMBER: Final = re.compile(
    r"(?P<sign>(?:[$€£¥₹]|\b(?:eur|usd|gbp|chf|jpy|inr|sek|pln|cad|aud))\s?)?(?<![\w.,/-])"
    rf"(?P<number>-?\d{{1,3}}(?:{_GAP}\d{{3}})+(?:\.\d+)?(?!\d)|-?\d{{1,3}}(?:\.\d{{3}})+(?:,\d+)?(?![\d.])|-?\d+(?:[.,]\d+)?"
    rf"|\b(?:{'|'.join(NUMBER_WORDS)})\b)(?![\d/])"
    r"(?P<times>[ -]?(?:hundred|thousand|million(?:en)?|billion|bn|k)\b)?"
    r"(?:\s?-?(?P<unit>%|°c|km/h|[€$£¥₹]"
    r"|(?!(?:to|and|or|of|a|an|per|in|on|for|is|are|was|at|with|by|the|each|bis|und|oder|but|as|than|from)\b)"
    r"[^\W\d_]+))?"
)
_DASHED: Final = re.compile(r"(?<=\d)\s?[-–—]\s?(?=\d)|(?<=\w)[–—](?=\d)")
_SPANNED: Final = re.compile(r"\s*(?:to|bis)\s*[$€£]?")
_BETWEEN: Final = re.compile(r"\b(?:between|zwischen)\s+[$€£]?$")
_AND: Final = re.compile(r"\s*(?:and|und)\s*[$€£]?")
_LARGER: Final = "more|(?:great|high|long|larg|bigg|heavi|old|tall|deep|wid)er"
_SMALLER: Final = "less|fewer|(?:low|small|short|light|cheap|young)er"
_BEFORE: Final = tuple(
    (bound, re.compile(rf"\b(?:{words})\s+(?:of\s+)?[$€£]?$"))
    for bound, words in cast(
        "Sequence[tuple[Bound, str]]",
        (
            ("at least", rf"at least|not? (?:{_SMALLER}) than|mindestens"),
            ("at most", rf"at most|not? (?:{_LARGER}|later) than|höchstens"),
            ("over", rf"over|above|beyond|exceed(?:s|ing)?|(?:{_LARGER}) than|mehr als|über"),
            ("under", rf"under|below|(?:{_SMALLER}) than|weniger als|unter"),
            ("about", r"about|around|roughly|approximately|nearly|almost|some|circa|ca\.|etwa|rund"),
        ),
    )
)
_AFTER: Final[tuple[tuple[Bound, re.Pattern[str]], ...]] = (
    ("at least", re.compile(r"\s*or (?:more|older|over|above|higher|longer)\b")),
    ("at most", re.compile(r"\s*or (?:less|fewer|younger|under|below|lower)\b")),
)
_LOOKED_AT: Final = 25  # characters before a number, for what bounds it
_ROUNDED: Final = 0.05  # that what is said with about may be off
_JUST: Final = 1e-6  # over a number is not that number


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


def quantities(text: str) -> list[Quantity]:
    """The numbers of a text that belong to no date."""
    plain = _DASHED.sub(" to ", without_dates(text.lower()))
    return list(_joined(list(_written(plain)), plain))


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
    found = Quantity(number, number, one.kind, one.start, _bound(one, text), number)
    just = abs(number) * _JUST
    match found.bound:
        case "over":
            return found._replace(low=number + just, high=inf)
        case "at least":
            return found._replace(high=inf)
        case "under":
            return found._replace(low=-inf, high=number - just)
        case "at most":
            return found._replace(low=-inf)
    return found._replace(other=None if one.other is None else one.other * scale)


def _bound(one: _Written, text: str) -> Bound:
    before = text[max(0, one.start - _LOOKED_AT) : one.start]
    found: Bound = next((bound for bound, pattern in _BEFORE if pattern.search(before)), "")
    return found or next((bound for bound, pattern in _AFTER if pattern.match(text, one.end)), "")


def _written(text: str) -> Iterator[_Written]:
    for match in _NUMBER.finditer(text):
        digits = match["number"]
        number, other = (NUMBER_WORDS[digits], None) if digits in NUMBER_WORDS else _read(digits)
        times = _TIMES[match["times"].strip(" -")] if match["times"] else 1.0
        kind, factor = unit((match["sign"] or match["unit"] or "").strip())
        yield _Written(number, other, times, kind, factor, match.start(), match.end())


def _read(digits: str) -> tuple[float, float | None]:
    """The number, and the other that the same signs mean elsewhere."""
    if re.fullmatch(rf"-?\d{{1,3}}(?:{_GAP}\d{{3}})+(?:\.\d+)?", digits):
        return float(re.sub(_GAP, "", digits)), None
    if re.fullmatch(r"-?\d{1,3}(?:\.\d{3})+,\d+|-?\d{1,3}(?:\.\d{3}){2,}", digits):
        return float(digits.replace(".", "").replace(",", ".")), None
    if re.fullmatch(r"-?[1-9]\d{0,2}\.\d{3}", digits):
        return float(digits), float(digits.replace(".", ""))
    return float(digits.replace(",", ".")), None
