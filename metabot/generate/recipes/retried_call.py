"""The call that `retry-transient` wraps: an idempotent request whose answer's status is raised, and nothing retries it.

A site is `answer = requests.get(…)` followed in the same block by `answer.raise_for_status()`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import libcst as cst
import libcst.matchers as m

from metabot.generate.imports import imported, resolved
from metabot.generate.recipe import NotSure

LIBRARIES: Final = ("requests", "httpx", "httpx2")
_IDEMPOTENT: Final = ("get", "head")  # https://www.rfc-editor.org/rfc/rfc9110#name-idempotent-methods
_RETRYING: Final = ("tenacity", "stamina", "backoff", "retrying", "retry", "urllib3.util.retry", "urllib3.util.Retry")

_Block = Sequence[cst.BaseStatement] | Sequence[cst.BaseSmallStatement]


@dataclass(frozen=True, slots=True)
class Site:
    function: cst.FunctionDef
    call: cst.Call
    answer: str  # the variable that holds it
    library: str
    verb: str  # get, head or request: what the module calls


def only_site(module: cst.Module, symbol: str) -> Site | NotSure:
    """The one request in the function, or in the one function of the module that it calls and that has one."""
    names = imported(module)
    if any(origin == one or origin.startswith(f"{one}.") for origin in names.values() for one in _RETRYING):
        return NotSure("the module imports a library that retries")
    functions = {node.name.value: node for node in module.body if isinstance(node, cst.FunctionDef)}
    if symbol not in functions:
        return NotSure(f"{symbol} is no function of the module's top level")
    placed = functions[symbol]
    candidates = [placed] if any(_sites(placed, names)) else _callees(placed, functions)
    requesting = [function for function in candidates if any(_sites(function, names))]
    if len(requesting) != 1:
        libraries = " or ".join(LIBRARIES)
        return NotSure(
            f"{symbol} makes no get or head request with {libraries} whose status it raises; "
            f"of the functions that it calls in its module, {len(requesting)} make one"
        )
    return _checked(requesting[0], names)


def _callees(function: cst.FunctionDef, functions: dict[str, cst.FunctionDef]) -> list[cst.FunctionDef]:
    called = {call.func.value for call in _calls(function) if isinstance(call.func, cst.Name)}
    return [functions[name] for name in sorted(called & set(functions)) if functions[name] is not function]


def _checked(function: cst.FunctionDef, names: dict[str, str]) -> Site | NotSure:
    sites = list(_sites(function, names))
    name = function.name.value
    if len(sites) > 1:
        return NotSure(f"{name} makes {len(sites)} such requests")
    site, around = sites[0]
    why = _doubt(function) or _doubt_around(around) or _doubt_in(site.call)
    return NotSure(f"{name} {why}") if why else site


def _doubt(function: cst.FunctionDef) -> str | None:
    if function.asynchronous is not None:
        return "is a coroutine function; those are not written for yet"
    if any("retry" in _code(one.decorator).lower() for one in function.decorators):
        return "has a decorator that retries"
    return None


def _doubt_around(around: tuple[cst.CSTNode, ...]) -> str | None:
    if any(isinstance(node, cst.For | cst.While) for node in around):
        return "makes the request in a loop, which may retry it"
    if any(not _only_passes_on(node) for node in around if isinstance(node, cst.Try)):
        return "handles the request's error itself"
    return None


def _doubt_in(call: cst.Call) -> str | None:
    if m.findall(call, m.NamedExpr() | m.Yield()):
        return "assigns or yields among the request's arguments"
    if m.findall(call, m.Arg(keyword=m.Name("stream"))):
        return "streams the request's answer"
    return None


def _sites(function: cst.FunctionDef, names: dict[str, str]) -> Iterator[tuple[Site, tuple[cst.CSTNode, ...]]]:
    """Each request of the function with the statements that it stands in, outermost first."""
    for block, around in _blocks(function.body.body, ()):
        statements = [small for statement in block for small in _small(statement)]
        for index, small in enumerate(statements):
            assigned = _assigned_call(small)
            if assigned is None:
                continue
            answer, call = assigned
            request = _request(call, names)
            if request is not None and _raises_status(statements[index + 1 :], answer):
                yield Site(function, call, answer, *request), around


def _blocks(block: _Block, around: tuple[cst.CSTNode, ...]) -> Iterator[tuple[_Block, tuple[cst.CSTNode, ...]]]:
    yield block, around
    for statement in block:
        if isinstance(statement, cst.FunctionDef | cst.ClassDef) or not isinstance(
            statement, cst.BaseCompoundStatement
        ):
            continue
        for inner in _own_blocks(statement):
            yield from _blocks(inner.body, (*around, statement))


def _own_blocks(statement: cst.CSTNode) -> list[cst.IndentedBlock]:
    """The blocks of a statement itself, its else, except and finally included."""
    blocks: list[cst.IndentedBlock] = []
    for child in statement.children:
        if isinstance(child, cst.IndentedBlock):
            blocks.append(child)
        elif isinstance(child, cst.If | cst.Else | cst.ExceptHandler | cst.Finally | cst.MatchCase):
            blocks += _own_blocks(child)
    return blocks


def _assigned_call(small: cst.CSTNode) -> tuple[str, cst.Call] | None:
    match small:
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))], value=cst.Call() as call):
            return name, call
        case cst.AnnAssign(target=cst.Name(value=name), value=cst.Call() as call):
            return name, call
    return None


def _request(call: cst.Call, names: dict[str, str]) -> tuple[str, str] | None:
    library, _, verb = (resolved(call.func, names) or "").rpartition(".")
    if library not in LIBRARIES:
        return None
    if verb in _IDEMPOTENT:
        return library, verb
    first = call.args[0] if verb == "request" and call.args else None
    if first is None or (first.keyword is not None and first.keyword.value != "method"):
        return None
    method = first.value.evaluated_value if isinstance(first.value, cst.SimpleString) else None
    return (library, verb) if isinstance(method, str) and method.lower() in _IDEMPOTENT else None


def _raises_status(later: Sequence[cst.CSTNode], answer: str) -> bool:
    for small in later:
        assigned = _assigned_call(small)
        if assigned is not None and assigned[0] == answer:
            return False
        if m.matches(small, m.Expr(m.Call(func=m.Attribute(m.Name(answer), m.Name("raise_for_status"))))):
            return True
    return False


def _only_passes_on(node: cst.Try) -> bool:
    """Every handler ends by raising what it caught."""
    ends = [handler.body.body[-1] for handler in node.handlers if handler.body.body]
    return len(ends) == len(node.handlers) and all(
        m.matches(end, m.SimpleStatementLine(body=[m.Raise(exc=None)])) for end in ends
    )


def _calls(function: cst.FunctionDef) -> list[cst.Call]:
    return [node for node in m.findall(function.body, m.Call()) if isinstance(node, cst.Call)]


def _small(statement: cst.CSTNode) -> Sequence[cst.CSTNode]:
    return statement.body if isinstance(statement, cst.SimpleStatementLine) else (statement,)


def _code(node: cst.CSTNode) -> str:
    return cst.Module([]).code_for_node(node)
