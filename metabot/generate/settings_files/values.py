"""What a YAML, JSON or TOML file says, and the same file with one thing said otherwise.

Only the characters of that one thing change. Every change is read back: what another reading does not confirm is not
made (an anchor that stands for several places, a style that cannot hold the new text).
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from metabot.generate.settings_files import toml_text, yaml_text

Keys = tuple[str | int, ...]
"""The way to a value: names of tables, positions in lists."""

READ: Final = (".yaml", ".yml", ".json", ".toml")


@dataclass(frozen=True, slots=True)
class Value:
    keys: Keys
    value: object  # text, number, truth or nothing; tables and lists are looked into


def loaded(path: str, text: str) -> Any:
    """The whole file as plain values; None where it is none of these formats, or broken."""
    try:
        if path.endswith(".json"):
            return json.loads(text)
        if path.endswith(".toml"):
            return tomllib.loads(text)
        return YAML(typ="safe", pure=True).load(text) if path.endswith((".yaml", ".yml")) else None
    except (ValueError, RecursionError, YAMLError):  # for the repository's own tools to say
        return None


def values(path: str, text: str) -> tuple[Value, ...]:
    """Every text, number and truth of the file, in its order."""
    return tuple(_walk(loaded(path, text), ()))


def _walk(value: Any, keys: Keys) -> Iterator[Value]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _walk(one, (*keys, key))
    elif isinstance(value, list):
        for at, one in enumerate(value):
            yield from _walk(one, (*keys, at))
    else:
        yield Value(keys, value)


def at(value: Any, keys: Keys) -> Any:
    """What stands there; KeyError, IndexError or TypeError where nothing does."""
    for key in keys:
        value = value[key]
    return value


def replaced(path: str, text: str, keys: Keys, value: str | int) -> str | None:
    """The file with another value there, a text for a text, a number for a number; None where it cannot be written."""
    wanted = _copied(loaded(path, text))
    if not keys or not isinstance(wanted, dict | list):
        return None
    at(wanted, keys[:-1])[keys[-1]] = value
    write = toml_text.replaced if path.endswith(".toml") else yaml_text.replaced
    return _read_back(path, write(text, keys, value), wanted)


def without(path: str, text: str, keys: Keys, positions: tuple[int, ...]) -> str | None:
    """The file without these items of the list there; None where they cannot be taken out alone."""
    wanted = _copied(loaded(path, text))
    if not isinstance(wanted, dict | list) or path.endswith(".toml"):
        return None
    items = at(wanted, keys)
    items[:] = [item for number, item in enumerate(items) if number not in positions]
    return _read_back(path, yaml_text.without(text, keys, positions), wanted)


def _copied(value: Any) -> Any:
    """Each place its own copy, also where an anchor makes two of one."""
    if isinstance(value, dict):
        return {key: _copied(one) for key, one in value.items()}
    return [_copied(one) for one in value] if isinstance(value, list) else value


def _read_back(path: str, after: str | None, wanted: object) -> str | None:
    return after if after is not None and loaded(path, after) == wanted else None
