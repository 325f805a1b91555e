"""Copies of the repository for commands to spoil: the base as git has it, and a proposal's files written over it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from metabot.errors import RepositoryError


def lay_out(base: Path, at: Path, files: Mapping[str, str]) -> None:
    """Copies the base's worktree without its `.git`, then writes the files. Links are copied, never followed.

    Raises RepositoryError where a file would be written through a link.
    """
    shutil.copytree(base, at, symlinks=True, ignore=lambda folder, _: {".git"} if Path(folder) == base else set())
    root = at.resolve()
    for path, text in files.items():
        place = root / path
        if place.resolve() != place:
            raise RepositoryError(f"{path}: a link stands in its way. Write the proposal for the file it leads to.")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode())
