"""Times as the formats write them, to nanoseconds. Nothing here raises on content: what is no time is None."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Final

_FRACTION: Final = re.compile(r"[.,](\d+)")
# ISO 8601 durations of fixed length: weeks, days, hours, minutes, seconds.
_DURATION: Final = re.compile(
    r"([+-]?)P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:[.,]\d+)?)S)?)?", re.ASCII
)
_SECONDS: Final = (604_800, 86_400, 3_600, 60, 1)
_LARGEST: Final = 2**63 - 1

ORDER_NS: Final = 1_000_000_000
"""What two places of the clock `order` lie apart: enough that no step takes two neighbours for one."""


def iso_ns(value: object, zone: tzinfo = UTC) -> int | None:
    """An ISO 8601 date and time as UTC nanoseconds since 1970; one without a zone is of `zone`.

    Any number of digits of the second is read; those behind the ninth are dropped.
    """
    if not isinstance(value, str):
        return None
    text, fraction = value.strip(), 0
    if found := _FRACTION.search(text):
        fraction = int(found[1][:9].ljust(9, "0")) if found[1].isascii() else 0
        text = text[: found.start()] + text[found.end() :]
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    since = aware - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 10**9 + fraction


def iso_duration_ns(value: object) -> int | None:
    """An ISO 8601 duration such as `PT1H17M11.9S` in nanoseconds. Years and months have no fixed length: None."""
    found = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None or not any(found.groups()[1:]):
        return None
    parts = (Decimal(part.replace(",", ".")) if part else Decimal(0) for part in found.groups()[1:])
    total = sum(part * unit for part, unit in zip(parts, _SECONDS, strict=True))
    ns = int(total * 10**9)
    return None if ns > _LARGEST else -ns if found[1] == "-" else ns


def scaled_ns(value: object, unit_ns: int) -> int | None:
    """A number, or a string that holds one, of units of `unit_ns` nanoseconds: exact, where a float would round.

    Not negative and not above 2⁶³−1.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        ns = Decimal(str(value)) * unit_ns
    except ArithmeticError:  # no number, or an exponent beyond what decimals hold
        return None
    return int(ns) if ns.is_finite() and 0 <= ns <= _LARGEST else None
