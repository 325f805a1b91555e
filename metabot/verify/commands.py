"""Commands as the settings write them: one string, split as a shell splits words, run without a shell.

Placeholders: `{env}` the folder that `setup` fills, `{python}` the interpreter that metabot itself runs on,
`{telemetry}` the file for the run's own telemetry, `{report}` the one for a JUnit report of its tests, `{uv}` (in
`setup` alone) the installer that metabot brings. `{model}` is left for the replay server, which knows its address.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import uv

from metabot.errors import SettingsError

BASE_PYTHON: Final = Path(getattr(sys, "_base_executable", None) or sys.executable)
"""The interpreter below metabot's own virtual environment: nothing that metabot depends on is importable from it."""

Words = tuple[str, ...]


def words(command: str) -> Words:
    """The command's words. Raises SettingsError where a quotation is not closed."""
    try:
        return tuple(shlex.split(command))
    except ValueError as broken:
        message = f"target: the command {command!r} cannot be split into words: {broken}. Close its quotation marks."
        raise SettingsError(message) from broken


def steps(command: str) -> tuple[Words, ...]:
    """The commands between `&&`, each run if the one before it ended well."""
    found: list[list[str]] = [[]]
    for word in words(command):
        if word == "&&":
            found.append([])
        else:
            found[-1].append(word)
    return tuple(tuple(step) for step in found if step)


def filled(text: str, places: Mapping[str, Path]) -> str:
    """The text with its placeholders; one that is not given stays as it is written."""
    for name, path in places.items():
        text = text.replace(f"{{{name}}}", str(path))
    return text


def installer(text: str) -> dict[str, Path]:
    """What `{uv}` stands for, where the text says it."""
    return {"uv": Path(uv.find_uv_bin())} if "{uv}" in text else {}
