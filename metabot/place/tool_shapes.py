"""How Python writes that something is a tool for a model.

A dictionary with the name and a description or parameters; a decorator or constructor of tools; a class of tools, of
that name or with that `name`; and what gives a function to the name: a dictionary, an assignment, a list of tools.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from metabot.place.placement import How
from metabot.place.syntax import FunctionNode, argument, constant, last_name, lines_of

SCHEMA: Final = frozenset({"description", "parameters", "input_schema", "inputSchema", "args_schema"})
_MAKES_TOOLS: Final = re.compile(
    r"^(?!_?(call|execute|run|invoke|get|use|dispatch|handle|find|has)_).*(tool|declaration|definition|schema)",
    re.IGNORECASE,
)
_OF_TOOLS: Final = re.compile(r"tool|basemodel|typeddict", re.IGNORECASE)
_RUNS: Final = ("func", "function", "fn", "coroutine", "handler", "callable")


class Shape(NamedTuple):
    lines: tuple[int, int]
    how: How
    why: str


def definition(node: ast.AST, tool: str) -> Shape | None:
    """What this node is to the tool, if it defines it."""
    match node:
        case ast.Dict() if (lines := _described(node, tool)) is not None:
            return Shape(lines, "tool definition", "a definition of the tool")
        case ast.Call() if _constructed(node, tool):
            return Shape(lines_of(node), "tool definition", "the tool is made here")
        case ast.ClassDef() if _is_class_of(node, tool):
            return Shape(lines_of(node), "tool definition", "the tool's class")
        case ast.FunctionDef() | ast.AsyncFunctionDef() if _decorated(node, tool):
            return Shape(lines_of(node), "tool function", "registered as the tool")
    return None


def _described(node: ast.Dict, tool: str) -> tuple[int, int] | None:
    """The lines of a dictionary that describes the tool, its wrapper of `{"type": "function", …}` included."""
    values = {constant(key): value for key, value in zip(node.keys, node.values, strict=True)}
    inner = values.get("function")
    if isinstance(inner, ast.Dict) and _describes(inner, tool):
        return lines_of(node)
    if _describes(node, tool):
        return lines_of(node)
    own = values.get(tool)
    described = isinstance(own, ast.Dict) and not SCHEMA.isdisjoint({constant(key) or "" for key in own.keys})
    return lines_of(own) if own is not None and described else None


def _describes(node: ast.Dict, tool: str) -> bool:
    values = {constant(key): value for key, value in zip(node.keys, node.values, strict=True)}
    return constant(values.get("name")) == tool and not SCHEMA.isdisjoint(key or "" for key in values)


def _constructed(call: ast.Call, tool: str) -> bool:
    if _MAKES_TOOLS.search(last_name(call.func)) is None and not SCHEMA & {key.arg for key in call.keywords}:
        return False
    return constant(argument(call, "name", 0)) == tool


def _decorated(function: FunctionNode, tool: str) -> bool:
    for decorator in function.decorator_list:
        if _MAKES_TOOLS.search(last_name(decorator)) is not None:
            given = argument(decorator, "name", 0) if isinstance(decorator, ast.Call) else None
            return (constant(given) or function.name) == tool
    return False


def _is_class_of(node: ast.ClassDef, tool: str) -> bool:
    """A class that is the tool: of tools by its base, and of that name or with an attribute `name` that says so."""
    if not any(_OF_TOOLS.search(last_name(base)) for base in node.bases):
        return False
    named_so = any(
        isinstance(one, ast.Assign | ast.AnnAssign)
        and constant(one.value) == tool
        and "name"
        in (last_name(target) for target in ([one.target] if isinstance(one, ast.AnnAssign) else one.targets))
        for one in node.body
    )
    return named_so or node.name == tool


def registered(node: ast.AST, tool: str) -> Iterator[str]:
    """The function that a dictionary, an assignment or a constructor gives to the tool's name."""
    match node:
        case ast.Dict(keys=keys, values=values):
            yield from (
                last_name(value)
                for key, value in zip(keys, values, strict=True)
                if constant(key) == tool and _is(value)
            )
        case ast.Assign(targets=[ast.Subscript(slice=key)], value=value) if constant(key) == tool and _is(value):
            yield last_name(value)
        case ast.Assign(targets=[ast.Name(id=name)], value=listed) | ast.keyword(arg=str(name), value=listed):
            if "tools" in name.lower() and isinstance(listed, ast.List | ast.Tuple | ast.Set):
                yield from (tool for one in listed.elts if _is(one) and last_name(one) == tool)
        case ast.Call() if _constructed(node, tool):
            yield from (last_name(one.value) for one in node.keywords if one.arg in _RUNS and _is(one.value))


def _is(value: ast.expr) -> bool:
    """The value names something."""
    return isinstance(value, ast.Name | ast.Attribute)
