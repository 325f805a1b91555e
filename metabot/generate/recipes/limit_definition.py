"""Where a number that a request carries is written, followed by its name to the one place that sets it.

A name may be assigned in a module, a class or a function, be a parameter's default or an argument, a key of a
dictionary, or a key of a settings file. Where several places set it, none is chosen.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from metabot.generate.layout import import_name
from metabot.generate.probe.asked import Def
from metabot.generate.probe.choosing import Chosen, sources, tree_of
from metabot.generate.recipe import Base, NotSure
from metabot.generate.settings_files.values import READ, Keys, values

_DEPTH: Final = 5  # names that stand for names
_RECORD: Final = "{{one.name: one.default for one in dataclasses.fields({owner})}}[{name!r}]"
_MODEL: Final = "{owner}.model_fields[{name!r}].default"
_PARAMETER: Final = "inspect.signature({owner}).parameters[{name!r}].default"


@dataclass(frozen=True, slots=True)
class Definition:
    """`node` in a module, or `keys` in a settings file. `read_by`: how a test reads it; None: only by the request."""

    path: str
    value: int
    node: ast.expr | None = None
    keys: Keys = ()
    read_by: str | None = None


def definition(value: ast.expr, found: Chosen, base: Base) -> Definition | NotSure:
    """The place that sets the number."""
    if isinstance(value, ast.Constant):
        return _number(found.path, value) or NotSure("the limit is no number")
    name = _name(value)
    if name is None:
        return NotSure(f"the limit is computed: {ast.unparse(value)}")
    places = tuple(dict.fromkeys(_Search(base).places(name, 0)))
    if len(places) != 1:
        where = ", ".join(f"{one.path} ({one.value:,})" for one in places) or "none"
        return NotSure(f"places that set {name}: {where}")
    return places[0]


def _number(path: str, node: ast.expr, read_by: str | None = None) -> Definition | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, int) and not isinstance(node.value, bool):
        return Definition(path, node.value, node, read_by=read_by)
    return None


def _name(value: ast.expr) -> str | None:
    match value:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Subscript(slice=ast.Constant(value=str(name))):
            return name
        case ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant(value=str(name))]):
            return name
        case ast.Call(func=ast.Name(id="int"), args=[inner]):
            return _name(inner)
    return None


@dataclass
class _Search:
    base: Base
    seen: set[str] = field(default_factory=set)

    def places(self, name: str, depth: int) -> Iterator[Definition]:
        """Every place that gives the name a number, other names followed."""
        if name in self.seen or depth > _DEPTH:
            return
        self.seen.add(name)
        for path in self.base.files:
            if path.endswith(READ):
                yield from _in_settings(path, self.base.read(path) or "", name)
        for path, text in sources(self.base):
            tree = tree_of(text) if name in text else None
            for value, read_by in _bindings(tree, path, name, self.base) if tree is not None else ():
                number = _number(path, value, read_by)
                if number is not None:
                    yield number
                elif (other := _name(value)) is not None:
                    yield from self.places(other, depth + 1)


def _in_settings(path: str, text: str, name: str) -> Iterator[Definition]:
    if name in text:
        for one in values(path, text):
            if one.keys and one.keys[-1] == name and isinstance(one.value, int) and not isinstance(one.value, bool):
                yield Definition(path, one.value, keys=one.keys)


def _bindings(tree: ast.Module, path: str, name: str, base: Base) -> Iterator[tuple[ast.expr, str | None]]:
    """The values that the module gives the name, and how a test reads each."""
    dotted = import_name(path, base.files)
    module = dotted.rpartition(".")[2] if isinstance(dotted, str) else None
    yield from _assigned(tree.body, name, f"{module}.{name}" if module else None)
    for owner in (node for node in tree.body if isinstance(node, ast.ClassDef)):
        yield from _assigned(owner.body, name, _field(owner, module, name))
    for node in ast.walk(tree):
        if isinstance(node, Def):
            yield from ((value, _parameter(node, tree, module, name)) for value in _defaults(node, name))
            yield from _assigned([one for one in ast.walk(node) if isinstance(one, ast.stmt)], name, None)
        elif isinstance(node, ast.Call):
            yield from ((one.value, None) for one in node.keywords if one.arg == name)
        elif isinstance(node, ast.Dict):
            yield from _entries(node, name)


def _assigned(body: list[ast.stmt], name: str, read_by: str | None) -> Iterator[tuple[ast.expr, str | None]]:
    for node in body:
        match node:
            case ast.Assign(targets=[target], value=value) if _name(target) == name:
                yield value, read_by
            case ast.AnnAssign(target=target, value=ast.expr() as value) if _name(target) == name:
                yield value, read_by


def _entries(node: ast.Dict, name: str) -> Iterator[tuple[ast.expr, str | None]]:
    for key, value in zip(node.keys, node.values, strict=True):
        if isinstance(key, ast.Constant) and key.value == name:
            yield value, None


def _defaults(function: Def, name: str) -> Iterator[ast.expr]:
    listed = function.args
    plain = [*listed.posonlyargs, *listed.args]
    for one, default in zip(plain[len(plain) - len(listed.defaults) :], listed.defaults, strict=True):
        if one.arg == name:
            yield default
    for one, given in zip(listed.kwonlyargs, listed.kw_defaults, strict=True):
        if one.arg == name and given is not None:
            yield given


def _field(owner: ast.ClassDef, module: str | None, name: str) -> str | None:
    if module is None:
        return None
    whole = f"{module}.{owner.name}"
    if any("dataclass" in ast.unparse(one) for one in owner.decorator_list):
        return _RECORD.format(owner=whole, name=name)
    if any(ast.unparse(one).split(".")[-1] in ("BaseModel", "BaseSettings") for one in owner.bases):
        return _MODEL.format(owner=whole, name=name)
    return f"{whole}.{name}"


def _parameter(function: Def, tree: ast.Module, module: str | None, name: str) -> str | None:
    owners = [node for node in tree.body if isinstance(node, ast.ClassDef) and function in node.body]
    if module is None or not (owners or function in tree.body):
        return None
    return _PARAMETER.format(owner=".".join((module, *(one.name for one in owners), function.name)), name=name)
