"""Placing by the name of an operation: what the span is called in the telemetry stands in the code that makes it.

Looked for in this order: a name given to a span, a trace or an observation (also as a decorator's), a route, the text
itself in one function only, a function of that very name. The first kind that finds anything decides.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from typing import Final

from analyzers.untrusted import Name
from metabot.place.choice import named
from metabot.place.functions import functions, name_parts
from metabot.place.functions import named as named_so
from metabot.place.paths import module_parts
from metabot.place.placement import Location
from metabot.place.several import Several
from metabot.place.sources import Source, Sources
from metabot.place.syntax import FunctionNode, Spot, argument, constant, is_overload, last_name, spots
from metabot.place.texts import HOLE, evaluated

_SPAN: Final = 0.9
_ROUTE: Final = 0.9
_PATTERN: Final = 0.75  # a name with parts that are filled in
_FUNCTION: Final = 0.7
_LITERAL: Final = 0.65
_ONE_WORD: Final = 0.5  # of a name that is one short word: a library's own span may be called so

_MAKES_SPANS: Final = re.compile(r"span|trace|observ|track|workflow|task|agent|step|instrument|monitor", re.IGNORECASE)
_SPAN_WITH_PARTS: Final = re.compile(r"(span|trace|observ)\w*\(\s*(name\s*=\s*)?[rR]?[fF][\"']", re.IGNORECASE)
_ROUTES: Final = re.compile(r"(add_|api_)?(route|url_rule|get|post|put|patch|delete|head|options|path|websocket)", re.I)
_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_PARAMETER: Final = re.compile(r"^(\{.*\}|<.*>|‹.*›|:.+|\*)$")
_FIXED: Final = 4  # letters that a pattern must have of its own

_SHORT: Final = 12  # characters
Hit = tuple[Source, Spot]


def by_operation(operation: str, sources: Sources) -> tuple[Location, ...] | Several:
    """The function around the name, or the named one."""
    most = _ONE_WORD if _is_one_word(operation) else 1.0
    kinds: tuple[tuple[Callable[[str, Sources], Iterator[Hit]], float, str], ...] = (
        (_spans, _SPAN, "the name of a span that is made here"),
        (_routes, _ROUTE, "the route that is served here"),
        (_patterns, _PATTERN, "the name of a span, filled in here"),
        (_literals, min(_LITERAL, most), "the only function that holds the name"),
        (_functions, min(_FUNCTION, most), "the only function of that name"),
    )
    for search, sure, why in kinds:
        found = _once(search(operation, sources))
        if len(found) > 1:
            return Several(named(_location(source, spot, sure, why) for source, spot in found))
        if found:
            return (_location(*found[0], sure, why),)
    return ()


def _once(hits: Iterator[Hit]) -> list[Hit]:
    """One for each function or statement; those in the repository's own files, if there are any."""
    found = {(source.path, spot.lines): (source, spot) for source, spot in hits}
    return [hit for hit in found.values() if hit[0].origin == "own"] or list(found.values())


def _spans(operation: str, sources: Sources) -> Iterator[Hit]:
    for source in sources.holding((".py",), *_quoted(operation)):
        for spot in spots(source.text):
            if any(_printed(constant(name)) == operation for name in _span_names(spot.node)):
                yield source, spot


def _patterns(operation: str, sources: Sources) -> Iterator[Hit]:
    for source in sources.holding((".py",), "span", "observ", "trace"):
        for spot in spots(source.text) if _SPAN_WITH_PARTS.search(source.text) else ():
            if any(_fits(evaluated(name), operation) for name in _span_names(spot.node)):
                yield source, spot


def _span_names(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.Call) and _MAKES_SPANS.search(last_name(node.func)):
        name = argument(node, "name", 0)
        if name is not None:
            yield name


def _fits(written: str | None, operation: str) -> bool:
    """The operation begins and ends as the pattern does and holds its other parts in order."""
    if written is None or HOLE not in written:
        return False
    first, *middle, last = written.split(HOLE)
    at = len(first)
    for part in middle:
        found = operation.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    letters = sum(character.isalpha() for character in written)
    return (
        letters >= _FIXED
        and operation.startswith(first)
        and operation.endswith(last)
        and at <= len(operation) - len(last)
    )


