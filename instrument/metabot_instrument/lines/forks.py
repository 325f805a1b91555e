"""What has to begin anew in a forked child: locks that another thread held, files that the parent goes on using."""

from __future__ import annotations

import os
import weakref
from typing import Final, Protocol


class Renewed(Protocol):
    def renew(self) -> None:
        """Called in a forked child before anything else runs there."""


_things: Final[weakref.WeakSet[Renewed]] = weakref.WeakSet()


def renewed_in_children(thing: Renewed) -> None:
    """`thing.renew()` is called in every child forked from now on, as long as `thing` lives."""
    _things.add(thing)


def _renew() -> None:
    for thing in list(_things):
        thing.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
