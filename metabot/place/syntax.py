"""The nodes of a Python source, each with what it stands in."""

from __future__ import annotations

import ast
from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

from metabot.place.parsing import parsed

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


class Spot(NamedTuple):
    node: ast.AST
    scope: tuple[str, ...]  # the functions and classes around it, outermost first
    function: FunctionNode | None  # the innermost around it; a decorator stands in the function that it decorates
    statement: ast.stmt | None

    @property
    def symbol(self) -> str | None:
        return ".".join(self.scope) or None

    @property
    def lines(self) -> tuple[int, int]:
        """Of the function around it, else of its statement."""
        around = self.function or self.statement
        return lines_of(around) if around is not None else (1, 1)


def spots(source: str, *words: str) -> Iterator[Spot]:
    """Every node in the source's order; none where the source is not Python.

    With words: of what stands on lines without any of them, nothing but what it stands in.
    """
    tree = parsed(source)
    near = _lines_with(source, words)
    waiting = [Spot(child, (), None, None) for child in _below(tree)] if tree is not None else []
    while waiting:
        spot = waiting.pop()
        if words and isinstance(spot.node, ast.stmt | ast.expr) and not _any_within(near, lines_of(spot.node)):
            continue
        inner = _entered(spot)
        yield inner
        waiting += [Spot(child, inner.scope, inner.function, inner.statement) for child in _below(inner.node)]


def _lines_with(source: str, words: tuple[str, ...]) -> list[int]:
    return [number for number, line in enumerate(source.split("\n"), 1) if any(word in line for word in words)]


def _any_within(numbers: list[int], lines: tuple[int, int]) -> bool:
    at = bisect_left(numbers, lines[0])
    return at < len(numbers) and numbers[at] <= lines[1]


def lines_of(node: ast.stmt | ast.expr) -> tuple[int, int]:
    """First and last line, decorators included."""
    first = min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", ()))])
    return first, node.end_lineno or node.lineno


def last_name(node: ast.AST) -> str:
    """`create` of `client.messages.create`, of a call the name that is called; empty where nothing is named."""
    return dotted(node)[-1:][0] if dotted(node) else ""


def dotted(node: ast.AST) -> tuple[str, ...]:
    """`client.messages.create` in its parts; what stands before the last nameable part is left out."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute | ast.Call):
        if isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        else:
            node = node.func
    if isinstance(node, ast.Name):
        parts.append(node.id)
    return tuple(reversed(parts))


def is_overload(function: FunctionNode) -> bool:
    """Only says a type: what runs is the one of that name behind it."""
    return any(last_name(decorator) == "overload" for decorator in function.decorator_list)


def constant(node: ast.AST | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def argument(call: ast.Call, name: str, position: int | None = None) -> ast.expr | None:
    """What a call passes by this keyword, else at this position."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    return call.args[position] if position is not None and position < len(call.args) else None


def _entered(spot: Spot) -> Spot:
    node = spot.node
    if isinstance(node, FunctionNode):
        return Spot(node, (*spot.scope, node.name), node, node)
    if isinstance(node, ast.ClassDef):
        return Spot(node, (*spot.scope, node.name), spot.function, node)
    return Spot(node, spot.scope, spot.function, node) if isinstance(node, ast.stmt) else spot


def _below(node: ast.AST) -> list[ast.AST]:
    return list(ast.iter_child_nodes(node))[::-1]
