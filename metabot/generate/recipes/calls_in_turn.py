"""The calls that `independent-calls` runs together: waiting ones, of which none can see what another did.

A row is `a = f(x)` and `b = g(y)` as neighbours in one block. A loop is `for x in xs: found.append(f(x))` with an
empty list before it, or `[f(x) for x in xs]`. With `await` in front of each call it is the same for coroutines.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from metabot.generate.calls.effects import effects_of_call, effects_of_expression
from metabot.generate.calls.program import Program
from metabot.generate.calls.units import Unit, blocks, own_nodes
from metabot.generate.recipe import NotSure


@dataclass(frozen=True, slots=True)
class Row:
    statements: tuple[ast.Assign | ast.AnnAssign, ...]
    calls: tuple[ast.Call, ...]
    asynchronous: bool


@dataclass(frozen=True, slots=True)
class Loop:
    """What is collected: `node` is the comprehension, or the loop with the assignment of its empty list before it."""

    node: ast.ListComp | ast.For
    empty: ast.Assign | ast.AnnAssign | None
    call: ast.Call
    comprehension: str  # behind the element: for x in xs if …, as it is written
    asynchronous: bool


def only_one(unit: Unit, program: Program) -> Row | Loop | NotSure:
    """The one row or loop in the function."""
    doubts: list[str] = []
    held = _held(unit)
    if held is not None:
        return NotSure(f"{unit.name} holds {held}, and the calls might wait for it")
    rows = [row for block in blocks(unit.body) for row in _rows(block, unit, program, doubts)]
    loops = [loop for loop in _loops(unit) if _is_independent(loop, unit, program, doubts)]
    found: list[Row | Loop] = [*rows, *loops]
    if len(found) == 1:
        return found[0]
    if found:
        return NotSure(f"{unit.name} has {len(found)} places where calls could be made together")
    why = f": {doubts[0]}" if doubts else ""
    return NotSure(f"{unit.name} makes no waiting calls in turn that are surely independent{why}")


def _held(unit: Unit) -> str | None:
    """What a `with` holds that it did not make: a lock, a transaction."""
    for node in own_nodes(unit):
        match node:
            case ast.withitem(context_expr=ast.Name() | ast.Attribute() as expression):
                return ast.unparse(expression)
    return None


def _rows(block: list[ast.stmt], unit: Unit, program: Program, doubts: list[str]) -> Iterator[Row]:
    row: list[tuple[ast.Assign | ast.AnnAssign, ast.Call, bool]] = []
    for statement in block:
        one = _waiting(statement, unit, program, doubts)
        if one is not None and row and _can_join(one, row):
            row.append(one)
            continue
        yield from _row(row)
        row = [one] if one is not None else []
    yield from _row(row)


def _row(found: list[tuple[ast.Assign | ast.AnnAssign, ast.Call, bool]]) -> Iterator[Row]:
    if len(found) > 1:
        yield Row(tuple(one[0] for one in found), tuple(one[1] for one in found), found[0][2])


def _can_join(
    one: tuple[ast.Assign | ast.AnnAssign, ast.Call, bool],
    row: list[tuple[ast.Assign | ast.AnnAssign, ast.Call, bool]],
) -> bool:
    names = {_target(statement) for statement, _, _ in row}
    reads = {node.id for node in ast.walk(one[1]) if isinstance(node, ast.Name)}
    return names.isdisjoint(reads) and _target(one[0]) not in names and one[2] == row[0][2]


def _target(statement: ast.Assign | ast.AnnAssign) -> str:
    target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
    return ast.unparse(target)


def _waiting(
    statement: ast.stmt, unit: Unit, program: Program, doubts: list[str]
) -> tuple[ast.Assign | ast.AnnAssign, ast.Call, bool] | None:
    """`name = call` or `name = await call` of something that waits and changes nothing."""
    match statement:
        case ast.Assign(targets=[ast.Name()], value=value):
            assignment: ast.Assign | ast.AnnAssign = statement
        case ast.AnnAssign(target=ast.Name(), value=ast.Await() | ast.Call() as value):
            assignment = statement
        case _:
            return None
    found = _call_of(value)
    if found is None or not _waits_alone(found[0], unit, program, doubts, asynchronous=found[1]):
        return None
    return assignment, found[0], found[1]


def _call_of(value: ast.expr) -> tuple[ast.Call, bool] | None:
    inner = value.value if isinstance(value, ast.Await) else value
    return (inner, isinstance(value, ast.Await)) if isinstance(inner, ast.Call) else None


def _waits_alone(call: ast.Call, unit: Unit, program: Program, doubts: list[str], *, asynchronous: bool) -> bool:
    if unit.asynchronous and not asynchronous:
        return False  # a coroutine function that blocks has another fault
    effects = effects_of_call(call, unit, program, threads=not asynchronous)
    if not effects.waits:
        return False
    arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
    prepared = [effects_of_expression(one, unit, program) for one in arguments]
    found = [*effects.doubts, *(doubt for one in prepared for doubt in one.doubts)]
    found += [f"{unit.name} waits among the arguments" for one in prepared if one.waits]
    doubts += found
    return not found


def _loops(unit: Unit) -> Iterator[Loop]:
    for node in own_nodes(unit):
        match node:
            case ast.ListComp(elt=element, generators=[ast.comprehension(is_async=0)]):
                found = _call_of(element)
                if found is not None:
                    behind = unit.source.text[unit.source.end(element) : unit.source.end(node) - 1].strip()
                    yield Loop(node, None, found[0], behind, found[1])
    for block in blocks(unit.body):
        for before, statement in pairwise(block):
            yield from _collecting(before, statement, unit)


def _collecting(before: ast.stmt, statement: ast.stmt, unit: Unit) -> Iterator[Loop]:
    """`found = []` and a loop that does nothing but append to it."""
    match before:
        case ast.Assign(targets=[ast.Name(id=empty)], value=ast.List(elts=[])):
            assignment: ast.Assign | ast.AnnAssign = before
        case ast.AnnAssign(target=ast.Name(id=empty), value=ast.List(elts=[])):
            assignment = before
        case _:
            return
    match statement:
        case ast.For(
            target=ast.Name() as target,
            iter=over,
            orelse=[],
            body=[ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append"), args=[element]))],
        ) if name == empty:
            found = _call_of(element)
            if found is not None:
                behind = f"for {unit.source.of(target)} in {unit.source.of(over)}"
                yield Loop(statement, assignment, found[0], behind, found[1])


def _is_independent(loop: Loop, unit: Unit, program: Program, doubts: list[str]) -> bool:
    if not _waits_alone(loop.call, unit, program, doubts, asynchronous=loop.asynchronous):
        return False
    conditions = loop.node.generators[0].ifs if isinstance(loop.node, ast.ListComp) else []
    over = loop.node.generators[0].iter if isinstance(loop.node, ast.ListComp) else loop.node.iter
    read = [effects_of_expression(one, unit, program) for one in conditions]
    found = [doubt for one in read for doubt in one.doubts]
    found += [f"{unit.name} waits among the conditions" for one in read if one.waits]
    collected = _target(loop.empty) if loop.empty is not None else None
    used = {node.id for part in (loop.call, over) for node in ast.walk(part) if isinstance(node, ast.Name)}
    found += [f"{unit.name} uses what it collects for the next call"] if collected in used else []
    doubts += found
    return not found
