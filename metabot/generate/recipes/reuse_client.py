"""Reuse the client: a client that is made anew for each call is made once.

It fires where telemetry shows that an operation takes long, and the placed function makes a client of a model's
library each time that it runs:

    client = OpenAI(base_url=URL)

becomes

    client = _client()

with a private function `_client` in the same module that makes it once. Each new client opens a connection of its own,
with its handshakes; one that stays keeps the connection.

It reads the clients of `openai` and `anthropic` that are made from constants, the module's names and the environment,
in the placed function or in those of its file that it calls.

It leaves alone: asynchronous clients, which belong to one event loop; sessions and clients of `requests` and `httpx`,
which keep cookies from one user to the next; clients in a `with`, or closed or changed by the function; a client that
depends on the function's arguments; `__init__`, whose object may be kept; functions with a loop, in which one client
serves several calls, and those that the module runs itself; several clients; functions that a generated test cannot
call.
"""

from __future__ import annotations

import ast
from typing import Final

from metabot.generate.calls.added import Added, with_function
from metabot.generate.calls.bindings import assigned
from metabot.generate.calls.effects import root
from metabot.generate.calls.program import Program
from metabot.generate.calls.reaching import reach
from metabot.generate.calls.source import Source, Splice
from metabot.generate.calls.units import Unit, own_nodes
from metabot.generate.imports import Wanted
from metabot.generate.layout import new_test_path
from metabot.generate.proposal import Edit, NewTest
from metabot.generate.recipe import Base, NotSure, Written, fitting
from metabot.place.placement import Location, Placed
from metabot.render import render

NAME: Final = "reuse-client"
_FUNCTION: Final = "_client"
_CLIENTS: Final = ("openai.OpenAI", "openai.AzureOpenAI", "anthropic.Anthropic")
_MADE_ONCE: Final = '''\
@lru_cache(maxsize=1)
def _client() -> {kind}:
    """Made once: its connections stay open from one call to the next."""
    return {made}
'''


def write(_placed: Placed, location: Location, source: str, base: Base) -> Written | NotSure:
    """The change for a function that makes its client each time."""
    program = Program(base)
    changed = reused(location.path, source, location.symbol, program)
    if isinstance(changed, NotSure):
        return changed
    after, unit, made = changed
    test = _test(unit, made, program)
    if isinstance(test, NotSure):
        return test
    title = f"Make the client of {unit.name} once"
    return Written(
        recipe=NAME,
        title=fitting(title, "Make a client once"),
        summary=(
            f"`{unit.name}` in `{location.path}` makes a client (`{ast.unparse(made.func)}`) each time that it runs, "
            "and with it opens a new connection. The client is now made once, of the same values, and used again."
        ),
        edits=(Edit(path=location.path, before=source, after=after),),
        new_test=test,
        changes_prompt=False,
        risks=("The values that the client is made of are read once, when it is first needed.",),
    )


def reused(path: str, text: str, symbol: str | None, program: Program) -> tuple[str, Unit, ast.Call] | NotSure:
    """The source with the one client of the function made once."""
    placed = program.placed(path, text, symbol, "the client must be made")
    if isinstance(placed, NotSure):
        return placed
    source = placed.source
    found = _made(placed, program)
    found = found or [one for callee in program.own_callees(placed) for one in _made(callee, program)]
    if len(found) != 1:
        several = f"{len(found)} clients" if found else "no client"
        return NotSure(f"{placed.name} makes {several} of a model's library each time that it runs")
    unit, made = found[0]
    why = _doubt(unit, made)
    if why is not None:
        return NotSure(f"{unit.name} {why}")
    splice = Splice(source.start(made), source.end(made), f"{_FUNCTION}()")
    after = with_function(source, [splice], unit, _added(source, made))
    return after if isinstance(after, NotSure) else (after, unit, made)


def _made(unit: Unit, program: Program) -> list[tuple[Unit, ast.Call]]:
    if unit.name.endswith("__init__"):
        return []
    calls = [node for node in own_nodes(unit) if isinstance(node, ast.Call)]
    return [(unit, call) for call in calls if program.dotted(call.func, unit) in _CLIENTS]


def _doubt(unit: Unit, made: ast.Call) -> str | None:
    function = unit.function
    assert function is not None
    if any("cache" in ast.unparse(one) for one in function.decorator_list):
        return "keeps its client already"
    if _runs_once(unit) or _serves_several_calls(unit):
        return "makes one client and uses it for several calls, or runs once"
    local = assigned(unit) | {one.arg for one in unit.parameters}
    used = {node.id for node in ast.walk(made) if isinstance(node, ast.Name)} & local
    return f"makes a client that depends on {min(used)}" if used else _ends(unit, made)


def _ends(unit: Unit, made: ast.Call) -> str | None:
    """What the function does to its client that another call must not meet."""
    for node in own_nodes(unit):
        match node:
            case ast.withitem(context_expr=value) if made in ast.walk(value):
                return "closes the client when it is done"
            case ast.Attribute(attr="close", value=value) if _is_client(value, made, unit):
                return "closes the client when it is done"
            case ast.Attribute(ctx=ast.Store(), value=value) if _is_client(value, made, unit):
                return "changes the client"
    return None


def _runs_once(unit: Unit) -> bool:
    """The module's own code calls it: a script's main function."""
    module = Unit(unit.source, None, None, "")
    calls = [node.func for node in own_nodes(module) if isinstance(node, ast.Call)]
    return any(isinstance(func, ast.Name) and func.id == unit.symbol for func in calls)


def _serves_several_calls(unit: Unit) -> bool:
    kinds = (ast.For, ast.AsyncFor, ast.While, ast.comprehension, ast.Yield, ast.YieldFrom)
    return any(isinstance(node, kinds) for node in own_nodes(unit))


def _is_client(value: ast.expr, made: ast.Call, unit: Unit) -> bool:
    names = {
        ast.unparse(node.targets[0])
        for node in own_nodes(unit)
        if isinstance(node, ast.Assign) and made in ast.walk(node.value)
    }
    return root(value) in names


def _added(source: Source, made: ast.Call) -> Added:
    """The call as it is written, its later lines at the depth of the new function."""
    lines = source.of(made).replace(source.newline, "\n").split("\n")
    outer = source.indent(made)
    moved = [lines[0], *("    " + line.removeprefix(outer).replace(source.step, "    ") for line in lines[1:])]
    text = _MADE_ONCE.format(kind=source.of(made.func), made="\n".join(moved))
    return Added(_FUNCTION, text, (Wanted("functools", "lru_cache"),))


def _test(unit: Unit, made: ast.Call, program: Program) -> NewTest | NotSure:
    target = new_test_path(unit.source.path, "reuse_client", program.base)
    reached = reach(unit, (made.func,), program)
    if isinstance(target, NotSure):
        return target
    if isinstance(reached, NotSure):
        return reached
    return NewTest(path=target, text=render("tests/reuse_client.py.j2", reached=reached, name=unit.name))
