"""Two sample calls of a function, from its annotations: for a generated test that must be able to call it."""

from __future__ import annotations

import ast
import json
from dataclasses import dataclass
from typing import Final

from metabot.generate.recipe import NotSure
from metabot.place.parsing import parse, parse_expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """A keyword argument with two different values, as Python source."""

    name: str
    kind: str  # the annotation's last word: str, datetime, dict
    one: str
    other: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleCall:
    function: str
    arguments: tuple[Argument, ...]
    returns_text: bool  # annotated -> str

    @property
    def needs_datetime(self) -> bool:
        """The values are written with the module datetime."""
        return any("datetime." in argument.one for argument in self.arguments)


# No part of the two is equal, so that whatever a text shows of them (the hour, the weekday) differs.
_MOMENTS: Final = (
    "datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)",
    "datetime.datetime(2031, 11, 24, 16, 37, 48, tzinfo=datetime.timezone.utc)",
)
_PLAIN: Final = {
    "int": ("3", "7041"),
    "float": ("0.25", "81.5"),
    "bool": ("True", "False"),
    "datetime": _MOMENTS,
    "date": ("datetime.date(2026, 1, 2)", "datetime.date(2031, 11, 24)"),
}
_SEQUENCES: Final = ("list", "List", "Sequence", "Iterable", "Collection", "tuple", "Tuple")
_MAPPINGS: Final = ("dict", "Dict", "Mapping", "MutableMapping")


def sample_call(source: str, symbol: str | None) -> SampleCall | NotSure:
    """How a test may call the module-level function; `NotSure` for methods, coroutines and unknown parameters."""
    function = _function(source, symbol)
    if isinstance(function, NotSure):
        return function
    arguments: list[Argument] = []
    listed = function.args
    required = len(listed.args) - len(listed.defaults)
    for index, argument in enumerate(listed.args):
        _sample(arguments, argument, optional=index >= required)
    for argument, default in zip(listed.kwonlyargs, listed.kw_defaults, strict=True):
        _sample(arguments, argument, optional=default is not None)
    known = {argument.name for argument in arguments}
    missing = [one.arg for one in listed.args[:required] if one.arg not in known]
    missing += [
        one.arg
        for one, default in zip(listed.kwonlyargs, listed.kw_defaults, strict=True)
        if default is None and one.arg not in known
    ]
    if missing or listed.posonlyargs:
        names = ", ".join([*(one.arg for one in listed.posonlyargs), *missing])
        return NotSure(f"a test cannot call {symbol}: no sample value is known for {names}")
    text = isinstance(function.returns, ast.expr) and _words(_unwrapped(function.returns)) == "str"
    return SampleCall(function=function.name, arguments=tuple(arguments), returns_text=text)


def sample_value(annotation: ast.expr, name: str) -> str | None:
    """One value of the annotated type, as Python source; None where the type is not a plain one."""
    return _value(annotation, name, 0)


def sample_values(annotation: ast.expr, name: str) -> tuple[str, str] | None:
    """Two values of the annotated type, different where it has more than one that is known."""
    first, second = _value(annotation, name, 0), _value(annotation, name, 1)
    return (first, second) if first is not None and second is not None else None


def _function(source: str, symbol: str | None) -> ast.FunctionDef | NotSure:
    if symbol is None or "." in symbol:
        return NotSure(f"a test can call functions of a module; {symbol or 'module-level code'} is none")
    found = [
        node
        for node in parse(source).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == symbol
    ]
    if len(found) != 1:
        return NotSure(f"{symbol} is defined {len(found)} times as a function of the module")
    if isinstance(found[0], ast.AsyncFunctionDef):
        return NotSure(f"{symbol} is a coroutine function; those are not written for yet")
    return found[0]


def _sample(arguments: list[Argument], argument: ast.arg, *, optional: bool) -> None:
    """What may be left out and has no known sample is left out."""
    if argument.annotation is None:
        return
    first = _value(argument.annotation, argument.arg, 0)
    second = _value(argument.annotation, argument.arg, 1)
    if first is None or second is None or (optional and first == second):
        return
    kind = _words(_unwrapped(argument.annotation)).split("[")[0].split(".")[-1]
    arguments.append(Argument(name=argument.arg, kind=kind, one=first, other=second))


def _value(annotation: ast.expr, name: str, which: int) -> str | None:
    annotation = _unwrapped(annotation)
    words = _words(annotation)
    plain = words.split(".")[-1]
    if plain == "str":
        return json.dumps(f"{('first', 'second')[which]} {name}")
    if plain in _PLAIN:
        return _PLAIN[plain][which]
    if plain in _SEQUENCES:
        return "()" if plain in ("tuple", "Tuple") else "[]"
    if plain in _MAPPINGS:
        return "{}"
    if isinstance(annotation, ast.Subscript):
        return _container(_words(annotation.value).split(".")[-1], annotation.slice, name, which)
    return None


def _container(kind: str, inner: ast.expr, name: str, which: int) -> str | None:
    parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
    if kind == "Literal":
        return ast.unparse(parts[which % len(parts)])
    values = [_value(part, name, which) for part in parts if not _is_ellipsis(part)]
    if not values or any(value is None for value in values):
        return None
    shown = ", ".join(str(value) for value in values)
    if kind in ("tuple", "Tuple"):
        return f"({shown},)"
    if kind in _SEQUENCES:
        return f"[{shown}]"
    return f"{{{values[0]}: {values[-1]}}}" if kind in _MAPPINGS else None


def _unwrapped(annotation: ast.expr) -> ast.expr:
    """`X | None`, `Optional[X]`, `Annotated[X, …]` and `"X"` are X."""
    inner: ast.expr | None = None
    match annotation:
        case ast.Constant(value=str(text)):
            inner = _parsed(text)
        case ast.BinOp(left=left, op=ast.BitOr(), right=ast.Constant(value=None)):
            inner = left
        case ast.BinOp(left=ast.Constant(value=None), op=ast.BitOr(), right=right):
            inner = right
        case ast.Subscript(value=value, slice=within) if _words(value).split(".")[-1] == "Optional":
            inner = within
        case ast.Subscript(value=value, slice=ast.Tuple(elts=[first, *_])) if _words(value).endswith("Annotated"):
            inner = first
    return annotation if inner is None else _unwrapped(inner)


def _parsed(text: str) -> ast.expr | None:
    try:
        return parse_expression(text)
    except SyntaxError:
        return None


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is Ellipsis


def _words(node: ast.expr) -> str:
    return ast.unparse(node)
