"""Throw-away folders: what a command may write, gone after it whatever it did to them."""

from __future__ import annotations

import subprocess
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
    if folder.is_symlink() or not folder.is_dir():
        folder.unlink(missing_ok=True)
        return
    # Not shutil's: it follows folders in folders only as deep as Python's stack is.
    if _run("rm", "-rf", folder) != 0:
        _run("chmod", "-R", "u+rwX", folder)
        if _run("rm", "-rf", folder) != 0:
            raise OSError(f"{folder}: cannot be removed. Remove it by hand.")


def _run(program: str, option: str, *words: str | Path) -> int:
    command = [program, option, *words[:-1], "--", str(words[-1])]
    return subprocess.run(command, check=False, capture_output=True).returncode
