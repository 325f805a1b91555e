"""The commands that set a project up and test it: at its top, or in the one folder below that has a manifest."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Final

from metabot.project.tree import Tree
from metabot.verify.defaults import MANIFESTS, Defaults, detected

_DEEPEST: Final = 3  # folders below one another in which a manifest is a project's own
_ASIDE: Final = frozenset(("test", "tests", "fixtures", "testdata", "example", "examples", "docs", "templates"))
_RUNNERS: Final = (
    ("tox.ini", re.compile(r"^\[testenv", re.MULTILINE), "tox"),
    ("noxfile.py", re.compile(r"session"), "nox"),
    ("Makefile", re.compile(r"^test\w*:", re.MULTILINE), "make test"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    defaults: Defaults
    how: str  # they were told
    folders: tuple[str, ...] = ()  # below the top, that have a manifest of their own


def commands(tree: Tree) -> Commands:
    """Those that its files suggest. Nothing runs, so that they may still fail."""
    folders = tuple(_folders(tree))
    at_top = detected(set(tree.files), tree.text)
    manifests = [name for name in MANIFESTS if name in tree.files]
    if manifests or not folders:
        how = f"by {', '.join(manifests)}" if manifests else "by its Python files alone"
        return Commands(defaults=_with_runner(tree, at_top), how=how, folders=folders)
    if len(folders) == 1:
        return Commands(defaults=_below(tree, folders[0]), how=f"by the manifest in {folders[0]}", folders=folders)
    several = f"no manifest is at its top, and {len(folders)} folders have one: {', '.join(folders[:5])}"
    return Commands(defaults=Defaults(unknown=several), how="", folders=folders)


def _folders(tree: Tree) -> list[str]:
    """Folders with a manifest, less those inside of another such folder."""
    found: list[str] = []
    for path in map(PurePosixPath, tree.files):
        folder = str(path.parent)
        inside = any(folder == one or folder.startswith(f"{one}/") for one in found)
        own = len(path.parts) <= _DEEPEST + 1 and _ASIDE.isdisjoint(path.parts)
        if path.name in MANIFESTS and folder != "." and own and not inside:
            found.append(folder)
    return found


def _below(tree: Tree, folder: str) -> Defaults:
    """Setup works there; tests run at the top, since a test's path is given from there."""
    inside = {path.removeprefix(f"{folder}/") for path in tree.files if path.startswith(f"{folder}/")}
    found = detected(inside, lambda name: tree.text(f"{folder}/{name}"))
    if not found.test.startswith("{env}/bin/python"):
        unknown = found.unknown or f"its tests run in {folder}, and a test's path is given from the top"
        return Defaults(setup=_in(folder, found.setup), unknown=unknown)
    return replace(found, setup=_in(folder, found.setup))


def _in(folder: str, setup: str) -> str:
    return f"sh -c {shlex.quote(f'cd {shlex.quote(folder)} && {setup}')}" if setup else ""


def _with_runner(tree: Tree, found: Defaults) -> Defaults:
    """Runners of tests take no test file's path, so their own command is not the one to write."""
    if found.unknown is None:
        return found
    for name, pattern, command in _RUNNERS:
        if name in tree.files and pattern.search(tree.text(name) or ""):
            inner = f"{name} is there, but `{command}` takes no test file's path: write the command that it starts"
            return replace(found, unknown=f"{found.unknown}; {inner}")
    return found
