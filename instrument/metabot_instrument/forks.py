"""What has to begin anew in a forked child: locks that another thread held, files that the parent goes on using.

What is done once, by whoever comes first, is done under `setting_up`, for which a fork waits: a child would wait for
ever for a module that a thread of its parent was importing.
"""

from __future__ import annotations

import concurrent.futures.thread  # noqa: F401  # its lock, which OpenTelemetry takes, is then taken after ours at a fork
import os
import threading
import weakref
from typing import Final, Protocol


class Renewed(Protocol):
    def renew(self) -> None:
        """Called in a forked child before anything else runs there."""


setting_up: Final = threading.RLock()  # a signal handler may come while its thread sets up
_things: Final[weakref.WeakSet[Renewed]] = weakref.WeakSet()


def renewed_in_children(thing: Renewed) -> None:
    """`thing.renew()` is called in every child forked from now on, as long as `thing` lives."""
    _things.add(thing)


def _renew() -> None:
    for thing in list(_things):
        thing.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=setting_up.acquire, after_in_parent=setting_up.release, after_in_child=setting_up.release
    )
    os.register_at_fork(after_in_child=_renew)
