"""Units of measure and currencies, each with its kind and what one of it is in the unit of that kind."""

from __future__ import annotations

from typing import Final

_UNITS: Final[dict[str, dict[str, float]]] = {
    "time": {
        "ms": 0.001, "millisecond": 0.001, "s": 1, "sec": 1, "second": 1, "min": 60, "minute": 60, "h": 3600,
        "hr": 3600, "hour": 3600, "day": 86400, "week": 604800, "month": 2629800, "year": 31557600, "sekunde": 1,
        "stunde": 3600, "tag": 86400, "jahr": 31557600, "monat": 2629800, "tagen": 86400, "jahren": 31557600,
        "stunden": 3600, "minuten": 60, "monaten": 2629800,
    },
    "mass": {"µg": 1e-9, "mcg": 1e-9, "mg": 1e-6, "milligram": 1e-6, "g": 1e-3, "gram": 1e-3, "kg": 1, "kilogram": 1,
             "kilo": 1, "tonne": 1e3, "ton": 1e3, "lb": 0.45359, "pound": 0.45359, "oz": 0.02835, "ounce": 0.02835},
    "length": {"mm": 1e-3, "millimetre": 1e-3, "millimeter": 1e-3, "cm": 1e-2, "centimetre": 1e-2, "centimeter": 1e-2,
               "m": 1, "metre": 1, "meter": 1, "km": 1e3, "kilometre": 1e3, "kilometer": 1e3, "mile": 1609.344,
               "ft": 0.3048, "foot": 0.3048, "feet": 0.3048, "inch": 0.0254, "inches": 0.0254, "yard": 0.9144},
    "size": {"kb": 1e3, "kilobyte": 1e3, "mb": 1e6, "megabyte": 1e6, "gb": 1e9, "gigabyte": 1e9, "tb": 1e12,
             "terabyte": 1e12, "byte": 1},
    "share": {"%": 1, "percent": 1, "prozent": 1},
    "volume": {"l": 1, "litre": 1, "liter": 1, "ml": 1e-3, "millilitre": 1e-3, "milliliter": 1e-3},
    "heat": {"°c": 1, "celsius": 1, "degree": 1},
    "power": {"w": 1, "watt": 1, "kw": 1e3, "kilowatt": 1e3, "mw": 1e6, "megawatt": 1e6},
    "energy": {"wh": 1, "kwh": 1e3, "kilowatt-hour": 1e3, "kj": 0.27778, "kcal": 1.16222, "calorie": 1.16222e-3},
    "voltage": {"v": 1, "volt": 1, "kv": 1e3},
    "current": {"amp": 1, "ampere": 1, "ma": 1e-3},
    "charge": {"mah": 1e-3, "ah": 1},
    "frequency": {"hz": 1, "hertz": 1, "khz": 1e3, "mhz": 1e6, "ghz": 1e9},
    "turns": {"rpm": 1},
    "area": {"m²": 1, "sqm": 1, "km²": 1e6, "hectare": 1e4, "acre": 4046.86},
    "speed": {"km/h": 1, "kmh": 1, "mph": 1.609344},
}  # fmt: skip
_CURRENCIES: Final = {
    "eur": "€ euro", "usd": "$ dollar", "gbp": "£", "chf": "franc franken fr", "jpy": "¥ yen", "inr": "₹ rupee",
    "sek": "krona kronor", "pln": "zloty zł", "cad": "", "aud": "",
}  # fmt: skip
MONEY: Final = frozenset(_CURRENCIES)
_UNIT: Final = {name: (kind, factor) for kind, names in _UNITS.items() for name, factor in names.items()} | {
    name: (code, 1.0) for code, names in _CURRENCIES.items() for name in (code, *names.split())
}
CLOCK: Final = "clock"
KINDS: Final = frozenset((*_UNITS, *_CURRENCIES, CLOCK))


def unit(word: str) -> tuple[str, float]:
    """The kind and the factor of a unit in small letters; any other word is a kind of its own: what is counted."""
    one = singular(word)
    return _UNIT.get(word) or _UNIT.get(one) or (one, 1.0)


def singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
