"""Which arguments the changing lines of a prompt are made of: of the function, and of its object's constructor."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from metabot.generate.probe.asked import Def, Place, own
from metabot.place.parsing import parse_expression


def behind(place: Place, expressions: Iterable[str]) -> set[str]:
    """Names of arguments, through variables; those of the constructor as `Desk.name`, through attributes."""
    assert place.function is not None
    made_of = _assigned(place.function)
    if place.owner is not None:
        init = next((one for one in place.owner.body if isinstance(one, Def) and one.name == "__init__"), None)
        for attribute, names in _attributes(init).items():
            made_of[attribute] = {f"{place.owner.name}.{name}" for name in names}
        for field in (one for one in place.owner.body if isinstance(one, ast.AnnAssign) and init is None):
            name = ast.unparse(field.target)
            made_of[f"self.{name}"] = {f"{place.owner.name}.{name}"}
    found: set[str] = set()
    left = {name for one in expressions for name in _names(parse_expression(f"f'''{one}'''"))}
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left |= made_of.get(name, set())
    return found


def _assigned(function: Def) -> dict[str, set[str]]:
    """What the function's variables are made of; the words by which a template is filled count as variables."""
    made_of: dict[str, set[str]] = {}
    for node in own(function.body):
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    made_of.setdefault(ast.unparse(target), set()).update(_names(value))
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                made_of.setdefault(ast.unparse(target), set()).update(_names(value))
            case ast.Call(func=ast.Attribute(attr="format" | "substitute" | "safe_substitute"), keywords=keywords):
                for keyword in keywords:
                    made_of.setdefault(keyword.arg or "", set()).update(_names(keyword.value))
    return made_of


def _attributes(init: Def | None) -> dict[str, set[str]]:
    if init is None:
        return {}
    return {name: names for name, names in _assigned(init).items() if name.startswith("self.")}


def _names(node: ast.AST) -> Iterator[str]:
    for one in ast.walk(node):
        if isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name) and one.value.id == "self":
            yield f"self.{one.attr}"
        elif isinstance(one, ast.Name):
            yield one.id
