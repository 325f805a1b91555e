"""What a function does with the arguments of a tool call: where it decodes them, which ones it reads, what it calls.

The arguments are a variable that `json.loads` gives, a parameter, or what an attribute named `input`, `args` or
`arguments` holds, if constant names are looked up in it or it is handed on as `**arguments`. What is looked up in a
condition's second half, or behind `"name" in arguments`, is no reading: somebody thought of its absence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import libcst as cst
import libcst.matchers as m

from metabot.generate.recipes.tool_message import last_name

_HOLDING: Final = ("input", "args", "arguments", "tool_input", "params")
_UNCERTAIN: Final = (cst.IfExp, cst.BooleanOperation, cst.Lambda, cst.FunctionDef, cst.ClassDef)
_HANDLED: Final = ("KeyError", "LookupError", "TypeError", "ValueError", "JSONDecodeError", "Exception")

Block = Sequence[cst.BaseStatement]


@dataclass(frozen=True, slots=True)
class Place:
    """A statement of the function, and the conditions that are true there; None: one that no test can make true."""

    statement: cst.BaseStatement
    conditions: tuple[cst.BaseExpression | None, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """Names that are looked up from this statement on, in its own block."""

    place: Place
    arguments: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Spread:
    """A call with `**arguments`."""

    place: Place
    callee: cst.BaseExpression
    arguments: cst.BaseExpression


@dataclass(frozen=True, slots=True)
class Decoding:
    """`json.loads(text)`; `variable` where the statement does nothing but keep what it gives."""

    place: Place
    call: cst.Call
    text: cst.BaseExpression
    variable: str | None


def decodings(function: cst.FunctionDef) -> list[Decoding]:
    found = []
    for place in _places(function):
        for call in _within(place.statement, m.Call(func=m.Attribute(attr=m.Name("loads")) | m.Name("loads"))):
            if isinstance(call, cst.Call) and len(call.args) == 1 and call.args[0].keyword is None:
                found.append(Decoding(place, call, call.args[0].value, _kept(place.statement, call)))
    return found


def readings(function: cst.FunctionDef) -> list[Reading]:
    """One for each block and variable, at the first statement of the block that looks something up."""
    variables = _variables(function)
    thought_of = set(_thought_of(function))
    found: dict[tuple[int, str], tuple[Place, list[str]]] = {}
    for block, place in _in_blocks(function):
        for variable, name in looked_up(place.statement):
            if variable in variables and not {(variable, name), (variable, None)} & thought_of:
                names = found.setdefault((id(block), variable), (place, []))[1]
                names += [] if name in names else [name]
    return [Reading(place, variable, tuple(names)) for (_, variable), (place, names) in found.items()]


def spreads(function: cst.FunctionDef) -> list[Spread]:
    found: list[Spread] = []
    if m.findall(function, m.Call(func=m.Attribute(attr=m.Name("bind")), args=[m.Arg(star="**")])):
        return found  # somebody looks whether they fit
    for place in _places(function):
        for call in _within(place.statement, m.Call()):
            stars = [one.value for one in call.args if one.star == "**"] if isinstance(call, cst.Call) else []
            alone = len(stars) == 1 and isinstance(call, cst.Call) and len(call.args) == 1
            if alone and isinstance(call, cst.Call) and last_name(call.func) != "dict":
                found.append(Spread(place, call.func, stars[0]))
    return found


def _places(function: cst.FunctionDef) -> list[Place]:
    return [place for _, place in _in_blocks(function)]


def _in_blocks(function: cst.FunctionDef) -> list[tuple[Block, Place]]:
    body = function.body.body if isinstance(function.body, cst.IndentedBlock) else ()
    return list(_walk([one for one in body if isinstance(one, cst.BaseStatement)], ()))


def _walk(block: Block, conditions: tuple[cst.BaseExpression | None, ...]) -> Iterator[tuple[Block, Place]]:
    for statement in block:
        yield block, Place(statement, conditions)
        for inner, more in _inner(statement):
            yield from _walk(inner, (*conditions, *more))


def _inner(statement: cst.BaseStatement) -> Iterator[tuple[Block, tuple[cst.BaseExpression | None, ...]]]:
    match statement:
        case cst.With(body=body):
            yield _listed(body), ()
        case cst.Try(body=body, handlers=handlers):
            handled = [last_name(one.type) if one.type is not None else "Exception" for one in handlers]
            if not any(name in _HANDLED or name == "" for name in handled):
                yield _listed(body), ()
        case cst.If(test=test, body=body, orelse=orelse):
            yield _listed(body), (test,)
            if isinstance(orelse, cst.If):
                yield [orelse], ()
            elif isinstance(orelse, cst.Else):
                yield _listed(orelse.body), (None,)
        case cst.Match(subject=subject, cases=cases):
            for one in cases:
                yield _listed(one.body), (_equals(subject, one.pattern) if one.guard is None else None,)
        case cst.For(body=body) | cst.While(body=body):
            yield _listed(body), (None,)


def _equals(subject: cst.BaseExpression, pattern: cst.MatchPattern) -> cst.Comparison | None:
    """`case "search":` as the condition that it stands for."""
    if not isinstance(pattern, cst.MatchValue):
        return None
    return cst.Comparison(subject, [cst.ComparisonTarget(cst.Equal(), pattern.value)])


def _listed(body: cst.BaseSuite) -> Block:
    return [one for one in body.body if isinstance(one, cst.BaseStatement)]


def _own(statement: cst.BaseStatement) -> list[cst.CSTNode]:
    """The statement without the blocks in it."""
    match statement:
        case cst.If(test=test):
            return [test]
        case cst.With(items=items):
            return list(items)
        case cst.For(iter=iterated) | cst.Match(subject=iterated):
            return [iterated]
        case cst.SimpleStatementLine():
            return [statement]
    return []


def _within(statement: cst.BaseStatement, matcher: m.BaseMatcherNode) -> list[cst.CSTNode]:
    return [found for node in _own(statement) for found in _surely(node) if m.matches(found, matcher)]


def _surely(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The node and all below it that is evaluated whenever it is."""
    yield node
    for child in () if isinstance(node, _UNCERTAIN) else node.children:
        yield from _surely(child)


