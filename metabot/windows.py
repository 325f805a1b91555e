"""Hours of the week: `Mon-Fri 09:00-17:00`, `Sat,Sun 10:00-12:00`, `22:00-06:00` on every day, `Mon-Thu` all day.

One that ends before it begins goes on into the next day and belongs to the day on which it began.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEK: Final = frozenset(range(7))
_MIDNIGHT: Final = 24 * 60
_FORM: Final = re.compile(r"(?P<days>[A-Za-z,\- ]+?)?\s*(?:(?P<begin>\d\d?:\d\d)\s*-\s*(?P<end>\d\d?:\d\d))?")


@dataclass(frozen=True, slots=True)
class Window:
    days: frozenset[int]  # 0 is Monday
    begin: int  # minute of the day
    end: int  # so too; no later than `begin`: of the next day

    def covers(self, moment: datetime) -> bool:
        """Whether it is open then, by that moment's own clock and day."""
        minute, day = moment.hour * 60 + moment.minute, moment.weekday()
        if self.begin < self.end:
            return day in self.days and self.begin <= minute < self.end
        since_yesterday = (day - 1) % 7 in self.days and minute < self.end
        return since_yesterday or (day in self.days and minute >= self.begin)


def parse(text: str) -> Window:
    """Raises ValueError, saying what is wrong and how it is written."""
    found = _FORM.fullmatch(text.strip())
    if found is None or not text.strip():
        raise ValueError(f"{text!r} is no window as in 'Mon-Fri 09:00-17:00'")
    days = frozenset(_days(found["days"])) if found["days"] else _WEEK
    if found["begin"] is None:
        return Window(days, 0, _MIDNIGHT)
    begin, end = _minute(found["begin"]), _minute(found["end"])
    if begin == end:
        raise ValueError(f"{text!r} ends when it begins; leave the hours out for the whole day")
    return Window(days, begin, end)


def inside(window: str, others: Iterable[str]) -> bool:
    """Whether one of the others, or several together, are open whenever the window is."""
    return _minutes(parse(window)) <= frozenset().union(*(_minutes(parse(other)) for other in others))


def _minutes(window: Window) -> frozenset[int]:
    """Of the week, counted from Monday's midnight."""
    length = (window.end - window.begin) % _MIDNIGHT or _MIDNIGHT
    begins = [day * _MIDNIGHT + window.begin for day in window.days]
    return frozenset((begin + step) % (7 * _MIDNIGHT) for begin in begins for step in range(length))


def is_open(windows: Iterable[str], moment: datetime) -> bool:
    """Whether one of them is; no window at all is always open."""
    known = [parse(window) for window in windows]
    return not known or any(window.covers(moment) for window in known)


def _days(text: str) -> Iterator[int]:
    for part in text.split(","):
        first, dash, last = (name.strip() for name in part.partition("-"))
        begin = _day(first)
        yield from ((begin + step) % 7 for step in range((_day(last) - begin) % 7 + 1)) if dash else (begin,)


def _day(name: str) -> int:
    if name.lower() not in _DAYS:
        raise ValueError(f"{name!r} is no day; they are {', '.join(day.capitalize() for day in _DAYS)}")
    return _DAYS.index(name.lower())


def _minute(text: str) -> int:
    hour, minute = (int(part) for part in text.split(":"))
    if minute > 59 or hour * 60 + minute > _MIDNIGHT:
        raise ValueError(f"{text} is no time of the day; they go from 00:00 to 24:00")
    return hour * 60 + minute
