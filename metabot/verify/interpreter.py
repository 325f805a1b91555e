"""The folders that a Python interpreter needs to start, and no more of the place where it is installed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from metabot.verify.commands import BASE_PYTHON

# Not the whole prefix: that of an interpreter in ~/.local/bin would be ~/.local, with its keyrings.
_PARTS: Final = ("bin", "lib", "lib64", "share/zoneinfo")


def own() -> tuple[Path, ...]:
    """Folders of the interpreter below metabot's own virtual environment."""
    return _existing({Path(sys.base_prefix), Path(sys.base_exec_prefix), BASE_PYTHON.resolve().parent.parent})


def of_environment(folder: Path) -> tuple[Path, ...]:
    """Folders of the interpreter that a virtual environment stands on; none where the folder is no such environment.

    `home` in pyvenv.cfg names the folder of the interpreter that made the environment (venv, in Python's library).
    """
    settings = folder / "pyvenv.cfg"
    if not settings.is_file():
        return ()
    pairs = (line.partition("=") for line in settings.read_text(encoding="utf-8").splitlines())
    home = {key.strip().lower(): value.strip() for key, _, value in pairs}.get("home")
    prefixes = {(folder / "bin" / "python").resolve().parent.parent}
    return _existing(prefixes if home is None else {*prefixes, Path(home).parent})


def _existing(prefixes: set[Path]) -> tuple[Path, ...]:
    folders = {prefix / part for prefix in prefixes for part in _PARTS}
    return tuple(sorted(folder for folder in folders if folder.is_dir() and not folder.is_relative_to("/usr")))
