"""The form of an answer as the program itself reads it: a record that it fills, or the keys that it looks up.

The parsed answer is followed from `json.loads` through variables, and through what functions return to their callers.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from metabot.generate.probe.asked import Place, own, places
from metabot.generate.probe.choosing import Chosen, sources, tree_of
from metabot.generate.recipe import Base, NotSure
from metabot.generate.recipes.record_schema import pydantic_record, record_schema

_DEPTH: Final = 3  # callers of callers
_VALIDATING: Final = ("model_validate_json", "model_validate", "parse_raw", "parse_obj")


@dataclass
class Seen:
    """What the program does with a parsed answer."""

    required: dict[str, None] = field(default_factory=dict)  # looked up by key; in the order of the source
    optional: dict[str, None] = field(default_factory=dict)  # by `get` or `in`
    records: dict[str, None] = field(default_factory=dict)  # names of classes that it fills
    is_list: bool = False
    returned: bool = False


@dataclass(frozen=True, slots=True)
class Schema:
    code: str  # an expression of the module that asks
    properties: tuple[str, ...]


def answer_schema(found: Chosen, base: Base) -> Schema | NotSure:
    seen = Seen()
    _follow(found.asked.place, found.tree, _parses, seen)
    if not seen.returned and not _anything(seen):
        for tree, place in _callers(found.asked.place, base):
            _follow(place, tree, _parses, seen, told=_calls(found.asked.place))
    asking, depth = found.asked.place, 0
    while seen.returned and depth < _DEPTH:
        seen.returned = False
        for tree, place in _callers(asking, base):
            _follow(place, tree, _calls(asking), seen)
            asking = place if seen.returned else asking
        depth += 1
    return _schema(seen, found)


def _schema(seen: Seen, found: Chosen) -> Schema | NotSure:
    if seen.is_list:
        return NotSure("the answer is read as a list, and a schema describes an object")
    if len(seen.records) == 1:
        (name,) = seen.records
        if pydantic_record(name, found.tree):
            return Schema(f"{name}.model_json_schema()", ())
        made = record_schema(name, found.tree)
        return Schema(*made) if made is not None else NotSure(f"{name} is no record of the module that asks")
    keys = dict.fromkeys((*seen.required, *seen.optional))
    if not keys or seen.records:
        return NotSure("the form of the answer is not visible: no record is filled with it, and no key is looked up")
    properties: dict[str, object] = {key: {} for key in keys}
    schema = {"type": "object", "properties": properties, "required": list(seen.required)}
    return Schema(repr(schema), tuple(keys))


def _anything(seen: Seen) -> bool:
    return bool(seen.required or seen.optional or seen.records or seen.is_list)


def _parses(node: ast.expr) -> bool:
    """`json.loads(…)` of a text that is not a tool call's arguments."""
    if isinstance(node, ast.Await):
        return _parses(node.value)
    if not isinstance(node, ast.Call) or _word(node.func) != "loads" or not node.args:
        return False
    return not any(isinstance(one, ast.Attribute) and one.attr == "arguments" for one in ast.walk(node.args[0]))


def _calls(place: Place) -> Callable[[ast.expr], bool]:
    name = place.function.name if place.function is not None else ""

    def calls(node: ast.expr) -> bool:
        node = node.value if isinstance(node, ast.Await) else node
        return isinstance(node, ast.Call) and _word(node.func) == name and bool(name)

    return calls


def _callers(place: Place, base: Base) -> Iterator[tuple[ast.Module, Place]]:
    calls = _calls(place)
    name = place.function.name if place.function is not None else ""
    for _, text in sources(base):
        tree = tree_of(text) if name and name in text else None
        for one in places(tree) if tree is not None else ():
            nodes = own(one.body(tree)) if tree is not None else ()
            if tree is not None and any(isinstance(node, ast.Call) and calls(node) for node in nodes):
                yield tree, one


def _follow(
    place: Place,
    tree: ast.Module,
    source: Callable[[ast.expr], bool],
    seen: Seen,
    told: Callable[[ast.expr], bool] | None = None,
) -> None:
    """Notes what the place does with what `source` gives; of `told`, with what is parsed of it."""
    nodes = list(own(place.body(tree)))
    texts = _held(nodes, told) if told is not None else set()

    def is_source(node: ast.expr) -> bool:
        if not source(node):
            return False
        parts = [one for one in ast.walk(node) if isinstance(one, ast.expr)]
        return told is None or any(told(one) or (isinstance(one, ast.Name) and one.id in texts) for one in parts)

    names = _held(nodes, is_source)

    def is_answer(node: ast.expr) -> bool:
        return is_source(node) or (isinstance(node, ast.Name) and node.id in names)

    for node in nodes:
        _note(node, is_answer, seen)


def _held(nodes: list[ast.AST], source: Callable[[ast.expr], bool]) -> set[str]:
    found: set[str] = set()
    for node in nodes:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if source(value):
                found.add(name)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value) if source(value):
                found.add(name)
            case ast.NamedExpr(target=ast.Name(id=name), value=value) if source(value):
                found.add(name)
    return found


def _note(node: ast.AST, is_answer: Callable[[ast.expr], bool], seen: Seen) -> None:
    match node:
        case ast.Subscript(value=value, slice=ast.Constant(value=key)) if is_answer(value):
            if isinstance(key, str):
                seen.required[key] = None
            else:
                seen.is_list = True
        case ast.Call(func=ast.Attribute(value=value, attr="get"), args=[ast.Constant(value=str(key)), *_]) if (
            is_answer(value)
        ):
            seen.optional[key] = None
        case ast.Call(func=ast.Name(id=name), args=[], keywords=[ast.keyword(arg=None, value=value)]) if is_answer(
            value
        ):
            seen.records[name] = None
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attr), args=[_, *_]) if attr in _VALIDATING:
            seen.records[name] = None
        case ast.For(iter=value) | ast.comprehension(iter=value) if is_answer(value):
            seen.is_list = True
        case ast.Return(value=ast.expr() as value) if is_answer(value):
            seen.returned = True


def _word(func: ast.expr) -> str:
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""
