"""The Python of the target repository by its definitions: which lines a name stands for, and who mentions it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from metabot.generate.recipe import Base
from metabot.place.parsing import parse
from metabot.place.paths import module_parts

_LARGEST: Final = 300_000  # bytes of a file

_Def = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True, slots=True)
class Lines:
    """A stretch of a file, first and last line counted from 1, both included."""

    path: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Source:
    path: str
    text: str
    tree: ast.Module

    def lines(self, node: ast.stmt) -> Lines:
        decorators = node.decorator_list if isinstance(node, _Def) else []
        first = min([node.lineno, *(one.lineno for one in decorators)])
        return Lines(self.path, first, node.end_lineno or node.lineno)

    def defines(self, name: str) -> Lines | None:
        """Where the module's top level defines or assigns the name; or the method of a class there."""
        outer, _, inner = name.partition(".")
        for node in self.tree.body:
            if outer not in _bound(node):
                continue
            within = node.body if inner and isinstance(node, ast.ClassDef) else []
            method = next((one for one in within if inner in _bound(one)), None)
            return self.lines(method or node)
        return None

    def head(self) -> Lines | None:
        """The module's imports, from the first to the last at its top level."""
        found = [node for node in self.tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        return Lines(self.path, found[0].lineno, found[-1].end_lineno or found[-1].lineno) if found else None


def source(path: str, base: Base) -> Source | None:
    """None: it is no Python, or none that this interpreter reads."""
    text = base.read(path) if path.endswith(".py") else None
    return None if text is None else _parsed(path, text)


def texts(paths: Sequence[str], base: Base) -> Iterator[tuple[str, str]]:
    """The files that a person could have written, with two calls of git for all."""
    return base.repository.texts(base.revision, paths, largest=_LARGEST)


def _parsed(path: str, text: str) -> Source | None:
    try:
        return Source(path, text, parse(text))
    except (SyntaxError, ValueError, RecursionError):
        return None


def used(within: Source, lines: Lines, base: Base) -> Iterator[Lines]:
    """What the lines use of the repository: functions, classes and constants of this module and of imported ones."""
    origins = dict(_origins(within))
    modules = {module_parts(path): path for path in base.files if path.endswith(".py")}
    for name in dict.fromkeys(_mentioned(within, lines)):
        first, _, rest = name.partition(".")
        dotted = origins.get(first)
        if dotted is None:
            found = within.defines(name) or within.defines(first)
        else:
            found = _elsewhere(f"{dotted}.{rest}" if rest else dotted, modules, base)
        if found is not None and not _inside(found, lines):
            yield found


def mentioning(name: str, base: Base) -> Iterator[Lines]:
    """The functions, classes and assignments at top level, or methods, that mention the name; tests left out."""
    paths = [path for path in base.files if path.endswith(".py") and not is_test(path)]
    for path, text in texts(paths, base):
        found = _parsed(path, text) if name in text else None
        for node in _small(found.tree) if found is not None else ():
            if found is not None and name in _words(node) and name not in _bound(node):
                yield found.lines(node)


def is_test(path: str) -> bool:
    parts = path.split("/")
    return parts[-1].startswith("test_") or parts[-1].endswith("_test.py") or bool({"tests", "test"} & set(parts[:-1]))


def _small(tree: ast.Module) -> Iterator[ast.stmt]:
    """Statements of the top level; of a class, its own."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield from node.body
        elif not isinstance(node, ast.Import | ast.ImportFrom):
            yield node


def _words(node: ast.AST) -> set[str]:
    names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    return names | {one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute)}


def _mentioned(within: Source, lines: Lines) -> Iterator[str]:
    """Names and dotted names of the lines, in their order; `self.method` as `Class.method`."""
    for outer in within.tree.body:
        prefix = f"{outer.name}." if isinstance(outer, ast.ClassDef) else ""
        for node in ast.walk(outer):
            line = getattr(node, "lineno", None)
            if line is None or not lines.first <= line <= lines.last:
                continue
            match node:
                case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=attribute) if prefix:
                    yield prefix + attribute
                case ast.Attribute() | ast.Name():
                    yield from _dotted(node)


def _dotted(node: ast.expr) -> Iterator[str]:
    """`shop.tools.stock` of names and attributes alone."""
    match node:
        case ast.Name(id=name):
            yield name
        case ast.Attribute(value=value, attr=attribute):
            yield from (f"{before}.{attribute}" for before in _dotted(value))


def _origins(within: Source) -> Iterator[tuple[str, str]]:
    """Imported names and the dotted names that they stand for, relative imports made absolute."""
    package = module_parts(within.path)[:-1]
    for node in ast.walk(within.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield (alias.asname, alias.name) if alias.asname else (alias.name.split(".")[0],) * 2
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            stem = ".".join((*above, *((node.module,) if node.module else ())))
            for alias in node.names:
                yield alias.asname or alias.name, f"{stem}.{alias.name}" if stem else alias.name


def _elsewhere(dotted: str, modules: Mapping[tuple[str, ...], str], base: Base) -> Lines | None:
    """A module's definition by its dotted name: the longest beginning that is a file of the repository."""
    parts = tuple(dotted.split("."))
    for length in range(len(parts) - 1, 0, -1):
        path = modules.get(parts[:length])
        found = source(path, base) if path is not None else None
        if found is not None:
            return found.defines(".".join(parts[length:])) or found.defines(parts[length])
    return None


def _bound(node: ast.stmt) -> set[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.Assign(targets=targets):
            return {target.id for target in targets if isinstance(target, ast.Name)}
        case ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
    return set()


def _inside(one: Lines, other: Lines) -> bool:
    return one.path == other.path and one.first >= other.first and one.last <= other.last
