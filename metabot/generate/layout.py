"""How the target repository is laid out: a file's import name, and where a new test goes and what it is called."""

from __future__ import annotations

import configparser
import tomllib
from collections import Counter
from collections.abc import Collection
from pathlib import PurePosixPath
from typing import Final

from metabot.generate.recipe import Base, NotSure

_SOURCE_ROOTS: Final = ("src", "lib")
_INI_FILES: Final = (("pytest.ini", "pytest"), ("tox.ini", "pytest"), ("setup.cfg", "tool:pytest"))


def import_name(path: str, files: Collection[str]) -> str | NotSure:
    """`src/support/tools.py` is imported as support.tools: up to the topmost package, or below a source root."""
    file = PurePosixPath(path)
    folders = list(file.parts[:-1])
    packages = 0
    while packages < len(folders) and "/".join([*folders[: len(folders) - packages], "__init__.py"]) in files:
        packages += 1
    parts = folders[len(folders) - packages :]
    if not packages:  # a module beside its importers, or a package without __init__.py
        parts = folders[1:] if folders[:1] and folders[0] in _SOURCE_ROOTS else folders
    name = [*parts, *([] if file.stem == "__init__" else [file.stem])]
    if not name or not all(part.isidentifier() for part in name):
        return NotSure(f"{path} has no name that Python can import it by")
    return ".".join(name)


def new_test_path(about: str, purpose: str, base: Base) -> str | NotSure:
    """A free path beside the repository's tests, named as they are: tests/test_tools_retry_transient.py."""
    folder = _tests_folder(about, base)
    if folder is None:
        return NotSure("the repository has no tests, beside which a new one could stand")
    stem = PurePosixPath(about).stem
    subject = f"{PurePosixPath(about).parent.name or 'package'}" if stem == "__init__" else stem
    beside = [PurePosixPath(path).name for path in base.files if _is_test(path)]
    behind = sum(name.endswith("_test.py") for name in beside) > len(beside) / 2
    name = f"{subject}_{purpose}_test.py" if behind else f"test_{subject}_{purpose}.py"
    path = name if folder == "." else f"{folder}/{name}"
    if path in base.files:
        return NotSure(f"{path} is there already")
    return path


def _tests_folder(about: str, base: Base) -> str | None:
    """The configured folder with tests in it, else the one that holds most of the tests nearest to the file."""
    holding = Counter(str(PurePosixPath(path).parent) for path in base.files if _is_test(path))
    for wanted in _configured(base):
        inside = [folder for folder in holding if folder == wanted or folder.startswith(f"{wanted}/")]
        if inside:
            return min(inside, key=lambda folder: (folder.count("/"), -holding[folder]))
    near = sorted(holding, key=lambda folder: (-_shared(folder, about), folder.count("/"), -holding[folder]))
    return near[0] if near else None


def _configured(base: Base) -> list[str]:
    """pytest's testpaths, wherever the repository writes them."""
    try:
        settings = tomllib.loads(base.read("pyproject.toml") or "")
        paths = settings.get("tool", {}).get("pytest", {}).get("ini_options", {}).get("testpaths", [])
        if paths:
            return [str(path).strip("/") for path in ([paths] if isinstance(paths, str) else paths)]
    except (tomllib.TOMLDecodeError, AttributeError):  # not ours to repair: the repository's own tools will tell
        return []
    for file, section in _INI_FILES:
        parser = configparser.ConfigParser(interpolation=None)
        try:
            parser.read_string(base.read(file) or "")
        except configparser.Error:
            continue
        if parser.has_option(section, "testpaths"):
            return parser.get(section, "testpaths").split()
    return []


def _is_test(path: str) -> bool:
    name = PurePosixPath(path).name
    return name.endswith(".py") and (name.startswith("test_") or name.endswith("_test.py"))


def _shared(folder: str, about: str) -> int:
    count = 0
    for ours, theirs in zip(PurePosixPath(folder).parts, PurePosixPath(about).parts, strict=False):
        if ours != theirs:
            break
        count += 1
    return count
