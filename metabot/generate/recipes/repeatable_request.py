"""The request that `retry-request` sends again: one that may be repeated, whose failure reaches the caller.

`answer = session.get(…)` or `answer = await client.get(…)` with `answer.raise_for_status()` behind it in the same
block; or `urlopen(…)`, which raises by itself, however its answer is used.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Final

from metabot.generate.calls.effects import effects
from metabot.generate.calls.libraries import Known, argument, known
from metabot.generate.calls.program import Program
from metabot.generate.calls.units import Unit, blocks, own_nodes
from metabot.generate.recipe import NotSure

_ANSWERING: Final = ("requests", "httpx", "httpx2")
_RETRYING: Final = ("tenacity", "stamina", "backoff", "retrying", "retry", "urllib3", "aiohttp_retry", "httpx_retries")
_REPEATABLE: Final = ("reads", "replaces", "asks a model", "embeds")


@dataclass(frozen=True, slots=True)
class Request:
    unit: Unit
    call: ast.Call
    known: Known
    awaited: bool

    @property
    def raises(self) -> bool:
        """The call raises for a status by itself; else the answer tells it."""
        return self.known.library == "urllib"


def only_request(unit: Unit, program: Program) -> Request | NotSure:
    """The one in the function, else in the functions of its file that it calls; no other request is made below it."""
    below = [one for callee in program.own_callees(unit) for one in _requests(callee, program)]
    found = _requests(unit, program) or below
    if len(found) != 1:
        return NotSure(f"{unit.name} makes {len(found)} requests that may be repeated and whose status is raised")
    made = len(effects(unit, program).calls)
    if made > 1:
        return NotSure(
            f"{unit.name} makes {made} requests with what it calls, and any of them may be the one that failed"
        )
    why = _doubt(found[0], program)
    return NotSure(f"{found[0].unit.name} {why}") if why else found[0]


def _requests(unit: Unit, program: Program) -> list[Request]:
    found: list[Request] = []
    for block in blocks(unit.body):
        for index, statement in enumerate(block):
            found += _answered(statement, block[index + 1 :], unit, program)
    for node in own_nodes(unit):
        of = known(node, unit, program) if isinstance(node, ast.Call) else None
        if isinstance(node, ast.Call) and of is not None and of.library == "urllib" and of.does in _REPEATABLE:
            found.append(Request(unit, node, of, awaited=False))
    return found


def _answered(statement: ast.stmt, later: list[ast.stmt], unit: Unit, program: Program) -> list[Request]:
    """A request whose answer is kept under a name and whose status is raised."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            pass
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.Call() | ast.Await() as value):
            pass
        case _:
            return []
    call = value.value if isinstance(value, ast.Await) else value
    of = known(call, unit, program) if isinstance(call, ast.Call) else None
    if not isinstance(call, ast.Call) or of is None or of.library not in _ANSWERING or of.does not in _REPEATABLE:
        return []
    raised = any(_raises_status(one, name) for one in later)
    return [Request(unit, call, of, isinstance(value, ast.Await))] if raised else []


def _raises_status(statement: ast.stmt, name: str) -> bool:
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=of), attr="raise_for_status"))):
            return of == name
    return False


def _doubt(request: Request, program: Program) -> str | None:
    return _retries(request.unit, program) or _doubt_around(request) or _doubt_in(request.call)


def _retries(unit: Unit, program: Program) -> str | None:
    function = unit.function
    origins = program.imports(unit.source).values()
    decorators = [ast.unparse(one).lower() for one in function.decorator_list] if function is not None else []
    if any(origin.split(".")[0] in _RETRYING for origin in origins):
        return "stands in a module that imports a library which retries"
    if any("retry" in one or "backoff" in one for one in decorators):
        return "has a decorator that retries"
    return None


def _doubt_around(request: Request) -> str | None:
    around = [node for node in own_nodes(request.unit) if request.call in ast.walk(node)]
    if any(isinstance(node, ast.For | ast.AsyncFor | ast.While | ast.comprehension) for node in around):
        return "makes the request in a loop, which may retry it"
    tried = [node for node in around if isinstance(node, ast.Try)]
    handling = [node for node in tried if any(request.call in ast.walk(one) for one in node.body)]
    if not all(_passes_on(handler) for node in handling for handler in node.handlers):
        return "handles the request's error itself"
    return None


def _doubt_in(call: ast.Call) -> str | None:
    if argument(call, "stream") is not None:
        return "streams the request's answer"
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    inner = [node for one in given for node in ast.walk(one)]
    if any(isinstance(node, ast.NamedExpr | ast.Yield | ast.Await) for node in inner):
        return "assigns or waits among the request's arguments"
    return None


def _passes_on(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None
