"""The functions of a Python source and their lines, by the names that telemetry gives them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from metabot.place.parsing import parsed
from metabot.place.syntax import is_overload

_LOCALS: Final = re.compile(r"\.?<locals>\.?")  # outer.<locals>.inner, as __qualname__ writes it


@dataclass(frozen=True, slots=True)
class Function:
    """A function or method: its dotted name inside its file and its lines, decorators included."""

    parts: tuple[str, ...]
    first_line: int
    last_line: int

    @property
    def symbol(self) -> str:
        return ".".join(self.parts)

    def holds(self, line: int) -> bool:
        return self.first_line <= line <= self.last_line


def functions(source: str) -> tuple[Function, ...]:
    """Every function of the source but overloads, outer ones first; none where the source is not valid Python."""
    tree = parsed(source)
    try:
        return tuple(_walk(tree, ())) if tree is not None else ()
    except RecursionError:  # nested beyond reason
        return ()


def _walk(node: ast.AST, inside: tuple[str, ...]) -> Iterator[Function]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            parts = (*inside, child.name)
            first = min([child.lineno, *(decorator.lineno for decorator in child.decorator_list)])
            if not is_overload(child):
                yield Function(parts, first, child.end_lineno or child.lineno)
            yield from _walk(child, parts)
        elif isinstance(child, ast.ClassDef):
            yield from _walk(child, (*inside, child.name))
        else:
            yield from _walk(child, inside)


def name_parts(recorded: str) -> tuple[str, ...]:
    """`pkg.mod.Class.method`, `outer.<locals>.inner` or `method()` as parts; empty for code outside any function."""
    plain = _LOCALS.sub(".", recorded.strip()).removesuffix("()").replace("::", ".").replace(":", ".")
    parts = tuple(part for part in plain.split(".") if part)
    if not all(part.isidentifier() for part in parts):
        return ()
    return parts[1:] if parts[:1] == ("__main__",) else parts


def named(found: Sequence[Function], wanted: tuple[str, ...], module: tuple[str, ...]) -> tuple[Function, ...]:
    """Those that the recorded name may mean, given the dotted module that they stand in.

    A recorded name may say less than the full one (`method`) or more (it starts at a folder above the repository);
    it never contradicts it. Several remain where the name says too little to tell them apart.
    """
    return tuple(one for one in found if _one_ends_with_the_other(module + one.parts, wanted))


def _one_ends_with_the_other(full: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    shared = min(len(full), len(wanted))
    return shared > 0 and full[-shared:] == wanted[-shared:]


def enclosing(found: Sequence[Function], line: int) -> Function | None:
    """The innermost function that holds the line."""
    holding = [one for one in found if one.holds(line)]
    return max(holding, key=lambda one: len(one.parts), default=None)
