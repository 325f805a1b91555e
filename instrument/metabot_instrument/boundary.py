"""What went wrong in here: counted, said once of each kind, and never raised into the application."""

from __future__ import annotations

import functools
import logging
import os
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Final, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
Instead = TypeVar("Instead")

_log: Final = logging.getLogger("metabot_instrument")
_counts: Counter[str] = Counter()
_lock: Final = threading.RLock()  # a signal handler may count while its thread counts
if hasattr(os, "register_at_fork"):  # a child must not find it held by a thread that it does not have
    os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release)


def failures() -> dict[str, int]:
    """How often each kind of thing failed or was lost in this process, by kind; empty where nothing did."""
    with _lock:
        return dict(_counts)


def count(kind: str, why: object, number: int = 1) -> None:
    """Counts `number` of `kind`; the first of a kind is said as a warning of the logger `metabot_instrument`."""
    with _lock:
        first = kind not in _counts
        _counts[kind] += number
    if first:
        with suppress(Exception):  # the application's filters and handlers, and objects without a text
            said = f"{type(why).__name__}: {why}" if isinstance(why, BaseException) else str(why)
            _log.warning("%s: %s (further ones are only counted)", kind, said)


def contained(kind: str, instead: Instead) -> Callable[[Callable[P, R]], Callable[P, R | Instead]]:
    """A function of the public edge: what it raises is counted as `kind`, and the caller gets `instead`."""

    def contain(function: Callable[P, R]) -> Callable[P, R | Instead]:
        @functools.wraps(function)
        def call(*args: P.args, **named: P.kwargs) -> R | Instead:
            try:
                return function(*args, **named)
            except Exception as error:  # the boundary: a failure in here is not the application's
                count(kind, error)
                return instead

        return call

    return contain


def tried(function: Callable[P, R], *args: P.args, **named: P.kwargs) -> tuple[R, None] | tuple[None, Exception]:
    """What a function of the application's gives, or what it raised: for whoever has an answer to that."""
    try:
        return function(*args, **named), None
    except Exception as error:  # the boundary: told, and counted where it matters
        return None, error


def outlived(function: Callable[P, R], *args: P.args, **named: P.kwargs) -> tuple[R, None] | tuple[None, BaseException]:
    """As `tried`, whatever is raised, an end of the program included: the caller knows whose end it would be."""
    try:
        return function(*args, **named), None
    except BaseException as error:  # the boundary: told to the caller, who raises it again where it must
        return None, error
