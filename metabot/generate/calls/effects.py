"""Whether a function may change anything that another call could see, and whether it waits for somebody.

Read with all functions of the repository that it calls. Allowed is what is known: requests that read, questions to a
model, the parts of the standard library that only compute, spans of OpenTelemetry, and whatever is done to values that
the function made itself. Everything else is a doubt, said as a sentence.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from metabot.generate.calls.bindings import bindings
from metabot.generate.calls.harmless import CHANGING, READING, WAITING, computes
from metabot.generate.calls.libraries import Known, known
from metabot.generate.calls.program import Program
from metabot.generate.calls.units import Unit, own_nodes, units

_MOST_FUNCTIONS: Final = 40
_DECORATOR: Final = "@"  # before the name of one that is being followed
_THREADS_SHARE_NO: Final = ("requests.Session()", "requests.session()")


@dataclass(slots=True)
class Effects:
    waits: bool = False
    doubts: list[str] = field(default_factory=list)
    calls: list[Known] = field(default_factory=list)
    computing: set[str] = field(default_factory=set)  # functions of the standard library and the like, by full name


def effects(unit: Unit, program: Program, *, threads: bool = False) -> Effects:
    found = Effects()
    _read_function(unit, program, found, threads=threads, seen=set())
    return found


def effects_of_call(call: ast.Call, unit: Unit, program: Program, *, threads: bool = False) -> Effects:
    """Of one call that stands in a function, what is called included, its arguments left out."""
    found = Effects()
    _read_call(call, unit, program, found, threads=threads, seen=set())
    return found


def effects_of_expression(node: ast.expr, unit: Unit, program: Program) -> Effects:
    """Of all calls in an expression."""
    found = Effects()
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call):
            _read_call(inner, unit, program, found, threads=False, seen=set())
        elif isinstance(inner, ast.Await | ast.Yield | ast.YieldFrom | ast.NamedExpr):
            found.doubts.append(f"{unit.name} waits or assigns among the arguments")
    return found


def _read_function(unit: Unit, program: Program, found: Effects, *, threads: bool, seen: set[str]) -> None:
    key = f"{unit.source.path}:{unit.symbol}"
    if key in seen:
        return
    seen.add(key)
    if len(seen) > _MOST_FUNCTIONS or unit.function is None:
        found.doubts.append(f"{unit.name} calls too much to be followed")
        return
    found.doubts += [f"{unit.symbol} {what}" for what in _changes(unit, program)]
    decorated = {one.arg for one in unit.inside[0].args.args} if _is_wrapper(unit, seen) else set()
    for node in own_nodes(unit):
        if isinstance(node, ast.Call) and not (isinstance(node.func, ast.Name) and node.func.id in decorated):
            _read_call(node, unit, program, found, threads=threads, seen=seen)
    for decorator in unit.function.decorator_list:
        _read_decorator(decorator, unit, program, found, threads=threads, seen=seen)


def _read_decorator(
    decorator: ast.expr, unit: Unit, program: Program, found: Effects, *, threads: bool, seen: set[str]
) -> None:
    """One of the repository's own is followed into the functions that it defines."""
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    dotted = program.dotted(called, unit) or ""
    own = program.unit(dotted)
    if own is None:
        if not computes(dotted):
            found.doubts.append(f"{unit.symbol} is decorated with {ast.unparse(called)}, which cannot be followed")
        return
    seen.add(f"{_DECORATOR}{own.source.path}:{own.symbol}")
    for inner in units(own.source):
        if own.function in inner.inside:
            _read_function(inner, program, found, threads=threads, seen=seen)


def _is_wrapper(unit: Unit, seen: set[str]) -> bool:
    """Defined inside of a decorator: what that is given is the function that is read anyway."""
    if not unit.inside:
        return False
    outer = unit.symbol.split(".")[: -len(unit.inside)]
    return f"{_DECORATOR}{unit.source.path}:{'.'.join(outer)}" in seen


def _changes(unit: Unit, program: Program) -> Iterator[str]:
    """What the function's own statements change outside of it."""
    made = fresh(unit, program)
    for node in own_nodes(unit):
        match node:
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                yield f"assigns {', '.join(names)} outside of itself"
            case ast.Yield() | ast.YieldFrom() if not _is_context_manager(unit):
                yield "is a generator"
            case ast.Attribute(ctx=ast.Store() | ast.Del()) | ast.Subscript(ctx=ast.Store() | ast.Del()):
                if root(node) not in made and not (unit.symbol.endswith("__init__") and root(node) == unit.receiver):
                    yield f"writes {ast.unparse(node)}"


