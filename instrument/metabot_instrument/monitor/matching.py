"""Starts that wait for their ends, bounded in number and age."""

from __future__ import annotations

import sys
import threading
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any, Final, Literal, NamedTuple

from metabot_instrument.monitor.said import Moment

_OPEN: Final = 10_000  # starts that wait at a time
_OLDEST: Final = 3600.0  # seconds that a start waits
_ENDED: Final = 1000  # calls that are remembered after their end

How = Literal["ended", "failed"]
Numbers = OrderedDict[int, None]
_NONE: Final[Numbers] = OrderedDict()


class Call(NamedTuple):
    """What tells one call from another: its id where one was said, else the task or thread that it runs in."""

    name: str
    id: str | None
    runner: int

    @property
    def key(self) -> tuple[str, str | int]:
        return self.name, self.runner if self.id is None else self.id


class Started(NamedTuple):
    call: Call
    began: Moment
    about: Any


class Ending(NamedTuple):
    """What an end ends: a start, a call that was over and failed after all, nothing, or a call that nobody began."""

    kind: Literal["matched", "failed late", "nothing", "new"]
    began: Moment | None = None
    about: Any = None


def runner() -> int:
    """The asyncio task that runs here, else the thread."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is not None and asyncio._get_running_loop() is not None and (task := asyncio.current_task()):
        return id(task)
    return threading.get_ident()


class Matching:
    """An end goes to the start of its id; without one to the last of its own task or thread, else to the oldest."""

    def __init__(self) -> None:
        self.starts = 0  # that found no end
        self.ends = 0  # that found no start
        # Ordered ones, from the front of which much is taken: a dict looks through all that it held there.
        self._open: OrderedDict[int, Started] = OrderedDict()
        self._by_id: dict[tuple[str, str], int] = {}
        self._by_name: dict[str, Numbers] = {}
        self._by_runner: dict[tuple[str, int], Numbers] = {}
        self._ended: OrderedDict[tuple[str, str | int], tuple[How, Any]] = OrderedDict()
        self._next = 0

    def __len__(self) -> int:
        return len(self._open)

    def open(self) -> Iterator[Started]:
        """The oldest first."""
        return iter(self._open.values())

    def start(self, call: Call, began: Moment, about: Any = None) -> None:
        """A second start of an id takes the place of the first, which found no end."""
        if call.id is not None and (known := self._by_id.get((call.name, call.id))) is not None:
            self._lose(known)
        self.forget(began.monotonic)
        if len(self._open) >= _OPEN:
            self._lose(next(iter(self._open)))
        self._next += 1
        number = self._next
        self._open[number] = Started(call, began, about)
        if call.id is not None:
            self._by_id[call.name, call.id] = number
        self._by_name.setdefault(call.name, OrderedDict())[number] = None
        self._by_runner.setdefault((call.name, call.runner), OrderedDict())[number] = None

    def end(self, call: Call, *, failed: bool, alone: bool = False) -> Ending:
        """An end after the failure that ended its call is nothing; `alone` says that this one needs no start."""
        number = self._found(call)
        if number is not None:
            started = self._taken(number)
            self.remember(started.call, started.about, failed=failed)
            if call.key != started.call.key:
                self.remember(call, started.about, failed=failed)
            return Ending("matched", started.began, started.about)
        over, about = self._over(call)
        if over == "ended" and failed:
            self.remember(call, about, failed=True)
            return Ending("failed late", about=about)
        if over == "failed" and not failed:
            return Ending("nothing")
        self.ends += not alone
        return Ending("new" if over is None else "nothing")

    def remember(self, call: Call, about: Any, *, failed: bool) -> None:
        if len(self._ended) >= _ENDED:
            self._ended.popitem(last=False)
        self._ended[call.key] = "failed" if failed else "ended", about

    def begin_anew(self) -> None:
        """What is open stays so, and counts where it ends."""
        self.starts = self.ends = 0
        self._ended.clear()

    def forget(self, now: float) -> None:
        """Starts that are an hour old on the monotonic clock found no end."""
        while self._open and next(iter(self._open.values())).began.monotonic < now - _OLDEST:
            self._lose(next(iter(self._open)))

    def _over(self, call: Call) -> tuple[How | None, Any]:
        """How the call ended that is over; of a call without an id it is told once."""
        if call.id is None:
            return self._ended.pop(call.key, (None, None))
        return self._ended.get(call.key, (None, None))

    def _found(self, call: Call) -> int | None:
        if call.id is not None and (number := self._by_id.get((call.name, call.id))) is not None:
            return number
        here = self._by_runner.get((call.name, call.runner), _NONE)
        everywhere = self._by_name.get(call.name, _NONE)
        if call.id is None:
            return next(reversed(here), None) or next(iter(everywhere), None)
        places = (*reversed(here), *everywhere)
        return next((one for one in places if self._open[one].call.id is None), None)

    def _lose(self, number: int) -> None:
        self._taken(number)
        self.starts += 1

    def _taken(self, number: int) -> Started:
        started = self._open.pop(number)
        call = started.call
        if call.id is not None:
            self._by_id.pop((call.name, call.id), None)
        _take(self._by_name, call.name, number)
        _take(self._by_runner, (call.name, call.runner), number)
        return started


def _take(places: dict[Any, Numbers], key: object, number: int) -> None:
    numbers = places[key]
    del numbers[number]
    if not numbers:
        del places[key]
