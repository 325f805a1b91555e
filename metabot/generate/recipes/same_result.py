"""Whether a function surely gives the same for the same arguments, so that `memoise` may keep it."""

from __future__ import annotations

import ast
from typing import Final

from metabot.generate.calls.bindings import assigned
from metabot.generate.calls.effects import effects, root
from metabot.generate.calls.libraries import argument, known
from metabot.generate.calls.program import Program
from metabot.generate.calls.units import Unit, own_nodes

_KEYS: Final = frozenset({
    "str", "int", "float", "bool", "bytes", "None", "date", "datetime", "Decimal", "Literal", "frozenset", "UUID",
    "Path",
})  # fmt: skip
_CHANGING_BY_ITSELF: Final = ("time.", "uuid.", "os.", "random.", "inspect.", "pathlib.", "logging.", "opentelemetry.")
_CLOCKS: Final = (".now", ".today", ".utcnow")
_CHANGERS: Final = frozenset({
    "append", "extend", "insert", "pop", "popitem", "clear", "update", "setdefault", "remove", "add", "discard", "sort",
})  # fmt: skip


def same_result(unit: Unit, program: Program) -> str | None:
    """Why it does not, as the end of a sentence; None where it does."""
    return _shape(unit) or _signature(unit) or _depends(unit, program) or _asks(unit, program)


def _shape(unit: Unit) -> str | None:
    function = unit.function
    if unit.asynchronous:
        return "is a coroutine function, whose results cannot be kept like this"
    if function is None or unit.owner is not None or unit.inside:
        return "is a method or an inner function, whose results cannot be kept like this"
    return "has decorators already" if function.decorator_list else None


def _signature(unit: Unit) -> str | None:
    function = unit.function
    assert function is not None
    if function.args.vararg or function.args.kwarg:
        return "takes arguments that are not named"
    unknown = [one.arg for one in unit.parameters if not _is_plain(one.annotation)]
    if unknown:
        return f"takes {', '.join(unknown)}, and nothing says that this can be a key"
    if not _is_plain(function.returns):
        return "gives something that its callers might change"
    return None


def _is_plain(annotation: ast.expr | None) -> bool:
    """A type of which no value can be changed."""
    match annotation:
        case None:
            return False
        case ast.Constant(value=None):
            return True
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _is_plain(left) and _is_plain(right)
        case ast.Subscript(value=value, slice=inner):
            name = ast.unparse(value).split(".")[-1]
            parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            of_plain = all(_is_plain(part) or ast.unparse(part) == "..." for part in parts)
            return name == "Literal" or (name in ("tuple", "Tuple", "frozenset", "Optional") and of_plain)
    return ast.unparse(annotation).split(".")[-1] in _KEYS


def _depends(unit: Unit, program: Program) -> str | None:
    found = effects(unit, program)
    if found.doubts:
        return f"may not give the same each time: {found.doubts[0]}"
    moving = sorted(one for one in found.computing if one.startswith(_CHANGING_BY_ITSELF) or one.endswith(_CLOCKS))
    if moving:
        return f"depends on {moving[0]}"
    changed = sorted(_read_globals(unit) & _changed_globals(unit))
    return f"reads {changed[0]}, which its module changes" if changed else None


def _asks(unit: Unit, program: Program) -> str | None:
    """Only the function's own requests can be seen whole; what lies below may be an embedding alone."""
    own = [(node, known(node, unit, program)) for node in own_nodes(unit) if isinstance(node, ast.Call)]
    of_model = [call for call, of in own if of is not None and of.does == "asks a model"]
    everything = effects(unit, program).calls
    if any(of.does == "reads" for of in everything):
        return "asks for something that may be another the next time"
    if len([of for of in everything if of.does == "asks a model"]) > len(of_model):
        return "asks a model in a function below it"
    free = [call for call in of_model if not _is_zero(argument(call, "temperature"))]
    return "asks a model whose answers may be meant to differ (no temperature of 0)" if free else None


def _is_zero(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Constant) and value.value == 0 and value.value is not False


def _read_globals(unit: Unit) -> set[str]:
    own = assigned(unit) | {one.arg for one in unit.parameters}
    return {node.id for node in own_nodes(unit) if isinstance(node, ast.Name)} - own


def _changed_globals(unit: Unit) -> set[str]:
    """Names of the module that something in it writes into, or assigns anew."""
    names: set[str] = set()
    for node in ast.walk(unit.source.tree):
        match node:
            case ast.Global(names=listed):
                names |= set(listed)
            case ast.Subscript(ctx=ast.Store() | ast.Del()) | ast.Attribute(ctx=ast.Store() | ast.Del()):
                names |= {root(node) or ""}
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attr)) if attr in _CHANGERS:
                names.add(name)
    return names
