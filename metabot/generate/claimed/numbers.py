"""Numbers in a text, with what they count: 1,900 tokens, 0.4 s, 79 %, twice, two thirds.

Digits and number words alike. A number that is a part of a name (gpt-4o, utf-8, sha256) is none.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["seconds", "tokens", "usd", "share", "times", "plain"]

_UNITS: Final[Mapping[str, tuple[Kind, float]]] = {
    "%": ("share", 0.01), "percent": ("share", 0.01),
    "ms": ("seconds", 0.001), "millisecond": ("seconds", 0.001),
    "s": ("seconds", 1), "sec": ("seconds", 1), "second": ("seconds", 1),
    "min": ("seconds", 60), "minute": ("seconds", 60), "h": ("seconds", 3600), "hour": ("seconds", 3600),
    "token": ("tokens", 1), "usd": ("usd", 1), "dollar": ("usd", 1), "cent": ("usd", 0.01),
    "×": ("times", 1), "x": ("times", 1), "time": ("times", 1), "fold": ("times", 1),
    "€": ("usd", math.nan), "£": ("usd", math.nan), "eur": ("usd", math.nan), "gbp": ("usd", math.nan),
}  # fmt: skip
_MULTIPLES: Final = {"k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6}
_WORDS: Final = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
    "twelve": 12, "dozen": 12, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
    "eighty": 80, "ninety": 90, "hundred": 100, "thousand": 1000, "million": 10**6,
}  # fmt: skip
_ONES: Final = {"one": 1, **{word: value for word, value in _WORDS.items() if value < 10}}
_PARTS: Final = {"half": 2, "halves": 2, "third": 3, "quarter": 4, "fifth": 5, "tenth": 10}
_TIMES: Final = {
    "twice": 2.0, "doubl": 2.0, "tripl": 3.0, "thrice": 3.0, "quadrupl": 4.0, "quintupl": 5.0,
    "order of magnitude": 10.0, "orders of magnitude": math.nan,
}  # fmt: skip
_OF: Final = r"(?=\s+(?:of|as|the|less|more|fewer|faster|slower|cheaper|shorter|lower|smaller)\b)"

_UNIT: Final = (
    r"(?:[\s-]?(?P<multiple>k|thousand|M|million)\b)?"
    r"(?:[\s-]?(?P<unit>%|×|€|£|(?:percent|ms|milliseconds?|secs?|seconds?|s|mins?|minutes?|h|hours?"
    r"|tokens?|USD|EUR|GBP|dollars?|cents?|x|times|fold)\b))?"
)
_DIGITS: Final = re.compile(
    r"(?P<before>(?<![\w.])|(?<=[A-Za-z]-))(?P<usd>\$\s?)?"
    r"(?P<number>\d{1,3}(?:[,_ ]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)" + _UNIT + r"(?![\w])"
)
_SPELLED: Final = re.compile(
    rf"\b(?P<number>{'|'.join(_WORDS)})(?:[\s-](?P<ones>{'|'.join(_ONES)}))?(?:\b|(?=fold))"
    rf"(?![\s-](?:{'|'.join(_PARTS)})s?\b){_UNIT}",
    re.IGNORECASE,
)
_PART: Final = re.compile(
    rf"\b(?:(?P<count>{'|'.join(_WORDS)})[\s-])?(?P<part>{'|'.join(_PARTS)})s?\b{_OF}|\b(?P<halved>halv(?:es|ed|ing))\b"
    r"|\b(?P<over>\d{1,9})\s?[/⁄]\s?(?P<under>\d{1,9})\b",
    re.IGNORECASE,
)
_IN_HALF: Final = re.compile(r"\b(?:in|by|to) half\b", re.IGNORECASE)
# Written in a way that is no number here: 0x640, 16e2. Ordinals are no claims.
_ODD: Final = re.compile(r"(?<![\w.-])(?!\d+(?:st|nd|rd|th)\b)\d[\d.,]*[A-Za-z_]\w*")
_MANY: Final = re.compile(rf"\b(?P<times>{'|'.join(_TIMES)})", re.IGNORECASE)
_HEDGED: Final = re.compile(
    r"(?:about|around|roughly|nearly|almost|approximately|some|over|under|than|least|most|to|~|≈)\s*\Z", re.IGNORECASE
)
_ROUND_WORDS: Final = 0.1  # "a third" may stand for 30 to 37 %
_HEDGE: Final = 0.05


@dataclass(frozen=True, slots=True)
class Number:
    value: float  # seconds, tokens, USD, a share as a fraction; not a number: no figure can be meant
    kind: Kind
    within: float  # by how much a figure may differ that was rounded to it


def numbers(text: str) -> Iterator[Number]:
    """Every number of a text, however it is written."""
    text = unicodedata.normalize("NFKC", text)
    for find in (_DIGITS, _SPELLED):
        for match in find.finditer(text):
            number = _number(match, text)
            if number is not None:
                yield number
    for share in (*map(_share, _PART.finditer(text)), *(0.5 for _ in _IN_HALF.finditer(text))):
        yield Number(share, "share", _ROUND_WORDS * min(share, 1 - share))
    for match in _MANY.finditer(text):
        times = _TIMES[match["times"].lower()]
        yield Number(times, "times", _ROUND_WORDS * times)
    parsed = {match.start() for match in _DIGITS.finditer(text)}
    yield from (Number(math.nan, "plain", 0.0) for match in _ODD.finditer(text) if match.start() not in parsed)


def _number(match: re.Match[str], text: str) -> Number | None:
    groups = match.groupdict()
    unit = (groups["unit"] or "").lower()
    in_name = match.start() > 1 and text[match.start() - 1] == "-" and not unit
    if in_name and text[match.start() - 2].isalpha():
        return None
    counted: tuple[Kind, float] = _UNITS.get(unit) or _UNITS.get(unit.removesuffix("s")) or ("plain", 1.0)
    kind: Kind
    kind, scale = ("usd", 1.0) if groups.get("usd") else counted
    scale *= _MULTIPLES.get((groups["multiple"] or "").lower(), 1.0)
    written = groups["number"].lower()
    ones = _ONES.get((groups.get("ones") or "").lower(), 0)
    value = float(_WORDS[written] + ones) if written in _WORDS else float(re.sub("[,_ ]", "", written))
    hedged = _HEDGE * value if _HEDGED.search(text, 0, match.start()) else 0.0
    step = 0.5 if kind == "share" and "." not in written else _half_a_step(written)
    return Number(value * scale, kind, max(step, hedged) * scale)


def _half_a_step(written: str) -> float:
    """Of the last digit that is shown; zeros at the end of a whole number may be rounding, but for two digits."""
    digits = re.sub("[,_ ]", "", written)
    whole, point, decimals = digits.partition(".")
    if point:
        return 0.5 / 10.0 ** len(decimals)
    zeros = len(whole) - len(whole.rstrip("0")) if whole.isdigit() else 0
    return 0.5 * 10.0 ** max(0, min(zeros, len(whole) - 2))


def _share(match: re.Match[str]) -> float:
    if match["halved"]:
        return 0.5
    if match["over"]:
        return int(match["over"]) / max(1, int(match["under"]))
    return _WORDS.get((match["count"] or "").lower(), 1) / _PARTS[match["part"].lower()]
