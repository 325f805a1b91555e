"""What a proposal would import and the repository does not have: a new dependency by the back door.

Reads the Python files of the proposal. A module is known that is Python's own, a file or folder of the repository,
imported anywhere at the base, or named in a manifest. `importlib.import_module("x")` and `__import__("x")` count as
imports; a name that is computed there cannot be judged and is told as it stands. Relative imports stay inside the
repository and are ignored, and so are other languages: nothing can be installed for the runs in any of them.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import Final

from metabot.generate.proposal import Proposal
from metabot.verify import protected
from metabot.verify.paths import matches

Read = Callable[[str], str | None]
COMPUTED: Final = "a module whose name is computed"
_IMPORT_LINE: Final = re.compile(r"^[ \t]*(?:import|from)[ \t]+([^\W\d]\w*)", re.MULTILINE)
_WORD: Final = re.compile(r"[^\W\d][\w.-]*")


def new_dependency(proposal: Proposal, files: frozenset[str], read: Read) -> tuple[str, str] | None:
    """Path and module of the first import that the repository cannot serve; None where there is none."""
    known = _Known(files, read, also=proposal.new_test.path)
    texts = [(edit.path, edit.before, edit.after) for edit in proposal.edits]
    for path, before, after in (*texts, (proposal.new_test.path, "", proposal.new_test.text)):
        if PurePosixPath(path).suffix in (".py", ".pyi"):
            for module in sorted(imported(after) - imported(before)):
                if module == COMPUTED or not known.has(module):
                    return path, module
    return None


def imported(source: str) -> set[str]:
    """Top-level names of the modules that a source imports, and COMPUTED where it imports by a computed name.

    What does not parse here may be written for a newer Python: its lines are searched instead.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set(_IMPORT_LINE.findall(source))
    return {name.partition(".")[0] for node in ast.walk(tree) for name in _modules(node)}


def _modules(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (alias.name for alias in names)
        case ast.ImportFrom(module=str(module), level=0):
            yield module
        case ast.Call(func=ast.Name(id="__import__" | "import_module") | ast.Attribute(attr="import_module")):
            yield from _called(node)


def _called(call: ast.Call) -> Iterator[str]:
    match call.args:
        case [ast.Constant(value=str(name)), *_]:
            if not name.startswith("."):
                yield name
        case _:
            yield COMPUTED


class _Known:
    """What the repository has, looked up from what is cheap to what is dear: only an unknown name reads every file."""

    def __init__(self, files: frozenset[str], read: Read, *, also: str) -> None:
        self._files, self._read = files, read
        self._own = {part for file in (*files, also) if file.endswith((".py", ".pyi")) for part in _parts(file)}
        self._elsewhere: set[str] | None = None

    def has(self, module: str) -> bool:
        return module in sys.stdlib_module_names or module in self._own or module in self._found()

    def _found(self) -> set[str]:
        if self._elsewhere is None:
            self._elsewhere = {word for file in self._files for word in self._words(file)}
        return self._elsewhere

    def _words(self, file: str) -> set[str]:
        is_manifest = matches(file.casefold(), protected.NEVER["a manifest or lock file"])
        if not (is_manifest or file.endswith(".py")):
            return set()
        text = self._read(file) or ""
        found = imported(text) - {COMPUTED} if file.endswith(".py") else set()
        return found | (_named(text.casefold()) if is_manifest else set())


def _named(manifest: str) -> set[str]:
    """Every word of it, also as a module would spell it: `ruamel.yaml` and `time-machine`."""
    words = set(_WORD.findall(manifest))
    return words | {re.sub(r"[-.]+", "_", word) for word in words} | {word.partition(".")[0] for word in words}


def _parts(file: str) -> tuple[str, ...]:
    path = PurePosixPath(file)
    return (*path.parent.parts, path.stem)
