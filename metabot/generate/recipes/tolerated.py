"""The lines by which a function tolerates a tool's arguments, one maker for each error that was seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst
import libcst.matchers as m

from metabot.generate.imports import bound, imported
from metabot.generate.recipes.tool_answer import Kind
from metabot.generate.recipes.tool_arguments import Decoding, Place, Reading, Spread, decodings, readings, spreads


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """One tolerated fault: the lines before a statement or in its place, and how a test shows it."""

    place: Place
    lines: str
    replaces: bool
    source: cst.BaseExpression  # what holds the arguments
    decoded: bool  # the function decodes them itself
    given: str  # the arguments of the test's call, as JSON
    said: tuple[str, ...]  # what the answer must say
    name: str  # of the test, what the call does wrong
    words: str  # the same for people
    needs: tuple[tuple[cst.BaseExpression, str], ...] = ()  # what else must be so for the test to get there


def mended(module: cst.Module, function: cst.FunctionDef, errors: tuple[str, ...], kind: Kind) -> Iterator[Mended]:
    if "JSONDecodeError" in errors:
        yield from (_decoded(one, module, kind) for one in decodings(function) if one.variable is not None)
    if "KeyError" in errors:
        yield from (_lacking(one, function, kind) for one in readings(function))
    if "TypeError" in errors:
        yield from (
            mended for one in spreads(function) if (mended := _fitting(one, module, function, kind)) is not None
        )


def _lacking(reading: Reading, function: cst.FunctionDef, kind: Kind) -> Mended:
    return Mended(
        place=reading.place,
        lines=_condition(reading.arguments, reading.names, kind),
        replaces=False,
        source=cst.Name(reading.arguments),
        decoded=_is_decoded(function, reading.arguments),
        given="{}",
        said=reading.names,
        name="lacking_" + "_".join(name for name in reading.names if name.isidentifier()),
        words=f"a call lacks {' or '.join(f'`{name}`' for name in reading.names)}",
    )


def _condition(arguments: str, names: tuple[str, ...], kind: Kind) -> str:
    if len(names) == 1:
        said = f'"Error: the call lacks {names[0]}. Call again with it."'
        return f'if "{names[0]}" not in {arguments}:\n    return {_as(kind, said)}\n'
    listed = ", ".join(f'"{name}"' for name in names)
    said = "f\"Error: the call lacks {' and '.join(missing)}. Call again with it.\""
    return (
        f"if missing := [name for name in ({listed}) if name not in {arguments}]:\n"
        f"    return {_as(kind, said)}\n"
    )  # fmt: skip


def _decoded(decoding: Decoding, module: cst.Module, kind: Kind) -> Mended:
    text = module.code_for_node(decoding.text)
    plain = isinstance(decoding.text, cst.Name | cst.Attribute | cst.Subscript)
    statement = module.code_for_node(cst.ensure_type(decoding.place.statement, cst.SimpleStatementLine).body[0])
    loads = module.code_for_node(decoding.call)
    tolerant = f'{module.code_for_node(decoding.call.func)}({text} or "{{}}")' if plain else loads
    error = "json.JSONDecodeError" if imported(module).get("json") == "json" else "ValueError"
    said = 'f"Error: the arguments are not JSON ({error}). Call again with a JSON object."'
    return Mended(
        place=decoding.place,
        lines=(
            f"try:\n    {statement.replace(loads, tolerant)}\n"
            f"except {error} as error:\n    return {_as(kind, said)}\n"
        ),
        replaces=True,
        source=decoding.text,
        decoded=True,
        given='{"',
        said=("not JSON",),
        name="not_json",
        words="the arguments of a call are not JSON",
    )  # fmt: skip


def _fitting(spread: Spread, module: cst.Module, function: cst.FunctionDef, kind: Kind) -> Mended | None:
    """A callee that is named, or looked up in a table of the module whose first key a test can ask for."""
    needs: tuple[tuple[cst.BaseExpression, str], ...] = ()
    match spread.callee:
        case cst.Subscript(value=cst.Name(value=table), slice=[cst.SubscriptElement(slice=cst.Index(value=key))]):
            first = _first_key(module, table)
            if first is None:
                return None
            needs = ((key, first),)
        case cst.Name(value=name) | cst.Attribute(value=cst.Name(value=name)) if name in bound(module):
            pass
        case _:
            return None
    if not isinstance(spread.arguments, cst.Name):
        return None
    callee = module.code_for_node(spread.callee)
    said = 'f"Error: the arguments do not fit ({error}). Call again with others."'
    return Mended(
        place=spread.place,
        lines=(
            f"try:\n    inspect.signature({callee}).bind(**{spread.arguments.value})\n"
            f"except TypeError as error:\n    return {_as(kind, said)}\n"
        ),
        replaces=False,
        source=spread.arguments,
        decoded=_is_decoded(function, spread.arguments.value),
        given='{"no such argument": 1}',
        said=("do not fit",),
        name="not_fitting",
        words="a call lacks an argument or has one that the tool does not know",
        needs=needs,
    )  # fmt: skip


def _as(kind: Kind, said: str) -> str:
    return said if kind == "text" else f'{{"error": {said}}}'


def _is_decoded(function: cst.FunctionDef, variable: str) -> bool:
    return any(one.variable == variable for one in decodings(function))


def _first_key(module: cst.Module, table: str) -> str | None:
    for statement in module.body:
        for small in statement.body if isinstance(statement, cst.SimpleStatementLine) else ():
            value = getattr(small, "value", None)
            target = small.targets[0].target if isinstance(small, cst.Assign) else getattr(small, "target", None)
            if m.matches(target, m.Name(table)) if isinstance(target, cst.CSTNode) else False:
                first = value.elements[0] if isinstance(value, cst.Dict) and value.elements else None
                if isinstance(first, cst.DictElement) and isinstance(first.key, cst.SimpleString):
                    return first.key.value
    return None
