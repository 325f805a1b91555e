"""An action of its own for each call of a validator: what is done to it in place, now or later, nobody else sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from metabot_instrument.validation.action import Action


def apart(action: Action) -> Action:
    """An equal one. Of its arguments the containers of JSON, and sets, are made anew; other objects are shared."""
    arguments: Any = action.arguments
    if isinstance(arguments, Mapping):
        arguments = {key: _copied(value) for key, value in arguments.items()}
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


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_copied(each) for each in value]
    if type(value) is tuple:
        return tuple(_copied(each) for each in value)
    return set(value) if isinstance(value, set) else value
