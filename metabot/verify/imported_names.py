"""What the names of a Python source stand for, as far as it imports them. Pure."""

from __future__ import annotations

import ast
from collections.abc import Mapping


def nodes(source: str) -> list[ast.AST]:
    try:
        return list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def names(found: list[ast.AST]) -> dict[str, str]:
    """What each imported name, and each other name for it, stands for: `m` for json after `m = json`."""
    known: dict[str, str] = {}
    for node in found:
        match node:
            case ast.Import(names=imported):
                known |= {one.asname or one.name.partition(".")[0]: _bound(one) for one in imported}
            case ast.ImportFrom(module=str(module), names=imported, level=0):
                known |= {one.asname or one.name: f"{module}.{one.name}" for one in imported}
            case ast.ImportFrom(names=imported):
                known |= {one.asname or one.name: f".{one.name}" for one in imported}
    for node in found:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Name() | ast.Attribute() as value):
                if stands_for := path(value, known):
                    known.setdefault(name, stands_for)
    return known


def _bound(one: ast.alias) -> str:
    return one.name if one.asname else one.name.partition(".")[0]


def path(node: ast.AST, known: Mapping[str, str]) -> str | None:
    """`json.encoder` for what stands for it; None for what was not imported."""
    match node:
        case ast.Name(id=name):
            return known.get(name)
        case ast.Attribute(value=value, attr=attribute):
            inner = path(value, known)
            return None if inner is None else f"{inner}.{attribute}"
    return None
