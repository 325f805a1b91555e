"""A validator as it is handed over, checked and with the way to call it."""

from __future__ import annotations

from inspect import iscoroutinefunction
from typing import Any, Final

from metabot_instrument.misuse import misuse
from metabot_instrument.validation.asked import Asked, Way
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


def checked(validators: Any) -> list[Validator]:
    """Those of the highest priority first, equal ones as they came. Raises ValueError where one is no validator."""
    for at, each in enumerate(validators, 1):
        _check(each, f"validators, number {at} ({type(each).__name__})")
    return sorted(validators, key=lambda each: -each.priority)


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


def asked(validator: Validator) -> Asked:
    reasons = getattr(validator, "reasons", None)
    return Asked(
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
