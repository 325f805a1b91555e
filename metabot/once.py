"""What is made once, when it is first asked for, and whose failure is as lasting as it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TypeVar

T = TypeVar("T")


def once(make: Callable[[], T], *failures: type[Exception]) -> Callable[[], T]:
    """`make`, called at most once: where it raised one of the `failures`, each later call raises it as well."""

    @cache
    def made() -> tuple[T, None] | tuple[None, Exception]:
        try:
            return make(), None
        except failures as error:
            return None, error

    def given() -> T:
        match made():
            case None, Exception() as error:
                raise error
            case value, _:
                return value

    return given
