"""The files of a project's folder, as far as they are looked at.

The folder is a stranger's: links are not followed, what is no regular file is not opened, and size, depth and number
are bounded. Names that do not print are left out, so that every path in here may be shown.
"""

from __future__ import annotations

import os
import stat
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LARGEST: Final = 1_000_000  # bytes: larger files are data
_MOST: Final = 20_000  # files
_DEEPEST: Final = 16  # folders below one another
_ELSEWHERE: Final = frozenset(
    ("node_modules", "site-packages", "venv", "env", "__pycache__", "vendor", "third_party", "dist", "build")
)
_SEEN_HIDDEN: Final = frozenset((".github", ".devcontainer"))


@dataclass(frozen=True, slots=True)
class Tree:
    root: Path
    files: tuple[str, ...]  # paths with slashes, those at the top first
    whole: bool  # False: there are more files or deeper folders than are looked at

    @classmethod
    def of(cls, root: Path) -> Tree:
        """What other people's packages, builds and hidden folders hold is left out."""
        found: list[str] = []
        for path in _walked(root):
            if path is None or len(found) >= _MOST:
                return cls(root, tuple(found), whole=False)
            found.append(path)
        return cls(root, tuple(found), whole=True)

    def text(self, path: str) -> str | None:
        """A regular file's text; None: missing, a link, too large, binary or not UTF-8."""
        content = self._content(path)
        if content is None or b"\0" in content:
            return None
        try:
            return content.decode()
        except UnicodeDecodeError:
            return None

    def named(self, *suffixes: str) -> Iterator[str]:
        """The paths that end so."""
        return (path for path in self.files if path.endswith(suffixes))

    def _content(self, path: str) -> bytes | None:
        try:
            # Without O_NONBLOCK a pipe in the place of a file would be waited for.
            descriptor = os.open(self.root / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return None
        with os.fdopen(descriptor, "rb") as file:
            state = os.fstat(descriptor)
            if not stat.S_ISREG(state.st_mode) or state.st_size > LARGEST:
                return None
            return file.read(LARGEST)


def _walked(root: Path) -> Iterator[str | None]:
    """Paths, level by level; None once for what lies too deep."""
    waiting = deque([("", 0)])
    while waiting:
        folder, depth = waiting.popleft()
        for entry in _entries(root / folder):
            path = f"{folder}{entry.name}"
            if not path.isprintable():
                continue
            if entry.is_file(follow_symlinks=False):
                yield path
            elif entry.is_dir(follow_symlinks=False) and _looked_into(entry):
                if depth == _DEEPEST:
                    yield None
                waiting.append((f"{path}/", depth + 1))


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:  # one that we may not look into, or that is gone by now
        return []


def _looked_into(entry: os.DirEntry[str]) -> bool:
    if entry.name.startswith("."):
        return entry.name in _SEEN_HIDDEN
    return entry.name not in _ELSEWHERE and not os.path.lexists(f"{entry.path}/pyvenv.cfg")
