"""The functions of a source with the class that each stands in, and the statements of a function that are its own."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from metabot.generate.calls.source import Source

Def = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Unit:
    """A function, a method, or with no `function` the code of the module itself."""

    source: Source
    function: Def | None
    owner: ast.ClassDef | None
    symbol: str  # dotted inside its file; empty for the module's own code
    inside: tuple[Def, ...] = ()  # the functions that it is defined in, outermost first

    @property
    def body(self) -> list[ast.stmt]:
        return self.source.tree.body if self.function is None else self.function.body

    @property
    def name(self) -> str:
        return self.symbol or "the module"

    @property
    def asynchronous(self) -> bool:
        return isinstance(self.function, ast.AsyncFunctionDef)

    @property
    def parameters(self) -> tuple[ast.arg, ...]:
        if self.function is None:
            return ()
        listed = self.function.args
        more = [one for one in (listed.vararg, listed.kwarg) if one is not None]
        return (*listed.posonlyargs, *listed.args, *listed.kwonlyargs, *more)

    @property
    def receiver(self) -> str | None:
        """What a method calls its object: self."""
        decorators = [] if self.function is None else [ast.unparse(one) for one in self.function.decorator_list]
        is_method = self.owner is not None and not self.inside and "staticmethod" not in decorators
        return self.parameters[0].arg if is_method and self.parameters else None


@lru_cache(maxsize=64)
def units(source: Source) -> tuple[Unit, ...]:
    """Every function and method, outer ones first; the module's own code comes last."""
    return (*_walk(source, source.tree, None, (), ()), Unit(source, None, None, ""))


def unit_of(source: Source, symbol: str | None) -> Unit | None:
    """The one with that name; None where there is none or several."""
    found = [one for one in units(source) if one.symbol == (symbol or "")]
    return found[0] if len(found) == 1 else None


def own_nodes(unit: Unit) -> Iterator[ast.AST]:
    """The nodes of a function's body, without what is inside of functions and classes that it defines."""
    todo: list[ast.AST] = list(reversed(unit.body))
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            todo += reversed(list(ast.iter_child_nodes(node)))


def blocks(body: list[ast.stmt]) -> Iterator[list[ast.stmt]]:
    """The block and those inside of its compound statements; those of nested functions and classes are not its own."""
    yield body
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        for field in ("body", "orelse", "finalbody"):
            inner = getattr(statement, field, None)
            if inner:
                yield from blocks(inner)
        for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
            yield from blocks(part.body)


def _walk(
    source: Source, node: ast.AST, owner: ast.ClassDef | None, names: tuple[str, ...], inside: tuple[Def, ...]
) -> Iterator[Unit]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Unit(source, child, owner, ".".join((*names, child.name)), inside)
            yield from _walk(source, child, owner, (*names, child.name), (*inside, child))
        elif isinstance(child, ast.ClassDef):
            yield from _walk(source, child, child, (*names, child.name), ())
        else:
            yield from _walk(source, child, owner, names, inside)
