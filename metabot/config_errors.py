"""What is wrong in a settings file, in words: where it stands, and what to write instead."""

from __future__ import annotations

import difflib
from typing import get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails


def explained(name: str, details: ErrorDetails, settings: type[BaseModel]) -> str:
    """What is wrong in the file `name`, which was read as `settings`."""
    location = details["loc"]
    if details["type"] == "extra_forbidden":
        return unknown(name, location, settings)
    return f"{name}: {_written(location)}: {_said(details)}."


def _said(details: ErrorDetails) -> str:
    if details["type"] in ("tuple_type", "list_type"):
        return 'must be a list, as in ["…", "…"]'
    message = details["msg"].removeprefix("Value error, ")
    return message[0].lower() + message[1:]


def unknown(name: str, location: tuple[int | str, ...], settings: type[BaseModel]) -> str:
    """With the nearest key that is known there."""
    known = _known_keys(location[:-1], settings)
    near = difflib.get_close_matches(str(location[-1]), known, n=1)
    advice = f"Did you mean {near[0]}?" if near else f"Known here: {', '.join(known)}."
    return f"{name}: {_written(location)} is not a setting of metabot.\n  {advice}"


def _known_keys(location: tuple[int | str, ...], settings: type[BaseModel]) -> list[str]:
    section = settings
    for part in location:
        if isinstance(part, str):
            section = _section(section, part)
    return sorted(key for key in section.model_fields if key != "root")


def _section(parent: type[BaseModel], key: str) -> type[BaseModel]:
    """Of one table, or of each of several."""
    annotation = parent.model_fields[key].annotation
    section = get_args(annotation)[0] if get_origin(annotation) is tuple else annotation
    assert isinstance(section, type)
    assert issubclass(section, BaseModel)
    return section


def _written(location: tuple[int | str, ...]) -> str:
    """`("sources", 0, "path")` as a person writes it: `[[sources]] number 1, path`."""
    match location:
        case ("sources" | "prices" as table, int(index), *rest):
            return ", ".join([f"[[{table}]] number {index + 1}", *map(str, rest)])
        case (section, key, int(index), *_):
            return f"[{section}] {key}, number {index + 1}"
        case (section, key, *rest):
            return f"[{section}] {'.'.join(map(str, (key, *rest)))}"
        case _:
            return f"[{location[0]}]"
