"""Independent calls: calls that wait one after the other, and need not, are made together.

It fires where telemetry shows that calls of one trace wait in turn and the data flow of the placed function shows that
none can see what another did:

    order = lookup_order(order_id)
    customer = lookup_customer(email)

becomes

    order, customer = _together(partial(lookup_order, order_id), partial(lookup_customer, email))

with a private function `_together` in the same module: threads for plain functions, tasks for coroutines, at most eight
at once. Results come in the order of the calls. If several fail, the error of the first one in that order is raised, as
before. Each thread gets a copy of the context, so that spans keep their parent. Loops that collect what a call gives
(`[f(x) for x in xs]`, an empty list and `append`) are changed in the same way.

It leaves alone: calls of which one uses another's result; calls that, with everything of the repository that they call,
write an attribute, an item or a global, send a request that may change something, print, or call what is not known
before it runs (a function out of a table, a callback); sessions of requests, which threads should not share; loops that
do anything else between the calls; functions with several such places; functions that a generated test cannot call.
"""

from __future__ import annotations

import ast
from typing import Final

from metabot.generate.calls.added import with_function
from metabot.generate.calls.program import Program
from metabot.generate.calls.reaching import Reach, reach
from metabot.generate.calls.source import Source, Splice
from metabot.generate.calls.units import Unit
from metabot.generate.calls.written_call import deferred
from metabot.generate.layout import new_test_path
from metabot.generate.proposal import Edit, NewTest
from metabot.generate.recipe import Base, NotSure, Written, fitting
from metabot.generate.recipes.calls_in_turn import Loop, Row, only_one
from metabot.generate.recipes.made_together import FUNCTION, IN_TASKS, IN_THREADS
from metabot.place.placement import Location, Placed
from metabot.render import render

NAME: Final = "independent-calls"
_OTHER_LOOPS: Final = ("trio", "anyio", "curio")
_AT_ONCE: Final = 8  # as the private function has it


def write(_placed: Placed, location: Location, source: str, base: Base) -> Written | NotSure:
    """The change for calls that the placed function itself makes."""
    program = Program(base)
    changed = together(location.path, source, location.symbol, program)
    if isinstance(changed, NotSure):
        return changed
    after, unit, found = changed
    test = _test(unit, found, program)
    if isinstance(test, NotSure):
        return test
    names = _names(found)
    return Written(
        recipe=NAME,
        title=_title(unit),
        summary=(
            f"`{unit.name}` in `{location.path}` waits for {names} one after the other, and none of these calls uses "
            "what another one gives. They are now made together, at most eight at once. The results come in the same "
            "order, and if several calls fail, the error of the first one is raised, as before."
        ),
        edits=(Edit(path=location.path, before=source, after=after),),
        new_test=test,
        changes_prompt=False,
        risks=(
            "When an earlier call fails, the later ones have been made as well; before, they were not.",
            "The services that are called see up to eight requests at once.",
        ),
    )


def together(path: str, text: str, symbol: str | None, program: Program) -> tuple[str, Unit, Row | Loop] | NotSure:
    """The source with the one row or loop of the function made together."""
    unit = program.placed(path, text, symbol, "the calls must stand")
    if isinstance(unit, NotSure):
        return unit
    source = unit.source
    chosen = _chosen(unit, program)
    if isinstance(chosen, NotSure):
        return chosen
    unit, found = chosen
    if isinstance(found, Row) and "#" in source.between(found.statements):
        return NotSure(f"comments stand between the calls of {unit.name}")
    splices = _row(source, found) if isinstance(found, Row) else _loop(source, found)
    after = with_function(source, splices, unit, IN_TASKS if found.asynchronous else IN_THREADS)
    return after if isinstance(after, NotSure) else (after, unit, found)


