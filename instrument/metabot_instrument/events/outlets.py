"""Where an event goes: nowhere if the settings leave its type out, to a file of its own if routed, else to the log."""

from __future__ import annotations

import threading
from collections.abc import Callable
from fnmatch import fnmatchcase
from os import PathLike, fspath
from typing import Final

from metabot_instrument.boundary import contained
from metabot_instrument.current import on_change, settings
from metabot_instrument.events.log import EventLog
from metabot_instrument.forks import renewed_in_children

_MOST_TYPES: Final = 1_000  # remembered; an application that makes up types must not fill the memory


class Outlets:
    def __init__(self) -> None:
        self._routes: list[tuple[str, str]] = []
        self._logs: dict[str, EventLog] = {}
        self._by_type: dict[str, EventLog | None] = {}
        self.renew()
        renewed_in_children(self)

    def renew(self) -> None:
        """In a forked child another thread may have held the lock."""
        self._lock = threading.RLock()

    def of(self, kind: str) -> EventLog | None:
        """The log that events of this type go to."""
        try:
            return self._by_type[kind]
        except KeyError:
            with self._lock:
                if len(self._by_type) >= _MOST_TYPES:
                    self._by_type.clear()
                return self._by_type.setdefault(kind, self._found(kind))

    def route(self, glob: str, path: str) -> Callable[[], None]:
        entry = (glob, path)
        self._reroute([*self._routes, entry])
        return lambda: self._reroute([each for each in self._routes if each is not entry])

    def close(self) -> None:
        with self._lock:
            closing = list(self._logs.values())
            self._logs.clear()
            self._by_type.clear()
        for log in closing:
            log.close()

    def _reroute(self, routes: list[tuple[str, str]]) -> None:
        with self._lock:
            self._routes = routes
            self._by_type.clear()

    def _found(self, kind: str) -> EventLog | None:
        now = settings()
        if not any(fnmatchcase(kind, glob) for glob in now.events_types):
            return None
        path = next((path for glob, path in self._routes if fnmatchcase(kind, glob)), now.events_path)
        if path not in self._logs:
            self._logs[path] = EventLog(path, now)
        return self._logs[path]


outlets: Final = Outlets()
on_change(outlets.close)


def _unrouted() -> None:
    """What `route` gives where it failed: there is nothing to take back."""


@contained("setting", _unrouted)
def route(glob: str, path: str | PathLike[str]) -> Callable[[], None]:
    """Events of the types that `glob` matches go into a file of their own and no more into the log.

    The first of several routes that match holds. Gives a function that takes the route back.
    """
    return outlets.route(glob, fspath(path))
