"""The requests to a model that a module writes out: a library's call with `messages=`, or a dictionary that is sent.

A request is known by its shape, not by a name: keyword arguments `model` and `messages` (or `input`) of a method called
create, parse, stream or completion, or the same words as keys of a dictionary.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

Def = ast.FunctionDef | ast.AsyncFunctionDef
Api = Literal["chat", "responses", "messages"]
"""Whose words it uses: chat completions, OpenAI's responses, Anthropic's messages."""

_SENDING: Final = ("create", "parse", "stream", "acreate", "completion", "acompletion")
_OTHER: Final = ("embeddings", "moderations", "images", "audio")
_NOT_SENT: Final = ("print", "debug", "info", "log", "warning", "append", "update")
_ENCODING: Final = ("dumps", "encode", "bytes", "dict", "copy", "deepcopy")


@dataclass(frozen=True, slots=True)
class Place:
    """Where code stands: a function, a method, or with neither the module's own code."""

    function: Def | None = None
    owner: ast.ClassDef | None = None

    @property
    def symbol(self) -> str:
        return ".".join(one.name for one in (self.owner, self.function) if one is not None)

    def body(self, tree: ast.Module) -> list[ast.stmt]:
        return tree.body if self.function is None else self.function.body


@dataclass(frozen=True, slots=True)
class Asked:
    """One request. `leaves` is the call that sends it; None where the function returns it."""

    place: Place
    body: ast.Call | ast.Dict
    fields: Mapping[str, ast.expr]
    leaves: ast.Call | None
    api: Api


def places(tree: ast.Module) -> Iterator[Place]:
    """The module's functions, its classes' methods, and last its own code."""
    for node in tree.body:
        if isinstance(node, Def):
            yield Place(node)
        elif isinstance(node, ast.ClassDef):
            yield from (Place(one, node) for one in node.body if isinstance(one, Def))
    yield Place()


def asked(tree: ast.Module) -> tuple[Asked, ...]:
    """Every request, in the order of places."""
    return tuple(one for place in places(tree) for one in _in(place, tree))


def own(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """The nodes of a block, in order, those of functions and classes that it defines left out."""
    for statement in body:
        if not isinstance(statement, Def | ast.ClassDef):
            yield from _nodes(statement)


def _nodes(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, Def | ast.ClassDef):
            yield from _nodes(child)


def _in(place: Place, tree: ast.Module) -> Iterator[Asked]:
    nodes = list(own(place.body(tree)))
    for node in nodes:
        fields = _fields(node)
        if not isinstance(node, ast.Call | ast.Dict) or not _asks(fields):
            continue
        sends = isinstance(node, ast.Call) and _last_word(node.func) in _SENDING
        if not sends and isinstance(node, ast.Call) and _last_word(node.func) != "dict":
            continue
        if isinstance(node, ast.Call) and any(word in ast.unparse(node.func) for word in _OTHER):
            continue
        leaves, names = (node, frozenset[str]()) if sends else _leaving(node, nodes)
        if leaves is None and not _returned(node, names, nodes):
            continue
        assert leaves is None or isinstance(leaves, ast.Call)
        yield Asked(place, node, fields | _added(names, nodes), leaves, _api(node, leaves, fields))


def _fields(node: ast.AST) -> dict[str, ast.expr]:
    if isinstance(node, ast.Call):
        return {one.arg: one.value for one in node.keywords if one.arg is not None}
    if not isinstance(node, ast.Dict):
        return {}
    keys = [one.value if isinstance(one, ast.Constant) else None for one in node.keys]
    return {key: value for key, value in zip(keys, node.values, strict=True) if isinstance(key, str)}


def _asks(fields: Mapping[str, ast.expr]) -> bool:
    told = "messages" in fields or ("input" in fields and len(fields) > 2)  # two words alone ask for an embedding
    return told and "model" in fields


def _api(node: ast.AST, leaves: ast.Call | None, fields: Mapping[str, ast.expr]) -> Api:
    said = "" if leaves is None else ast.unparse(leaves)
    if "messages" not in fields:
        return "responses"
    anthropic = ".messages." in said.split("(")[0] or ("/messages" in said and "/chat" not in said)
    return "messages" if anthropic or ("system" in fields and isinstance(node, ast.Dict)) else "chat"


def _leaving(node: ast.AST, nodes: list[ast.AST]) -> tuple[ast.Call | None, frozenset[str]]:
    """The call that a dictionary is handed to, through variables and encoding, and the variables that hold it."""
    names: set[str] = set()
    while (more := {name for name, value in _assignments(nodes) if _carries(value, node, names)}) - names:
        names |= more
    taking = [one for one in nodes if isinstance(one, ast.Call) and _takes(one, node, names)]
    return (taking[0] if taking else None), frozenset(names)


def _assignments(nodes: list[ast.AST]) -> Iterator[tuple[str, ast.expr]]:
    for one in nodes:
        if isinstance(one, ast.Assign | ast.AnnAssign) and one.value is not None:
            for target in one.targets if isinstance(one, ast.Assign) else [one.target]:
                if isinstance(target, ast.Name):
                    yield target.id, one.value


def _takes(call: ast.Call, node: ast.AST, names: set[str]) -> bool:
    word = _last_word(call.func)
    handed = [*call.args, *(one.value for one in call.keywords)]
    return word not in (*_NOT_SENT, *_ENCODING) and any(_carries(one, node, names) for one in handed)


def _carries(value: ast.expr, node: ast.AST, names: set[str]) -> bool:
    if value is node or (isinstance(value, ast.Name) and value.id in names):
        return True
    match value:
        case ast.Call(func=ast.Attribute(value=of, attr=attr), args=args) if attr in _ENCODING:
            return _carries(of, node, names) or any(_carries(one, node, names) for one in args)
        case ast.Call(func=ast.Name(id=name), args=args) if name in _ENCODING:
            return any(_carries(one, node, names) for one in args)
    return False


def _returned(node: ast.AST, names: frozenset[str], nodes: list[ast.AST]) -> bool:
    returned = [one.value for one in nodes if isinstance(one, ast.Return) and one.value is not None]
    return any(_carries(value, node, set(names)) for value in returned)


def _added(names: frozenset[str], nodes: list[ast.AST]) -> dict[str, ast.expr]:
    """`payload["max_tokens"] = 300`, behind the dictionary."""
    found: dict[str, ast.expr] = {}
    for one in nodes:
        match one:
            case ast.Assign(
                targets=[ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str(key)))], value=value
            ) if name in names:
                found[key] = value
    return found


def _last_word(func: ast.expr) -> str:
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""
