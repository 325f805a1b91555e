"""Throw-away folders: what a command may write, gone after it whatever it did to them."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Scratch:
    """The writable folders of one command, beside its copy of the repository."""

    root: Path

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def temporary(self) -> Path:
        return self.root / "tmp"

    @property
    def shared_memory(self) -> Path:
        return self.root / "shm"

    @property
    def output(self) -> Path:
        """Where the command leaves what is read after it."""
        return self.root / "output"

    @property
    def etc(self) -> Path:
        """Files that stand in for those of /etc."""
        return self.root / "etc"


@contextmanager
def scratch(under: Path) -> Iterator[Scratch]:
    """Makes the folders, and removes them at exit."""
    under.mkdir(parents=True, exist_ok=True)
    made = Scratch(Path(tempfile.mkdtemp(prefix="run-", dir=under)).resolve())
    try:
        for folder in (made.home, made.temporary, made.shared_memory, made.output, made.etc):
            folder.mkdir()
        yield made
    finally:
        remove(made.root)


def remove(folder: Path) -> None:
    """Removes a folder, also one in which a command took our own permissions away. Links are never followed."""
    if folder.is_symlink() or not folder.exists():
        folder.unlink(missing_ok=True)
        return
    folder.chmod(0o700)
    for above, names, _ in os.walk(folder):
        for path in (Path(above, name) for name in names):
            if not path.is_symlink():
                path.chmod(0o700)
    shutil.rmtree(folder)
