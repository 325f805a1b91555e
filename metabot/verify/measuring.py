"""Files that measure a change and that no setting names: what an evaluation reads and the application does not.

Follows names from file to file: Python's imports, and words that are a path, a path beside the file or a file's own
name. The application is the code that the finding was placed in, what that names, and what names it. What a command of
the settings leads to and the application does not is there to measure: cases, expected answers, a scorer. Python and
texts in the repository alone; a path that is put together of parts is known by its last one.
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final

from metabot.verify.protected import kind_of

Read = Callable[[str], str | None]
_ROOTS: Final = ("", "src/", "lib/")
_ENDS: Final = ("", ".py", "/__init__.py", "/__main__.py", ".js", ".mjs", ".ts", "/index.js", "/index.ts")
_WORD: Final = re.compile(r"[\w.@/-]*\w")
_LARGEST: Final = 1_000_000  # characters: a longer file is data, and names nothing
_MOST: Final = 500  # files that are followed


@dataclass(frozen=True)
class Naming:
    """Which file names which, at one revision."""

    files: frozenset[str]
    read: Read
    _known: dict[str, frozenset[str]] = field(default_factory=dict)
    _by_name: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for file in self.files:
            self._by_name[PurePosixPath(file).name].append(file)

    def reached(self, starts: Iterable[str]) -> frozenset[str]:
        """The starts and all that they name, and those name, and so on."""
        waiting, found = list(starts), set(starts)
        while waiting and len(found) < _MOST:
            new = self.named(waiting.pop()) - found
            found |= new
            waiting += new
        return frozenset(found)

    def named(self, file: str) -> frozenset[str]:
        if file not in self._known:
            text = self.read(file) or ""
            found = () if len(text) > _LARGEST else (*self._imported(file, text), *self._written(file, text))
            self._known[file] = frozenset(found) - {file}
        return self._known[file]

    def _imported(self, file: str, text: str) -> Iterator[str]:
        if not file.endswith(".py"):
            return
        beside = f"{posixpath.dirname(file)}/".lstrip("/")
        for module in _modules(file, text):
            path = module.replace(".", "/")
            yield from self._there(f"{root}{path}" for root in (*_ROOTS, beside))

    def _written(self, file: str, text: str) -> Iterator[str]:
        folder = posixpath.dirname(file)
        for word in set(_WORD.findall(text)):
            if "." in word or "/" in word:
                yield from self._there((word, posixpath.normpath(posixpath.join(folder, word))))
                alone = self._by_name.get(posixpath.basename(word), [])
                yield from alone if len(alone) == 1 else ()

    def _there(self, paths: Iterable[str]) -> Iterator[str]:
        return (found for path in paths for end in _ENDS if (found := f"{path}{end}") in self.files)


def only_measures(
    edited: Iterable[str], located: Iterable[str], judges: Iterable[str], files: frozenset[str], read: Read
) -> str | None:
    """The first edited file that `judges` lead to and the application does not; None where there is none.

    `located`: where the finding was placed. Without one nothing is known of the application, and nothing is said.
    """
    placed, measuring = frozenset(located) & files, frozenset(judges)
    suspects = [path for path in edited if path not in placed]
    if not placed or not suspects or not measuring:
        return None
    naming = Naming(files, read)
    used = naming.reached(measuring)
    callers = {file for file in used - measuring if not kind_of(file) and placed & naming.reached([file])}
    application = naming.reached(placed | callers)
    return next((path for path in suspects if path in used - application), None)


def _modules(file: str, text: str) -> Iterator[str]:
    """Dotted, each also with what is imported from it: that may be a module."""
    try:
        nodes = list(ast.walk(ast.parse(text)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    package = PurePosixPath(file).parent.parts
    for node in nodes:
        match node:
            case ast.Import(names=names):
                yield from (one.name for one in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                above = package[: len(package) - level + 1] if level else ()
                start = ".".join((*above, *([module] if module else [])))
                yield start
                yield from (f"{start}.{one.name}" for one in names)
