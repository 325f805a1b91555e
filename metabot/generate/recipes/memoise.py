"""Memoise: a function that gives the same for the same arguments keeps what it gave.

It fires where telemetry shows that an operation is called again and again with the same input, and the placed function
surely gives the same result each time:

    def similar(text: str) -> str:

becomes

    @lru_cache(maxsize=256)
    def similar(text: str) -> str:

It reads functions of a module's top level. Sure is: everything that the function calls, through the repository, only
computes, or asks for an embedding, or asks a model at temperature 0; it depends on no clock, no chance, no environment
and on nothing that the module changes; its parameters are annotated with types that can be keys, and what it gives
cannot be changed by who gets it.

It leaves alone: requests that read, because what they read may change; methods and coroutines, whose results
`lru_cache` does not keep rightly; functions with decorators; results that are lists or dictionaries, which callers
would share; and functions that a generated test cannot call.
"""

from __future__ import annotations

import ast
from typing import Final

from metabot.generate.calls.added import with_imports
from metabot.generate.calls.effects import effects
from metabot.generate.calls.libraries import known
from metabot.generate.calls.program import Program
from metabot.generate.calls.reaching import reach
from metabot.generate.calls.source import Splice
from metabot.generate.calls.units import Unit, own_nodes
from metabot.generate.imports import Wanted
from metabot.generate.layout import new_test_path
from metabot.generate.proposal import Edit, NewTest
from metabot.generate.recipe import Base, NotSure, Written, fitting
from metabot.generate.recipes.same_result import same_result
from metabot.place.placement import Location, Placed
from metabot.render import render

NAME: Final = "memoise"
_KEPT: Final = 256  # results, the least recently used ones dropped


def write(_placed: Placed, location: Location, source: str, base: Base) -> Written | NotSure:
    """The change for a function that is called again with the same arguments."""
    program = Program(base)
    changed = memoised(location.path, source, location.symbol, program)
    if isinstance(changed, NotSure):
        return changed
    after, unit = changed
    test = _test(unit, program)
    if isinstance(test, NotSure):
        return test
    title = f"Keep what {unit.name} gives for the same arguments"
    return Written(
        recipe=NAME,
        title=fitting(title, "Keep what a function gives for the same arguments"),
        summary=(
            f"`{unit.name}` in `{location.path}` is called again and again with the same arguments and gives the same "
            f"each time: what it calls only computes, or is asked for what does not change. The last {_KEPT} results "
            "are now kept by their arguments, for as long as the process runs."
        ),
        edits=(Edit(path=location.path, before=source, after=after),),
        new_test=test,
        changes_prompt=False,
        risks=("A result is kept until the process ends or it is pushed out by others.",),
    )


def memoised(path: str, text: str, symbol: str | None, program: Program) -> tuple[str, Unit] | NotSure:
    """The source with the function's results kept."""
    unit = program.placed(path, text, symbol, "the call must stand")
    if isinstance(unit, NotSure):
        return unit
    assert unit.function is not None  # what is placed stands in a function
    source = unit.source
    why = same_result(unit, program)
    if why is not None:
        return NotSure(f"{unit.name} {why}")
    at = source.start(unit.function)
    decorator = f"@lru_cache(maxsize={_KEPT}){source.newline}"
    after = with_imports(source.spliced([Splice(at, at, decorator)]), [Wanted("functools", "lru_cache")])
    return after if isinstance(after, NotSure) else (after, unit)


def _test(unit: Unit, program: Program) -> NewTest | NotSure:
    """Counts the calls of something that the function calls: the request, else the first function by name."""
    target = new_test_path(unit.source.path, "memoise", program.base)
    if isinstance(target, NotSure):
        return target
    counted = _counted(unit, program)
    if counted is None:
        return NotSure(f"{unit.name} calls nothing that a test could count")
    reached = reach(unit, (counted,), program)
    if isinstance(reached, NotSure):
        return reached
    text = render(
        "tests/memoise.py.j2",
        reached=reached,
        name=unit.name,
        function=f"{reached.module}.{unit.symbol}",
        kept=_KEPT,
        wraps=None if effects(unit, program).calls else f"{reached.module}.{ast.unparse(counted)}",
    )
    return NewTest(path=target, text=text)


def _counted(unit: Unit, program: Program) -> ast.expr | None:
    for node in own_nodes(unit):
        if not isinstance(node, ast.Call) or isinstance(node.func, ast.Call):
            continue
        own = program.unit(program.dotted(node.func, unit) or "")
        of_repository = own is not None and not own.symbol.endswith("__init__")
        if of_repository or known(node, unit, program) is not None:
            return node.func
    return None