def _read_call(call: ast.Call, unit: Unit, program: Program, found: Effects, *, threads: bool, seen: set[str]) -> None:
    of_library = known(call, unit, program)
    if of_library is not None:
        _read_library(call, of_library, unit, program, found, threads=threads)
        return
    dotted = program.dotted(call.func, unit)
    if dotted is not None and ":" in dotted:
        _read_own(dotted, call, unit, program, found, threads=threads, seen=seen)
        return
    found.waits |= dotted in WAITING
    if dotted is not None and computes(dotted):
        found.computing.add(dotted)
        return
    doubt = _doubt_of_method(call, dotted, unit, program)
    if doubt is not None:
        found.doubts.append(f"{unit.name} {doubt}")


def _read_library(call: ast.Call, of: Known, unit: Unit, program: Program, found: Effects, *, threads: bool) -> None:
    found.waits = True
    found.calls.append(of)
    if of.does in ("writes", "replaces", "runs a program"):
        found.doubts.append(f"{unit.name} calls {ast.unparse(call.func)}, which may change something elsewhere")
    shared = of.dotted.startswith(_THREADS_SHARE_NO) and root(call.func) not in fresh(unit, program)
    if threads and shared:
        found.doubts.append(f"{unit.name} uses a session that threads should not share")


def _read_own(
    dotted: str, call: ast.Call, unit: Unit, program: Program, found: Effects, *, threads: bool, seen: set[str]
) -> None:
    called = program.unit(dotted)
    if called is not None:
        _read_function(called, program, found, threads=threads, seen=seen)
    elif program.class_of(dotted.removesuffix("()")) is None:
        found.doubts.append(f"{unit.name} calls {ast.unparse(call.func)}, which cannot be followed")


def _doubt_of_method(call: ast.Call, dotted: str | None, unit: Unit, program: Program) -> str | None:
    shown = ast.unparse(call.func)
    if not isinstance(call.func, ast.Attribute):
        return f"calls {shown}, which is not known before it runs"
    owner = root(call.func)
    of_own_value = owner in fresh(unit, program) or owner is None
    attr = call.func.attr
    if of_own_value or (dotted is not None and "()." in dotted and attr in READING):
        return None
    if attr in CHANGING and attr not in READING:
        return f"changes {ast.unparse(call.func.value)} ({attr})"
    if attr in READING and owner != unit.receiver:
        return None
    return f"calls {shown}, of which nothing is known"


def root(node: ast.AST) -> str | None:
    """The name that a chain of attributes, indexes and calls begins with."""
    while not isinstance(node, ast.Name):
        match node:
            case (
                ast.Attribute(value=inner) | ast.Subscript(value=inner) | ast.Call(func=inner) | ast.Await(value=inner)
            ):
                node = inner
            case _:
                return None
    return node.id


def fresh(unit: Unit, program: Program) -> frozenset[str]:
    """Local names whose every value was made by the function: a display, a text, what a library's call gave."""
    if unit.function is None:
        return frozenset()
    if unit not in program.fresh:
        parameters = {one.arg for one in unit.parameters}
        program.fresh[unit] = frozenset(
            name
            for name, values in bindings(unit).items()
            if name not in parameters and all(_makes(value, unit, program, parameters) for value in values)
        )
    return program.fresh[unit]


def _makes(value: ast.expr | None, unit: Unit, program: Program, parameters: set[str]) -> bool:
    inner = value.value if isinstance(value, ast.Await) else value
    if isinstance(inner, ast.Call):
        called = program.dotted(inner.func, unit)
        if called is not None and ":" in called:  # what a function of the repository gives may be shared
            return program.class_of(called) is not None
        return called is not None or root(inner.func) not in parameters
    return isinstance(inner, _DISPLAYS)


_DISPLAYS: Final = (
    ast.Dict, ast.List, ast.Set, ast.Tuple, ast.ListComp, ast.DictComp, ast.SetComp, ast.GeneratorExp, ast.Constant,
    ast.JoinedStr, ast.BinOp, ast.Compare,
)  # fmt: skip


def _is_context_manager(unit: Unit) -> bool:
    decorators = [] if unit.function is None else unit.function.decorator_list
    return any(ast.unparse(one).split(".")[-1] in ("contextmanager", "asynccontextmanager") for one in decorators)