def _chosen(unit: Unit, program: Program) -> tuple[Unit, Row | Loop] | NotSure:
    """In the function itself, else in the one function of its file that it calls and that has such a place."""
    own = only_one(unit, program)
    below = (
        [(callee, only_one(callee, program)) for callee in program.own_callees(unit)]
        if isinstance(own, NotSure)
        else []
    )
    found = [(one, place) for one, place in [(unit, own), *below] if not isinstance(place, NotSure)]
    if len(found) > 1:
        return NotSure(f"several functions that {unit.name} calls make calls in turn")
    if isinstance(own, NotSure) and not found:
        return own
    other_loop = any(f"import {loop}" in unit.source.text for loop in _OTHER_LOOPS)
    if found[0][1].asynchronous and other_loop:
        return NotSure("the module runs on another event loop than asyncio's")
    return found[0]


def _row(source: Source, row: Row) -> list[Splice]:
    targets = [one.targets[0] if isinstance(one, ast.Assign) else one.target for one in row.statements]
    names = ", ".join(source.of(target) for target in targets)
    calls = [deferred(source, call) for call in row.calls]
    first, last = row.statements[0], row.statements[-1]
    head = f"{names} = {'await ' if row.asynchronous else ''}{FUNCTION}"
    return [Splice(source.start(first), source.end(last), _written(source, head, calls, source.indent(first)))]


def _loop(source: Source, loop: Loop) -> list[Splice]:
    calls = f"*[{deferred(source, loop.call)} {loop.comprehension}]"
    waits = "await " if loop.asynchronous else ""
    if loop.empty is None:
        return [Splice(source.start(loop.node), source.end(loop.node), f"{waits}{FUNCTION}({calls})")]
    assigned = source.text[source.start(loop.empty) : source.start(loop.empty.value or loop.empty)]
    text = _written(source, f"{assigned}{waits}{FUNCTION}", [calls], source.indent(loop.empty))
    return [Splice(source.start(loop.empty), source.end(loop.node), text)]


def _written(source: Source, head: str, calls: list[str], indent: str) -> str:
    """On one line where it fits, else one call on each."""
    short = f"{head}({', '.join(calls)})"
    if len(indent + short) <= source.width and "\n" not in short:
        return short
    inner = indent + source.step
    ends = "" if any(call.startswith("*") for call in calls) else ","
    broken_up = f",{source.newline}{inner}".join(calls)
    return f"{head}({source.newline}{inner}{broken_up}{ends}{source.newline}{indent})"


def _names(found: Row | Loop) -> str:
    if isinstance(found, Loop):
        return f"each `{ast.unparse(found.call.func)}`"
    names = list(dict.fromkeys(f"`{ast.unparse(call.func)}`" for call in found.calls))
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else f"each {names[0]}"


def _title(unit: Unit) -> str:
    title = f"Make the independent calls of {unit.name} together"
    return fitting(title, "Make independent calls together")


def _test(unit: Unit, found: Row | Loop, program: Program) -> NewTest | NotSure:
    target = new_test_path(unit.source.path, "independent_calls", program.base)
    if isinstance(target, NotSure):
        return target
    given = _several(unit, found)
    if isinstance(given, NotSure):
        return given
    calls = found.calls if isinstance(found, Row) else (found.call,)
    reached = reach(unit, tuple(call.func for call in calls), program, given=given)
    if isinstance(reached, NotSure):
        return reached
    return NewTest(path=target, text=_text(reached, unit, found))


def _text(reached: Reach, unit: Unit, found: Row | Loop) -> str:
    return render(
        "tests/independent_calls.py.j2",
        reached=reached,
        name=unit.name,
        count=min(len(found.calls), _AT_ONCE) if isinstance(found, Row) else 2,
        asynchronous=found.asynchronous,
    )


def _several(unit: Unit, found: Row | Loop) -> dict[str, str] | NotSure:
    """Two elements for the loop's parameter."""
    if isinstance(found, Row):
        return {}
    over = found.node.iter if isinstance(found.node, ast.For) else found.node.generators[0].iter
    conditional = isinstance(found.node, ast.ListComp) and bool(found.node.generators[0].ifs)
    if not isinstance(over, ast.Name) or over.id not in {one.arg for one in unit.parameters} or conditional:
        return NotSure(f"a test cannot say what {unit.name} goes through")
    return {over.id: '["first", "second"]'}
