"""Validators as members of a pipeline: checked, in their order, each with the way to call it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from inspect import iscoroutinefunction
from typing import Any, Final, Protocol

from metabot_instrument.misuse import misuse
from metabot_instrument.validation.action import Action
from metabot_instrument.validation.looped import InLoop
from metabot_instrument.validation.quick import AtOnce
from metabot_instrument.validation.threaded import InThreads
from metabot_instrument.validation.validator import Hearing, TakesBack, Validator

_ATTRIBUTES: Final[dict[str, tuple[type, str]]] = {
    "name": (str, "a text"),
    "priority": (int, "a whole number"),
    "can_modify": (bool, "True or False"),
    "quick": (bool, "True or False"),
}


class Way(Protocol):
    """A way to call a validator for at most so many seconds. What it raises or fails to do is a `Failed`."""

    def call(self, action: Action, seconds: float) -> object: ...

    async def call_async(self, action: Action, seconds: float) -> object: ...


@dataclass(frozen=True, slots=True)
class Member:
    name: str
    can_modify: bool
    reasons: frozenset[str] | None  # that may be told; None: any that is short
    hearing: Hearing | None
    takes_back: TakesBack | None
    way: Way


def members_of(validators: Iterable[Any]) -> tuple[Member, ...]:
    """Those of the highest priority first, equal ones as they came. Raises ValueError where one is no validator."""
    given: list[Validator] = list(validators)
    for at, each in enumerate(given, 1):
        _check(each, f"validators, number {at} ({type(each).__name__})")
    return tuple(_member(each) for each in sorted(given, key=lambda each: -each.priority))


def _check(validator: object, where: str) -> None:
    if isinstance(validator, type):
        raise misuse(where, f"{validator.__name__} is a class", f"Make one of it: {validator.__name__}(…).")
    if not callable(getattr(validator, "validate", None)):
        raise misuse(where, "has no validate(action)", "Give it one that returns a verdict, as Approved().")
    for name, (kind, say) in _ATTRIBUTES.items():
        value = getattr(validator, name, None)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise misuse(where, f"its {name} is {value!r}", f"Make it {say}.")
    if iscoroutinefunction(getattr(validator, "heard", None)):
        raise misuse(where, "its heard is a coroutine function", "Make it a plain one: nobody awaits it.")


def _member(validator: Validator) -> Member:
    reasons = getattr(validator, "reasons", None)
    return Member(
        name=validator.name,
        can_modify=validator.can_modify,
        reasons=None if reasons is None else frozenset(reasons),
        hearing=validator if isinstance(validator, Hearing) else None,
        takes_back=validator if isinstance(validator, TakesBack) else None,
        way=_way(validator),
    )


def _way(validator: Validator) -> Way:
    if iscoroutinefunction(validator.validate):
        return InLoop(validator.validate, validator.name)
    return AtOnce(validator.validate) if validator.quick else InThreads(validator.validate, validator.name)