def _routes(operation: str, sources: Sources) -> Iterator[Hit]:
    method, _, path = operation.rpartition(" ")
    if not path.startswith("/") or (method and method not in _METHODS):
        return
    fixed = [f"/{segment}" for segment in _segments(path) if not _PARAMETER.match(segment)]
    for source in sources.holding((".py",), *fixed):
        there = list(spots(source.text))
        for spot in there:
            route = _route(spot.node, method)
            if route is not None and _same_route(route, path):
                yield source, _handler(spot, there) or spot


def _route(node: ast.AST, method: str) -> str | None:
    if not isinstance(node, ast.Call) or not _ROUTES.fullmatch(last_name(node.func)):
        return None
    verb = last_name(node.func).upper().removeprefix("ADD_")
    return None if method and verb in _METHODS and verb != method else constant(argument(node, "path", 0))


def _same_route(written: str, recorded: str) -> bool:
    """Parameters match whatever stands in their place; one that a prefix was put in front of is found by its end."""
    ours, theirs = _segments(written), _segments(recorded)
    fixed = [one for one in ours if not _PARAMETER.match(one)]
    pairs = zip(reversed(ours), reversed(theirs), strict=False)
    equal = all(one == other or _PARAMETER.match(one) for one, other in pairs)
    return bool(fixed) and equal and (len(ours) == len(theirs) or (len(ours) < len(theirs) and len(fixed) > 1))


def _segments(route: str) -> list[str]:
    return [segment for segment in route.split("/") if segment]


def _handler(spot: Spot, there: list[Spot]) -> Spot | None:
    """Of a route that is registered by a call: the function of this file that the call names."""
    call = spot.node
    if not isinstance(call, ast.Call) or (spot.function is not None and call in spot.function.decorator_list):
        return None
    given = {last_name(value) for value in (*call.args, *(keyword.value for keyword in call.keywords))} - {""}
    named_so = [one for one in there if isinstance(one.node, FunctionNode) and one.node.name in given]
    return named_so[0] if len(named_so) == 1 else None


def _literals(operation: str, sources: Sources) -> Iterator[Hit]:
    """Functions that hold the name, or compare something with the path of a route."""
    path = operation.rpartition(" ")[2]
    wanted = (operation, path) if path.startswith("/") else (operation,)
    for source in sources.holding((".py",), *(word for one in wanted for word in _quoted(one))):
        for spot in spots(source.text):
            held = _compared(spot.node) if path.startswith("/") else [spot.node]
            if spot.function is not None and any(_printed(constant(one)) in wanted for one in held):
                yield source, spot


def _compared(node: ast.AST) -> list[ast.expr]:
    return [node.left, *node.comparators] if isinstance(node, ast.Compare) else []


def _functions(operation: str, sources: Sources) -> Iterator[Hit]:
    parts = name_parts(operation)
    if not parts:
        return
    for source in sources.holding((".py",), f"def {parts[-1]}("):
        fitting = {one.parts for one in named_so(functions(source.text), parts, module_parts(source.path))}
        for spot in spots(source.text, f"def {parts[-1]}("):
            if isinstance(spot.node, FunctionNode) and spot.scope in fitting and not is_overload(spot.node):
                yield source, spot


def _is_one_word(operation: str) -> bool:
    return operation.strip("_").isalnum() and len(operation) < _SHORT


def _quoted(name: str) -> tuple[str, ...]:
    """How a file writes this text; telemetry's names are printed with other angle brackets."""
    plain = name.replace("‹", "<").replace("›", ">")
    return (f'"{plain}"', f"'{plain}'") if name else ()


def _printed(written: str | None) -> str | None:
    """As telemetry's names are printed."""
    return None if written is None else str(Name(written))


def _location(source: Source, spot: Spot, sure: float, why: str) -> Location:
    return source.location(spot.symbol, spot.lines, how="operation name", sure=sure, why=why)
