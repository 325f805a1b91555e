"""Cron expressions of five fields, as crontab(5) reads them, in one time zone.

Where APScheduler reads them otherwise, crontab's way is taken: weekdays count from Sunday, 7 is Sunday too, and a range
may pass the end of the week. Where the clock is put back an hour, a job that names its hours runs once, and one that
does not (`*`, `*/2`) goes on through the hour that comes twice. An hour that is left out in spring runs an hour later.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from apscheduler.triggers.base import BaseTrigger  # type: ignore[import-untyped]
from apscheduler.triggers.cron import CronTrigger  # type: ignore[import-untyped]

from metabot import windows

_DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: Final = ("minute", "hour", "day", "month", "day_of_week")
_MOST_LEFT_OUT: Final = 10_200  # times: a week has 10,080 minutes, and every window opens once a week
_PLAIN: Final = re.compile(r"[0-9*,/-]+")
_MONTH: Final = re.compile(r"[0-9*,/a-z-]+")
_WEEKDAY: Final = re.compile(r"(\*|[a-z]{3}|[0-7])(?:-([a-z]{3}|[0-7]))?(?:/([1-9]))?")


class Times(BaseTrigger):  # type: ignore[misc]  # APScheduler comes without types
    """When a job is due."""

    def __init__(self, expression: str, time_zone: str, within: tuple[str, ...] = ()) -> None:
        """Within the windows alone. ValueError, saying what is wrong: no expression, no window, or it never comes."""
        self.expression, self.time_zone, self.within = " ".join(expression.lower().split()), time_zone, within
        self._windows = tuple(map(windows.parse, within))
        self._trigger = CronTrigger(**_fields(self.expression), timezone=ZoneInfo(time_zone))
        if self.after(datetime.now(UTC)) is None:
            raise ValueError("never comes, by its days or its windows")

    def after(self, moment: datetime) -> datetime | None:
        """The first time from `moment` on, in the time zone."""
        found = self.get_next_fire_time(None, moment)
        return None if found is None else found.astimezone(UTC).astimezone(ZoneInfo(self.time_zone))

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:
        """As APScheduler asks: after `previous` where there is one, else from `now` on; never the same time twice."""
        now = now if previous is None else max(previous, now)  # the clock may have been set back
        for _ in range(_MOST_LEFT_OUT):
            found: datetime | None = self._trigger.get_next_fire_time(previous, now)
            if found is None or (self.open_at(found) and not (found.fold and self._names_its_hours)):
                return found
            previous = now = found
        return None

    def open_at(self, moment: datetime) -> bool:
        """Whether a window is open then; without windows one always is."""
        local = moment.astimezone(UTC).astimezone(ZoneInfo(self.time_zone))
        return not self._windows or any(window.covers(local) for window in self._windows)

    @property
    def _names_its_hours(self) -> bool:
        return not self.expression.split()[1].startswith("*")

    def __getstate__(self) -> dict[str, Any]:
        return {"expression": self.expression, "time_zone": self.time_zone, "within": self.within}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]  # what is kept of it is how it was made

    def __str__(self) -> str:
        return " ".join([self.expression, self.time_zone, *(f"within {window}" for window in self.within)])


def _fields(expression: str) -> dict[str, str]:
    parts = expression.split()
    if len(parts) != len(_FIELDS):
        raise ValueError(f"needs five fields (minute, hour, day, month, weekday), not {len(parts)}")
    minute, hour, day, month, weekday = parts
    for name, text, form in (("minute", minute, _PLAIN), ("hour", hour, _PLAIN), ("day", day, _PLAIN)):
        if not form.fullmatch(text):
            raise ValueError(f"{text} is no {name}")
    if not _MONTH.fullmatch(month):
        raise ValueError(f"{month} is no month")
    if day != "*" and weekday != "*":
        raise ValueError("names days of the month and weekdays, of which programs make different things: name one")
    return dict(zip(_FIELDS, (minute, hour, day, month, _weekdays(weekday)), strict=True))


def _weekdays(field: str) -> str:
    return field if field == "*" else ",".join(sorted({day for item in field.split(",") for day in _named(item)}))


def _named(item: str) -> Iterator[str]:
    """`1-5/2`: mon, wed, fri."""
    read = _WEEKDAY.fullmatch(item)
    if read is None:
        raise ValueError(f"{item} is no weekday: use sun to sat, or 0 to 7")
    first, last, step = read.groups()
    if first == "*":
        first, last = "sun", "sat"
    begin = _number(first)
    end = _number(last) if last else begin
    for number in range(begin, end + 1 if begin <= end else end + 8, int(step or 1)):
        yield _DAYS[number % 7]


def _number(day: str) -> int:
    if day.isdigit():
        return int(day)
    if day not in _DAYS:
        raise ValueError(f"{day} is no weekday: use sun to sat, or 0 to 7")
    return _DAYS.index(day)


def in_words(expression: str) -> str:
    """`At 06:00, Monday through Friday`. The expression is one that `Times` takes."""
    from cron_descriptor import Options, get_description  # type: ignore[import-untyped]  # noqa: PLC0415  only for lists

    options = Options()
    options.use_24hour_time_format = True
    return str(get_description(expression, options))
