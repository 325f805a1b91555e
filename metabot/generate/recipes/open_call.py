"""The call that `timeout` bounds: one of a known library that nothing ends, neither it nor its client nor asyncio."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Final

from metabot.generate.calls.libraries import CLIENT, Known, argument, known
from metabot.generate.calls.program import Program
from metabot.generate.calls.units import Unit, own_nodes
from metabot.generate.recipe import NotSure

_OWN_DEFAULT: Final = ("httpx", "httpx2")  # five seconds: https://www.python-httpx.org/advanced/timeouts/
_MOST_FILES: Final = 3_000  # each is read through git


@dataclass(frozen=True, slots=True)
class OpenCall:
    unit: Unit
    call: ast.Call
    known: Known


def only_open_call(unit: Unit, program: Program) -> OpenCall | NotSure:
    """The one in the function, else in the functions of its file that it calls."""
    sites = _sites(unit, program) or [site for one in program.own_callees(unit) for site in _sites(one, program)]
    if not sites:
        return NotSure(f"{unit.name} makes no call of a library whose time-out is known here")
    doubts = {id(site): _doubt(site, program) for site in sites}
    open_ended = [site for site in sites if doubts[id(site)] is None]
    if len(open_ended) == 1:
        return open_ended[0]
    if open_ended:
        return NotSure(f"{unit.name} makes {len(open_ended)} calls without a time-out")
    return NotSure(f"{sites[0].unit.name} {doubts[id(sites[0])]}")


def _sites(unit: Unit, program: Program) -> list[OpenCall]:
    calls = [node for node in own_nodes(unit) if isinstance(node, ast.Call)]
    found = [(call, known(call, unit, program)) for call in calls]
    return [OpenCall(unit, call, of) for call, of in found if of is not None]


def _doubt(site: OpenCall, program: Program) -> str | None:
    """Why the call has an end already, or may have."""
    called = ast.unparse(site.call.func)
    given = argument(site.call, "timeout", 2 if site.known.library == "urllib" else None)
    waits_for_ever = isinstance(given, ast.Constant) and given.value is None
    if given is not None and not waits_for_ever:
        return f"gives {called} a time-out already"
    if any(keyword.arg is None for keyword in site.call.keywords):
        return f"gives {called} options that are not written there"
    if _is_awaited_in_time(site):
        return f"ends {called} by a time-out of asyncio"
    if not site.known.of_client:
        own = site.known.library in _OWN_DEFAULT and not waits_for_ever
        return f"calls {called}, which ends after five seconds by itself" if own else None
    return _doubt_of_client(site, program, waits_for_ever=waits_for_ever)


def _doubt_of_client(site: OpenCall, program: Program, *, waits_for_ever: bool) -> str | None:
    if sum(path.endswith(".py") for path in program.base.files) > _MOST_FILES:
        return "uses a client, and the repository has too many files to look where it is made"
    made = _constructions(site.known, program)
    values = [argument(call, "timeout") for call in made]
    unbound = [isinstance(value, ast.Constant) and value.value is None for value in values]
    if any(value is not None and not free for value, free in zip(values, unbound, strict=True)):
        return f"uses a client that is made with a time-out ({ast.unparse(site.call.func)})"
    if any(keyword.arg is None for call in made for keyword in call.keywords):
        return f"uses a client whose options are not written where it is made ({ast.unparse(site.call.func)})"
    if site.known.library in _OWN_DEFAULT and not waits_for_ever and not any(unbound):
        return f"calls {ast.unparse(site.call.func)}, which ends after five seconds by itself"
    return None


def _constructions(of: Known, program: Program) -> list[ast.Call]:
    """Where the repository makes clients of this kind."""
    maker = of.dotted.partition("()")[0]
    name = maker.rpartition(".")[2]
    found: list[ast.Call] = []
    for path in program.base.files:
        text = program.base.read(path) if path.endswith(".py") else None
        source = program.source(path) if text is not None and f"{name}(" in text else None
        if source is None or not CLIENT.fullmatch(maker):
            continue
        module = Unit(source, None, None, "")
        calls = [node for node in ast.walk(source.tree) if isinstance(node, ast.Call)]
        found += [call for call in calls if program.dotted(call.func, module) == maker]
    return found


def _is_awaited_in_time(site: OpenCall) -> bool:
    for node in own_nodes(site.unit):
        if site.call not in ast.walk(node):
            continue
        heads = [item.context_expr for item in node.items] if isinstance(node, ast.With | ast.AsyncWith) else [node]
        names = [ast.unparse(head.func) for head in heads if isinstance(head, ast.Call)]
        if any(
            name.split(".")[-1] in ("timeout", "timeout_at", "wait_for", "fail_after", "move_on_after")
            for name in names
        ):
            return True
    return False
