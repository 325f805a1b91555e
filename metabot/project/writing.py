"""Writes what `metabot init` makes, and never over what is there."""

from __future__ import annotations

import difflib
import os
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Literal

from metabot.errors import SettingsError


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    outcome: Literal["written", "the same", "kept", "replaced"]
    diff: str = ""  # of kept: from what is there to what would be written
    backup: Path | None = None  # of replaced


def write(path: Path, text: str, *, force: bool) -> Written:
    """A new file whole or not at all; one that is there is kept, or with `force` moved aside.

    Raises SettingsError where there is a link, a folder or no text, or nothing can be written.
    """
    there = _text(path)
    if there == text:
        return Written(outcome="the same")
    if there is not None and not force:
        return Written(outcome="kept", diff=_diff(path.name, there, text))
    try:
        backup = _moved_aside(path) if there is not None else None
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:  # exclusively: neither over a new file nor through a link
            file.write(text)
    except OSError as error:
        what = f"{path}: cannot be written: {error.strerror}."
        raise SettingsError(f"{what}\n  Let metabot write there, or print it with --dry-run.") from error
    return Written(outcome="written" if backup is None else "replaced", backup=backup)


def ignore_state(folder: Path) -> bool:
    """Whether git was told just now to ignore the folder of metabot's own state, which may hold telemetry."""
    state = folder / ".metabot"
    if state.is_symlink() or os.path.lexists(state / ".gitignore"):
        return False
    try:
        state.mkdir(exist_ok=True)
        (state / ".gitignore").write_text("*\n", encoding="utf-8")
    except OSError as error:
        what = f"{state}: cannot be made: {error.strerror}."
        raise SettingsError(
            f"{what}\n  Let metabot write there, or name other paths in [store] and [ledger]."
        ) from error
    return True


def _text(path: Path) -> str | None:
    if not os.path.lexists(path):
        return None
    if path.is_symlink() or not path.is_file():
        raise SettingsError(f"{path}: is a link or a folder.\n  Name another file with --config.")
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read as text: {error}.\n  Name another file with --config.") from error


def _moved_aside(path: Path) -> Path:
    for number in count(1):
        backup = path.with_name(f"{path.name}.before-{number}")
        if not os.path.lexists(backup):
            return path.rename(backup)
    raise AssertionError("there is always a next number")


def _diff(name: str, there: str, text: str) -> str:
    lines = difflib.unified_diff(
        there.splitlines(), text.splitlines(), f"{name} as it is", f"{name} as metabot init would write it", lineterm=""
    )
    return "\n".join(lines)
