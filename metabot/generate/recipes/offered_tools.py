"""Where a repository writes the tools that a model is offered: each list, and the names in it.

A definition is a dictionary with a name beside its description or parameters, as an item of a list in Python, YAML or
JSON. A list of functions, or a dictionary of definitions by name, counts where a request is given it as `tools`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from metabot.generate.probe.asked import Asked, asked
from metabot.generate.probe.choosing import sources, tree_of
from metabot.generate.recipe import Base
from metabot.generate.settings_files.values import Keys, loaded

_TELLING: Final = ("description", "parameters", "input_schema", "inputSchema", "function", "strict")


@dataclass(frozen=True, slots=True)
class Offered:
    """One list of tools. `read_by` is a name of the module; None: it is written in the request itself."""

    path: str
    names: tuple[str | None, ...]  # by position; None: an item whose name is not written there
    node: ast.List | ast.Dict | None = None
    read_by: str | None = None
    keys: Keys = ()
    request: Asked | None = None
    tree: ast.Module | None = None


def offered(base: Base) -> Iterator[Offered]:
    """Every list of tools of the repository, its tests' left out."""
    for path in base.files:
        if path.endswith((".yaml", ".yml", ".json")):
            yield from _in_file(path, loaded(path, base.read(path) or ""), ())
    for path, text in sources(base):
        tree = tree_of(text)
        if tree is not None:
            yield from _in_module(path, tree)


def _in_file(path: str, value: object, keys: Keys) -> Iterator[Offered]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _in_file(path, one, (*keys, key))
    elif isinstance(value, list):
        names = tuple(_named(one) for one in value)
        if any(names):
            yield Offered(path, names, keys=keys)
        else:
            for at, one in enumerate(value):
                yield from _in_file(path, one, (*keys, at))


def _named(value: object) -> str | None:
    """The name that a definition carries, its own or its function's."""
    if not isinstance(value, dict) or not any(word in value for word in _TELLING):
        return None
    inner = value.get("function")
    name = inner.get("name") if isinstance(inner, dict) else value.get("name")
    return name if isinstance(name, str) else None


def _in_module(path: str, tree: ast.Module) -> Iterator[Offered]:
    requests = [one for one in asked(tree) if "tools" in one.fields]
    given = {ast.unparse(one.fields["tools"]) for one in requests}
    for name, value in _constants(tree):
        names = _names(value, tree, given=any(name.rpartition(".")[2] in _words(one) for one in given))
        if isinstance(value, ast.List | ast.Dict) and any(names):
            yield Offered(path, names, value, read_by=name, tree=tree)
    for request in requests:
        value = request.fields["tools"]
        names = _names(value, tree, given=True)
        if isinstance(value, ast.List) and any(names):
            yield Offered(path, names, value, request=request, tree=tree)


def _words(code: str) -> set[str]:
    nodes = list(ast.walk(ast.parse(code, mode="eval")))
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    return names | {node.attr for node in nodes if isinstance(node, ast.Attribute)}


def _constants(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """What the module and its classes assign, by the name that a test reads it by."""
    for owner in (None, *(node for node in tree.body if isinstance(node, ast.ClassDef))):
        for node in tree.body if owner is None else owner.body:
            target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
            value = getattr(node, "value", None)
            if isinstance(target, ast.Name) and isinstance(value, ast.expr):
                yield target.id if owner is None else f"{owner.name}.{target.id}", value


def _names(value: ast.expr, tree: ast.Module, *, given: bool) -> tuple[str | None, ...]:
    if isinstance(value, ast.List):
        return tuple(_item(one, tree, given=given) for one in value.elts)
    if isinstance(value, ast.Dict):
        keys = [one.value if isinstance(one, ast.Constant) else None for one in value.keys]
        defined = [_definition(one) for one in value.values]
        return tuple(defined) if keys == defined else ()
    return ()


def _item(node: ast.expr, tree: ast.Module, *, given: bool) -> str | None:
    """A definition written there or under a name of the module; where the list is given to a model, a function."""
    if isinstance(node, ast.Name):
        values = [value for name, value in _constants(tree) if name == node.id]
        defined = _definition(values[0]) if len(values) == 1 else None
        return defined or (node.id if given and not values else None)
    if isinstance(node, ast.Call) and given and len(node.args) == 1 and isinstance(node.args[0], ast.Name):
        return node.args[0].id  # a definition made of a function: tool(search)
    return _definition(node)


def _definition(node: ast.expr) -> str | None:
    if not isinstance(node, ast.Dict):
        return None
    return _named(_plain(node))


def _plain(node: ast.Dict) -> dict[object, object]:
    """The dictionary's own texts; of what is computed only that it is there."""
    pairs = zip(node.keys, node.values, strict=True)
    return {key.value: _plainly(value) for key, value in pairs if isinstance(key, ast.Constant)}


def _plainly(value: ast.expr) -> object:
    if isinstance(value, ast.Dict):
        return _plain(value)
    return value.value if isinstance(value, ast.Constant) else ()