def looked_up(statement: cst.BaseStatement) -> Iterator[tuple[str, str]]:
    """`arguments["name"]`, where it is read."""
    written = {id(target.target) for node in _own(statement) for target in m.findall(node, m.AssignTarget())
               if isinstance(target, cst.AssignTarget)}  # fmt: skip
    for found in _within(statement, m.Subscript(value=m.Name())):
        if isinstance(found, cst.Subscript) and isinstance(found.value, cst.Name) and id(found) not in written:
            name = _constant(found)
            if name is not None:
                yield found.value.value, name


def _constant(node: cst.Subscript) -> str | None:
    inside = node.slice[0].slice if len(node.slice) == 1 else None
    value = inside.value if isinstance(inside, cst.Index) else None
    text = value.evaluated_value if isinstance(value, cst.SimpleString) else None
    return text if isinstance(text, str) else None


def _thought_of(function: cst.FunctionDef) -> Iterator[tuple[str, str | None]]:
    """`"name" in arguments`; None for every name, where a variable is looked for."""
    for node in m.findall(function, m.Comparison(comparisons=[m.ComparisonTarget(m.In() | m.NotIn(), m.Name())])):
        if isinstance(node, cst.Comparison) and isinstance(node.comparisons[0].comparator, cst.Name):
            text = node.left.evaluated_value if isinstance(node.left, cst.SimpleString) else None
            yield node.comparisons[0].comparator.value, text if isinstance(text, str) else None


def _variables(function: cst.FunctionDef) -> set[str]:
    names = {one.name.value for one in (*function.params.params, *function.params.kwonly_params)}
    for node in m.findall(function, m.Assign(targets=[m.AssignTarget(m.Name())]) | m.AnnAssign(target=m.Name())):
        target = node.targets[0].target if isinstance(node, cst.Assign) else getattr(node, "target", None)
        value = getattr(node, "value", None)
        if isinstance(target, cst.Name) and isinstance(value, cst.BaseExpression):
            key = _constant(value) if isinstance(value, cst.Subscript) else last_name(value)
            held = key in _HOLDING or m.matches(value, m.Call(func=m.OneOf(
                m.Name("loads"), m.Attribute(attr=m.Name("loads")))))  # fmt: skip
            names |= {target.value} if held else set()
            names -= set() if held else {target.value}
    return names


def _kept(statement: cst.BaseStatement, call: cst.Call) -> str | None:
    if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
        return None
    match statement.body[0]:
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))], value=value) if value is call:
            return name
        case cst.AnnAssign(target=cst.Name(value=name), value=value) if value is call:
            return name
    return None
