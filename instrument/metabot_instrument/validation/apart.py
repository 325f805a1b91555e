"""An action of its own for each call of a validator: what is done to it in place, now or later, nobody else sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from metabot_instrument.validation.action import Action

_PLAIN: Final = frozenset((str, int, float, bool, type(None)))  # nothing in them can be changed


def apart(action: Action) -> Action:
    """An equal one. Of its arguments the containers of JSON, and sets, are made anew; other objects are shared."""
    given: Any = action.arguments
    arguments = _mapping(given) if type(given) is dict or isinstance(given, Mapping) else given
    if type(action) is Action:
        return Action(action.kind, action.key, action.text, arguments)
    return replace(action, arguments=arguments)


def is_sound(action: object) -> bool:
    """Whether it is an action whose parts are what they should be."""
    if not isinstance(action, Action):
        return False
    texts: tuple[object, ...] = (action.kind, action.key, action.text)
    arguments: object = action.arguments
    return all(isinstance(text, str) for text in texts) and isinstance(arguments, Mapping)


def _mapping(given: Mapping[Any, Any]) -> dict[Any, Any]:
    return {key: each if type(each) in _PLAIN else _copied(each) for key, each in given.items()}


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return _mapping(value)
    if isinstance(value, list):
        return [each if type(each) in _PLAIN else _copied(each) for each in value]
    if type(value) is tuple:
        return tuple([each if type(each) in _PLAIN else _copied(each) for each in value])
    return set(value) if isinstance(value, set) else value
