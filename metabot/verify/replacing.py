"""What a line of Python newly replaces in another module, told from its syntax. Pure.

Finds an assignment, a deletion, `setattr` and `__setattr__`, and changes to the dictionary of a module's names. A part
of Python's own or the telemetry's modules may not be replaced at all; one of the repository's or a library's only by
no code, as settings are.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Mapping
from typing import Final

from metabot.verify.imported_names import path

_TELEMETRY: Final = frozenset({"opentelemetry", "openinference", "traceloop", "langfuse", "logfire", "phoenix"})
_ATTRIBUTES: Final = ("setattr", "delattr", "__setattr__", "__delattr__")
_CHANGES: Final = frozenset(
    {"update", "pop", "popitem", "setdefault", "clear", "__setitem__", "__delitem__", "__ior__"}
)  # of a dictionary


def replaced(node: ast.AST, known: Mapping[str, str], made_here: set[str]) -> str | None:
    match node:
        case ast.Assign(targets=targets, value=value):
            told = (_part(target, value, known, made_here) for target in targets)
            return next((one for one in told if one), None)
        case ast.AugAssign(target=target, value=value) | ast.AnnAssign(target=target, value=value):
            return _part(target, value, known, made_here)
        case ast.Delete(targets=targets):
            return next((one for target in targets if (one := _part(target, None, known, made_here))), None)
        case ast.Call(func=function, args=given):
            return _told(_called(function, given, known))
    return None


def _called(function: ast.expr, given: list[ast.expr], known: Mapping[str, str]) -> str | None:
    """Whose part a call replaces: `setattr(json, …)`, `json.__setattr__(…)`, `vars(json).update(…)`."""
    match function:
        case ast.Name(id=name) if name in _ATTRIBUTES and given:
            return owner(given[0], known)
        case ast.Attribute(attr=name, value=value) if name in _ATTRIBUTES:
            # `type.__setattr__(json, …)` names its object first
            return owner(value, known) or (owner(given[0], known) if given else None)
        case ast.Attribute(attr=name, value=value) if name in _CHANGES and _is_names(value):
            return owner(value, known)
        case ast.Attribute(attr=name, value=ast.Name(id="dict")) if name in _CHANGES and given and _is_names(given[0]):
            return owner(given[0], known)
    return None


def _is_names(node: ast.expr) -> bool:
    """The dictionary of an object's names."""
    match node:
        case ast.Call(func=ast.Name(id="vars"), args=[_]) | ast.Attribute(attr="__dict__"):
            return True
    return False


def _part(target: ast.AST, value: ast.AST | None, known: Mapping[str, str], made_here: set[str]) -> str | None:
    """A part of Python's own or the telemetry's modules; of others only where code takes its place."""
    if not isinstance(target, (ast.Attribute, ast.Subscript)):
        return None
    whose = owner(target, known)
    if whose is None or (whose == "os.environ" and isinstance(target, ast.Subscript)):
        return None
    measured_by = whose.partition(".")[0] in sys.stdlib_module_names | _TELEMETRY
    is_code = isinstance(value, ast.Lambda) or (isinstance(value, ast.Name) and value.id in made_here)
    return _told(whose) if measured_by or is_code else None


def _told(whose: str | None) -> str | None:
    return None if whose is None else f"{whose}, which others use"


def owner(node: ast.AST, known: Mapping[str, str]) -> str | None:
    """Whose part it is: `json` of json.dumps, of vars(json)["dumps"], of json.__dict__ and of getattr(json, "x")."""
    match node:
        case ast.Attribute(value=value) | ast.Subscript(value=value):
            return path(value, known) or owner(value, known)
        case ast.Call(func=ast.Name(id="vars" | "getattr"), args=[module, *_]):
            return path(module, known) or owner(module, known)
        case ast.Name():
            return path(node, known)
    return None
