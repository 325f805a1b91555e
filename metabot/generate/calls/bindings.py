"""What a function's own code gives a name, read once for each function."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Set
from functools import lru_cache

from metabot.generate.calls.units import Def, Unit, own_nodes


@lru_cache(maxsize=256)
def bindings(unit: Unit) -> Mapping[str, tuple[ast.expr | None, ...]]:
    """The names that the function's own code binds, and what to; None for what is no plain assignment."""
    found: dict[str, list[ast.expr | None]] = {}
    plain: set[ast.AST] = set()
    for node in own_nodes(unit):
        match node:
            case ast.Assign(targets=[ast.Name(id=name) as target], value=value):
                found.setdefault(name, []).append(value)
                plain.add(target)
            case ast.AnnAssign(target=ast.Name(id=name) as target, value=value):
                found.setdefault(name, []).extend([value] if value is not None else [])
                plain.add(target)
            case ast.withitem(context_expr=value, optional_vars=ast.Name(id=name) as target):
                found.setdefault(name, []).append(value)
                plain.add(target)
            case ast.Name(id=name, ctx=ast.Store()) if node not in plain:
                found.setdefault(name, []).append(None)
            case ast.ExceptHandler(name=str(name)):
                found.setdefault(name, []).append(None)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found.setdefault(name, [])
    return {name: tuple(values) for name, values in found.items()}


def assigned(unit: Unit) -> Set[str]:
    """The names that the function's own code binds, its parameters left out."""
    return bindings(unit).keys()


def values_of(name: str, unit: Unit) -> tuple[ast.expr | None, ...]:
    """What is assigned to a name, each time."""
    return bindings(unit).get(name, ())


def bound_in(outer: Def) -> set[str]:
    """The names that an enclosing function gives a meaning."""
    names = {node.id for node in ast.walk(outer) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    names |= {node.arg for node in ast.walk(outer.args) if isinstance(node, ast.arg)}
    return names | {node.name for node in ast.walk(outer) if isinstance(node, Def) and node is not outer}


def attribute_values(attr: str, method: Unit) -> list[ast.expr | None]:
    """What a method assigns to an attribute of its object."""
    found: list[ast.expr | None] = []
    for node in own_nodes(method):
        targets = node.targets if isinstance(node, ast.Assign) else []
        targets = [node.target] if isinstance(node, ast.AnnAssign | ast.AugAssign) else targets
        for target in targets:
            match target:
                case ast.Attribute(value=ast.Name(id=name), attr=one) if (name, one) == (method.receiver, attr):
                    found.append(getattr(node, "value", None))
    return found
