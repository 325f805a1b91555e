"""Paths and globs of the target repository, as git writes them: relative, `/` between the parts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Final

# NTFS: a backslash parts, a colon begins a drive or a stream (a.py::$DATA is a.py), and a~1 is a short name.
_NOT_EVERYWHERE: Final = re.compile(r"[\\:]|~\d")


def is_plain(path: str) -> bool:
    """Whether the path can only mean one place below the repository's root, on every file system."""
    if not path or path.startswith(("/", "~")) or _NOT_EVERYWHERE.search(path):
        return False
    if any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn") for character in path):
        return False  # control and invisible characters: some file systems drop them, and .g<ZWJ>it becomes .git
    parts = path.split("/")
    return all(part != "" and part == part.strip() and not part.endswith(".") for part in parts)


def matches(path: str, globs: Iterable[str]) -> bool:
    """Whether a glob matches the whole path. `*` stays inside a folder, `**` crosses folders, `docs/` is all below."""
    return any(_pattern(glob).fullmatch(path) for glob in globs)


def lies_under(path: str, globs: Iterable[str]) -> bool:
    """Whether a glob matches the path or a folder that it lies in."""
    pure = PurePosixPath(path)
    folders = [str(folder) for folder in pure.parents if str(folder) != "."]
    return any(matches(candidate, globs) for candidate in (path, *folders))


@lru_cache(maxsize=256)
def _pattern(glob: str) -> re.Pattern[str]:
    whole = f"{glob}**" if glob.endswith("/") else glob
    pieces = re.split(r"(\*\*/|\*\*|\*|\?)", whole.removeprefix("./"))
    meaning = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(meaning.get(piece, re.escape(piece)) for piece in pieces), re.DOTALL)
