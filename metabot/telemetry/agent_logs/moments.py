"""Times and lengths of time as agents log them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from metabot.telemetry.spans import is_calendar
from metabot.telemetry.times import iso_ns, scaled_ns

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_EXACT: Final = 1e9  # milliseconds as a float, of which a nanosecond is still exact
_SECOND: Final = 1_000_000_000
_MS: Final = 1_000_000


def moment_ns(value: object, zone: tzinfo) -> int | None:
    """ISO 8601, of `zone` where it names none, or Unix seconds; None where it is neither, or not of our time."""
    found = _iso_ns(value, zone) if isinstance(value, str) else None
    if found is None:
        found = scaled_ns(value, _SECOND)
    return found if found is not None and is_calendar(found) else None


def ms_ns(value: object) -> int | None:
    """Milliseconds in nanoseconds; None where there is no number of them."""
    if type(value) is float and 0 <= value < _EXACT:
        return round(value * _MS)
    return scaled_ns(value, _MS)


def _iso_ns(value: str, zone: tzinfo) -> int | None:
    """What `iso_ns` gives, and sooner where nothing below the microsecond is said."""
    if not _ends_at_microseconds(value):
        return iso_ns(value, zone)
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return (aware - _EPOCH) // _MICROSECOND * 1000


def _ends_at_microseconds(value: str) -> bool:
    """By its length: whole seconds or six digits of one, without a zone, with Z or with +00:00."""
    size = len(value)
    return size in (19, 25, 26) or (size in (20, 27) and value[-1] == "Z") or (size == 32 and value[26] in "+-")
