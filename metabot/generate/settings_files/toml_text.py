"""TOML: a value in a document that keeps its comments and its order."""

from __future__ import annotations

from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Integer, String


def replaced(text: str, keys: tuple[str | int, ...], value: str | int) -> str | None:
    try:
        document = tomlkit.parse(text)
    except TOMLKitError:
        return None
    holder: Any = document
    for key in keys[:-1]:
        holder = holder[key]
    old = holder[keys[-1]]
    if isinstance(value, int) and isinstance(old, Integer):
        holder[keys[-1]] = value
        return tomlkit.dumps(document)
    return _with_text(text, old, value) if isinstance(value, str) and isinstance(old, String) else None


def _with_text(text: str, old: String, value: str) -> str | None:
    """A text of several lines in place, without what would need an escape."""
    code = old.as_string()
    quote = code[:3]
    plain = quote in ('"""', "'''") and "\\" not in code and "\\" not in value and quote not in value
    if not plain or text.count(code) != 1:
        return None
    opening = quote + ("\n" if code[3:4] == "\n" else "")
    return text.replace(code, opening + value + quote)
