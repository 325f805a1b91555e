"""What the repository's own settings say about how its code is written."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from metabot.generate.recipe import Base

_LINE: Final = 88  # characters, where nobody says; black's and ruff's own default
_LISTED: Final = 40  # libraries that are named
_REQUIREMENTS: Final = re.compile(r"requirements[^/]*\.(txt|in)")
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Conventions:
    line_length: int
    python: str | None  # as requires-python says
    libraries: tuple[str, ...]  # that the repository's manifests name


def conventions(base: Base) -> Conventions:
    """Of a project file that is none, the defaults: it is not ours to repair."""
    try:
        project = tomllib.loads(base.read("pyproject.toml") or "")
    except tomllib.TOMLDecodeError:
        project = {}
    lengths = [_at(project, "tool", name, "line-length") for name in ("ruff", "black")]
    python = _at(project, "project", "requires-python")
    return Conventions(
        line_length=next((one for one in lengths if isinstance(one, int)), _LINE),
        python=python if isinstance(python, str) else None,
        libraries=tuple(dict.fromkeys(_libraries(project, base)))[:_LISTED],
    )


def _libraries(project: dict[str, Any], base: Base) -> Iterator[str]:
    declared = _at(project, "project", "dependencies")
    written = [one for one in declared if isinstance(one, str)] if isinstance(declared, list) else []
    for path in filter(_REQUIREMENTS.fullmatch, base.files):
        written += (base.read(path) or "").splitlines()
    yield from (found[0].lower() for one in written if (found := _NAME.match(one)))


def _at(project: dict[str, Any], *keys: str) -> object:
    """The value below these keys; None where one of them is missing or holds no table."""
    value: object = project
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value
