"""Dates, as texts write them."""

from __future__ import annotations

import re
from typing import Final, Literal, NamedTuple

_NAMES: Final = "jan feb mar apr may jun jul aug sep oct nov dec"
_MONTHS: Final = {name: number for number, name in enumerate(_NAMES.split(), 1)} | {
    "mär": 3,
    "mai": 5,
    "okt": 10,
    "dez": 12,
}
_MONTH: Final = r"(?P<name>jan|feb|mar|mär|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)[a-zä]*\.?"
_DATES: Final = (
    re.compile(r"\b(?P<year>\d{4})-(?P<month>\d{2})(?:-(?P<day>\d{2}))?\b"),
    re.compile(r"\b(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})\b"),
    re.compile(rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)?\s(?:of\s)?{_MONTH}(?:,?\s(?P<year>\d{{4}}))?\b"),
    re.compile(rf"\b{_MONTH}\s(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s(?P<year>\d{{4}}))?\b"),
    re.compile(rf"\b{_MONTH}\s(?P<year>\d{{4}})\b"),
    re.compile(r"(?<![\w.,/$€£-])(?P<year>1[5-9]\d\d|20\d\d)(?![\w%€]|[.,]\d|\s?(?:eur|usd|km|kg|gb|mb|people|users))"),
)
_IN_DIGITS: Final = re.compile(r"\d(?:\d{3}-\d|\.\d{1,2}\.\d{4})")
_NAMED_MONTH: Final = re.compile(r"(?:jan|feb|m[aä]r|apr|ma[yi]|jun|jul|aug|sep|o[ck]t|nov|de[cz])(?<=\b\w{3})")
_YEAR: Final = re.compile(r"\d{4}")
_BEFORE: Final = re.compile(r"\b(?:before|prior to|earlier than|vor)\s+(?:the\s+)?$")
_AFTER: Final = re.compile(r"\b(?:after|later than|nach)\s+(?:the\s+)?$")
_LOOKED_AT: Final = 20  # characters before a date


class Day(NamedTuple):
    year: int | None
    month: int | None
    day: int | None
    at: int
    side: Literal["", "before", "after"] = ""  # of it, that the text speaks of

    def agrees(self, other: Day) -> bool:
        """As far as both say: 2020 agrees with 12 March 2020, and so does before 2021."""
        if self.side:
            pairs = zip(self[:3], other[:3], strict=True)
            mine, yours = zip(*((m, y) for m, y in pairs if m is not None and y is not None), strict=True) or ((), ())
            return bool(yours < mine if self.side == "before" else yours > mine)
        return all(mine in (None, yours) or yours is None for mine, yours in zip(self[:3], other[:3], strict=True))


def days(text: str) -> list[Day]:
    """The dates of a text, each once, the most exact reading first."""
    rest = text = text.lower()
    patterns = _DATES if _may_date(text) else _DATES[-1:] if _YEAR.search(text) else ()
    found: list[Day] = []
    for pattern in patterns:
        if matches := list(pattern.finditer(rest)):
            found.extend(_day(match, text) for match in matches)
            rest = pattern.sub(_blank, rest)
    return sorted(found, key=lambda day: day.at)


def without_dates(text: str) -> str:
    """Of a text in small letters, with spaces in their place; a year alone stays: it may be a number of anything."""
    for pattern in _DATES[:-1] if _may_date(text) else ():
        text = pattern.sub(_blank, text)
    return text


def _may_date(text: str) -> bool:
    """Whether there may be more than a year: most texts are searched for no date."""
    return bool(_IN_DIGITS.search(text) or _NAMED_MONTH.search(text))


def _day(match: re.Match[str], text: str) -> Day:
    parts = match.groupdict()
    month = _MONTHS[parts["name"][:3]] if parts.get("name") else _whole(parts.get("month"))
    before = text[max(0, match.start() - _LOOKED_AT) : match.start()]
    side: Literal["", "before", "after"] = "before" if _BEFORE.search(before) else ""
    if _AFTER.search(before):
        side = "after"
    return Day(_whole(parts.get("year")), month, _whole(parts.get("day")), match.start(), side)


def _blank(match: re.Match[str]) -> str:
    return " " * len(match.group())


def _whole(digits: str | None) -> int | None:
    return int(digits) if digits else None
