"""The texts of an action: what it says, and every text in its arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from metabot_instrument.validation.action import Action

DEEPEST: Final = 50  # arguments inside arguments


def texts(action: Action) -> Iterator[str]:
    """`text` first. Raises RecursionError for arguments that are nested without end."""
    if action.text:
        yield action.text
    yield from _inside(action.arguments, 0)


def rewritten(action: Action, rewrite: Callable[[str], str]) -> Action:
    """The action with each of its texts rewritten."""
    return replace(action, text=rewrite(action.text), arguments=_changed(action.arguments, rewrite))


def _inside(value: object, depth: int) -> Iterator[str]:
    if depth > DEEPEST:
        raise RecursionError("The action's arguments are nested too deeply to be looked at.")
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield from _inside(name, depth + 1)
            yield from _inside(each, depth + 1)
    elif isinstance(value, list | tuple | set | frozenset):
        for each in value:
            yield from _inside(each, depth + 1)
    elif isinstance(value, bytes):
        yield value.decode("utf-8", "replace")


def _changed(value: Any, rewrite: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return rewrite(value)
    if isinstance(value, bytes):
        text = value.decode("utf-8", "replace")
        left = rewrite(text)
        return value if left == text else left.encode()  # an image is no text, and stays whole
    if isinstance(value, Mapping):
        return {_changed(name, rewrite): _changed(each, rewrite) for name, each in value.items()}
    if isinstance(value, list):
        return [_changed(each, rewrite) for each in value]
    if isinstance(value, tuple | set | frozenset):
        made = getattr(value, "_make", type(value))  # a named tuple takes its members one by one
        return made(_changed(each, rewrite) for each in value)
    return value
