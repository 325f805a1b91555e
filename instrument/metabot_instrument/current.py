"""The settings that hold now: of the environment at first use, else of `configure`. Standard library only."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import replace
from difflib import get_close_matches
from typing import Any, Final

from metabot_instrument.boundary import contained, count
from metabot_instrument.settings import FIELDS, Settings, from_environment, from_keywords

_lock: Final = threading.RLock()
if hasattr(os, "register_at_fork"):  # a child must not find it held by a thread that it does not have
    os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release)
_now: Settings | None = None
_listeners: Final[list[Callable[[], None]]] = []


def settings() -> Settings:
    global _now  # noqa: PLW0603  # one set of settings a process
    if _now is None:
        read = from_environment(os.environ)  # not under the lock: it counts, which is logged
        with _lock:
            _now = _now or read
    return _now


@contained("setting", None)
def configure(**changes: Any) -> None:
    """Sets what is named, by the fields of `Settings`; everything else keeps what the environment says.

    What was open under the old settings is flushed and closed. A name that is no setting is counted and said, with the
    nearest that is, and so is a value that will not do, by the rules of the environment's: its setting stays as it was.
    """
    global _now  # noqa: PLW0603
    for name in changes.keys() - FIELDS:
        near = get_close_matches(name, FIELDS, 1)
        count("setting", f"configure() knows no {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
    known = from_keywords(changes)
    with _lock:
        _now = replace(settings(), **known)
    for changed in _listeners:
        changed()


def on_change(changed: Callable[[], None]) -> None:
    """`changed` is called after each `configure`."""
    _listeners.append(changed)
