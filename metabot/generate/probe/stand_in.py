"""Where a test puts a stand-in so that a request reaches it, followed back from the call that sends.

A parameter is given the stand-in, a name of the module is replaced, and an attribute is followed to the constructor.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Final

from metabot.generate.probe.asked import Asked, Def, Place, own
from metabot.generate.probe.calling import constructor, parameters
from metabot.generate.recipe import NotSure

_DEPTH: Final = 16  # names that stand for names


@dataclass(frozen=True, slots=True)
class StandIn:
    """`owner` and `name`: a parameter of the class's constructor or, without owner, of the function itself."""

    kind: str  # parameter, module, attribute, or library: a dotted name
    name: str
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class _Scope:
    tree: ast.Module
    place: Place

    def at(self, function: Def) -> _Scope:
        return _Scope(self.tree, Place(function, self.place.owner))


def stand_ins(asked: Asked, tree: ast.Module) -> tuple[StandIn, ...] | NotSure:
    """Every place that the request may leave by; none where the function returns it."""
    if asked.leaves is None:
        return ()
    found = _of(asked.leaves.func, _Scope(tree, asked.place), 0)
    return tuple(dict.fromkeys(found)) or NotSure("it cannot be told what the request is sent with")


def _of(value: ast.expr, scope: _Scope, depth: int) -> list[StandIn]:
    if depth > _DEPTH:
        return []
    match value:
        case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=attr) if scope.place.owner is not None:
            return _attribute(attr, scope, depth + 1)
        case ast.Attribute(value=ast.Name(id=name), attr=attr) if _own_import(name, scope) == name:
            return [StandIn("library", f"{name}.{attr}")]
        case ast.Name(id=name):
            return _name(name, scope, depth + 1)
    return [one for inner in _inside(value) for one in _of(inner, scope, depth + 1)]


def _inside(value: ast.expr) -> list[ast.expr]:
    """What the value comes from."""
    match value:
        case ast.Attribute(value=inner) | ast.Await(value=inner) | ast.Subscript(value=inner) | ast.Call(func=inner):
            return [inner]
        case ast.BoolOp(values=values):
            return values
        case ast.IfExp(body=body, orelse=orelse):
            return [body, orelse]
    return []


def _name(name: str, scope: _Scope, depth: int) -> list[StandIn]:
    function = scope.place.function
    values = _values(name, scope)
    if function is not None and name in {one.name for one in parameters(function, bound=False)}:
        owner = scope.place.owner.name if scope.place.owner is not None and function.name == "__init__" else None
        given = StandIn("parameter", name, owner)
        return [given, *(one for value in values for one in _of(value, scope, depth) if one != given)]
    if values:
        return [one for value in values for one in _of(value, scope, depth)]
    imported = _own_import(name, scope)
    return [StandIn("module", name) if imported is None else StandIn("library", imported)]


def _values(name: str, scope: _Scope) -> list[ast.expr]:
    """What the function, or for a script the module, makes the name be."""
    values: list[ast.expr] = []
    for node in own(scope.place.body(scope.tree)):
        match node:
            case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                values.append(value)
            case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value) if target == name:
                values.append(value)
            case ast.withitem(context_expr=value, optional_vars=ast.Name(id=target)) if target == name:
                values.append(value)
    return values


def _own_import(name: str, scope: _Scope) -> str | None:
    """The dotted name that an import inside of the function, or of the script, stands for."""
    for node in own(scope.place.body(scope.tree)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            prefix = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            names = {alias.asname or alias.name: prefix + alias.name for alias in node.names}
            if name in names:
                return names[name]
    return None


def _attribute(attr: str, scope: _Scope, depth: int) -> list[StandIn]:
    owner = scope.place.owner
    assert owner is not None
    methods = [one for one in owner.body if isinstance(one, Def)]
    if any(one.name == attr for one in methods):
        return [StandIn("attribute", attr, owner.name)]
    init = next((one for one in methods if one.name == "__init__"), None)
    if init is not None:
        values = _assigned(attr, init)
        found = [one for value in values for one in _of(value, scope.at(init), depth)]
        if found:
            return found
    fields = constructor(owner)
    if not isinstance(fields, NotSure) and init is None and any(one.name == attr for one in fields):
        return [StandIn("parameter", attr, owner.name)]
    return [StandIn("attribute", attr, owner.name)]


def _assigned(attr: str, init: Def) -> list[ast.expr]:
    """What `__init__` makes of `self.attr`."""
    values: list[ast.expr] = []
    for node in own(init.body):
        match node:
            case ast.Assign(targets=[ast.Attribute(value=ast.Name(id="self"), attr=name)], value=value) if name == attr:
                values.append(value)
            case ast.AnnAssign(
                target=ast.Attribute(value=ast.Name(id="self"), attr=name), value=ast.expr() as value
            ) if name == attr:
                values.append(value)
    return values
