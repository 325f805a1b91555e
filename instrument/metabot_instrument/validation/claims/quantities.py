"""Numbers with their units, and dates, as texts write them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

_UNITS: Final[dict[str, dict[str, float]]] = {
    "time": {
        "ms": 0.001, "millisecond": 0.001, "s": 1, "sec": 1, "second": 1, "min": 60, "minute": 60, "h": 3600,
        "hr": 3600,
        "hour": 3600, "day": 86400, "week": 604800, "month": 2629800, "year": 31557600, "sekunde": 1, "stunde": 3600,
        "tag": 86400, "jahr": 31557600, "monat": 2629800, "tagen": 86400, "jahren": 31557600, "stunden": 3600,
        "minuten": 60, "monaten": 2629800,
    },
    "mass": {"mg": 1e-6, "g": 1e-3, "gram": 1e-3, "kg": 1, "kilogram": 1, "kilo": 1,
             "tonne": 1e3, "ton": 1e3,
             "lb": 0.45359, "pound": 0.45359},
    "length": {"mm": 1e-3, "cm": 1e-2, "m": 1, "metre": 1, "meter": 1, "km": 1e3, "kilometre": 1e3, "kilometer": 1e3,
               "mile": 1609.34, "ft": 0.3048, "foot": 0.3048, "feet": 0.3048, "inch": 0.0254},
    "size": {"kb": 1e3, "kilobyte": 1e3, "mb": 1e6, "megabyte": 1e6, "gb": 1e9, "gigabyte": 1e9, "tb": 1e12,
             "terabyte": 1e12, "byte": 1},
    "share": {"%": 1, "percent": 1, "prozent": 1},
    "eur": {"€": 1, "eur": 1, "euro": 1},
    "usd": {"$": 1, "usd": 1, "dollar": 1},
    "gbp": {"£": 1, "gbp": 1},
    "volume": {"l": 1, "litre": 1, "liter": 1, "ml": 1e-3},
    "heat": {"°c": 1, "celsius": 1, "degree": 1},
    "power": {"w": 1, "watt": 1, "kw": 1e3, "kilowatt": 1e3, "mw": 1e6},
    "speed": {"km/h": 1, "kmh": 1, "mph": 1.60934},
}  # fmt: skip
_UNIT: Final = {name: (kind, factor) for kind, names in _UNITS.items() for name, factor in names.items()}
_COUNTED: Final = "zero one two three four five six seven eight nine ten eleven twelve"
_WORDS: Final = {word: float(at) for at, word in enumerate(_COUNTED.split())}
_TIMES: Final = {"hundred": 1e2, "thousand": 1e3, "k": 1e3, "million": 1e6, "m": 1e6, "billion": 1e9, "bn": 1e9,
                 "millionen": 1e6}  # fmt: skip
_NUMBER: Final = re.compile(
    r"(?P<sign>[$€£]\s?)?(?<![\w.,/-])(?P<number>-?\d{1,3}(?:[, ]\d{3})+(?:\.\d+)?|-?\d+(?:[.,]\d+)?"
    rf"|\b(?:{'|'.join(_WORDS)})\b)(?![\d/])"
    r"(?:[ -]?(?P<times>hundred|thousand|million(?:en)?|billion|bn|k)\b)?\s?-?(?P<unit>%|°c|km/h|[€$£]|[^\W\d_]+)?"
)
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


class Quantity(NamedTuple):
    number: float  # in the unit of its kind
    kind: str  # of unit, or the word that is counted
    at: int


class Day(NamedTuple):
    year: int | None
    month: int | None
    day: int | None
    at: int

    def agrees(self, other: Day) -> bool:
        """As far as both say: 2020 agrees with 12 March 2020."""
        return all(mine in (None, yours) or yours is None for mine, yours in zip(self[:3], other[:3], strict=True))


def days(text: str) -> list[Day]:
    """The dates of a text, each once, the most exact reading first."""
    found: list[Day] = []
    text = text.lower()
    for pattern in _DATES:
        for match in pattern.finditer(text):
            parts = match.groupdict()
            month = _MONTHS[parts["name"][:3]] if parts.get("name") else _whole(parts.get("month"))
            found.append(Day(_whole(parts.get("year")), month, _whole(parts.get("day")), match.start()))
            text = text[: match.start()] + " " * len(match.group()) + text[match.end() :]
    return sorted(found, key=lambda day: day.at)


def quantities(text: str) -> list[Quantity]:
    """The numbers of a text that belong to no date."""
    return list(_numbers(_without_dates(text.lower())))


def quantity(number: float, unit: str) -> Quantity:
    """A number of a knowledge base, in the unit of its kind."""
    kind, factor = _unit(unit.lower())
    return Quantity(number * factor, kind, 0)


def singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _numbers(text: str) -> Iterator[Quantity]:
    for match in _NUMBER.finditer(text):
        written = match["number"]
        number = _WORDS[written] if written in _WORDS else _number(written)
        number *= _TIMES[match["times"]] if match["times"] else 1.0
        kind, factor = _unit((match["sign"] or match["unit"] or "").strip())
        yield Quantity(number * factor, kind, match.start("number"))


def _number(written: str) -> float:
    if re.fullmatch(r"-?\d{1,3}(?:[, ]\d{3})+(?:\.\d+)?", written):
        return float(re.sub("[, ]", "", written))
    return float(written.replace(",", "."))


def _unit(word: str) -> tuple[str, float]:
    known = _UNIT.get(word) or _UNIT.get(singular(word))
    return known or (singular(word), 1.0)


def _without_dates(text: str) -> str:
    for pattern in _DATES[:-1]:
        text = pattern.sub(lambda found: " " * len(found.group()), text)
    return text


def _whole(digits: str | None) -> int | None:
    return int(digits) if digits else None
