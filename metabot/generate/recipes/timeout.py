"""Time-out: a call that may wait for ever gets the library's own time-out.

It fires where telemetry shows that calls of an operation hang, and the placed function makes one call that names none:

    response = requests.get(url)

becomes

    response = requests.get(url, timeout=20)

The value is four times what 95 of 100 of the other calls take, rounded up to one that people write (2, 3, 5, 10, 15,
20, 30, 45, 60, 90, 120, …), so that no usual call comes near it.

It reads `requests`, `urllib.request.urlopen`, `aiohttp`, `subprocess`, `openai`, `anthropic` and `litellm`, functions
and clients alike; of `httpx` only calls and clients with `timeout=None`, because it ends a call after five seconds by
itself. Where the placed function makes no such call, the one of the functions of its file that it calls is changed.

It leaves alone: calls with a time-out or with `**options`, clients that are made with one anywhere in the repository,
calls under `asyncio.timeout` or `asyncio.wait_for`, functions with several such calls, hangs that would end before the
value, and functions that a generated test cannot call.
"""

from __future__ import annotations

import ast
import math
from dataclasses import dataclass
from typing import Final

from analyzers.finding import Finding
from metabot.generate.calls.libraries import CLIENT, Known, argument, known
from metabot.generate.calls.program import Program
from metabot.generate.calls.reaching import reach
from metabot.generate.calls.source import Source, Splice, read
from metabot.generate.calls.units import Unit, own_nodes, unit_of
from metabot.generate.calls.written_call import with_keyword
from metabot.generate.layout import new_test_path
from metabot.generate.proposal import Edit, NewTest
from metabot.generate.recipe import Base, NotSure, Written
from metabot.place.placement import Location, Placed
from metabot.render import render

NAME: Final = "timeout"
_TITLE: Final = 72  # characters
_TIMES: Final = 4  # what nearly all others take
_STEPS: Final = (2, 3, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 300, 600, 900)  # seconds
_OWN_DEFAULT: Final = ("httpx", "httpx2")  # five seconds: https://www.python-httpx.org/advanced/timeouts/
_EACH_WAIT: Final = ("requests", "urllib", "httpx", "httpx2", "openai", "anthropic", "litellm")


@dataclass(frozen=True, slots=True)
class Site:
    unit: Unit
    call: ast.Call
    known: Known


def write(placed: Placed, location: Location, source: str, base: Base) -> Written | NotSure:
    """The change for calls that hang."""
    program = Program(base)
    seconds = seconds_for(placed.finding)
    if isinstance(seconds, NotSure):
        return seconds
    changed = bounded(location.path, source, location.symbol, program, seconds)
    if isinstance(changed, NotSure):
        return changed
    after, site = changed
    test = _test(site, seconds, program)
    if isinstance(test, NotSure):
        return test
    name, called = site.unit.name, ast.unparse(site.call.func)
    usual = _usual_seconds(placed.finding)
    return Written(
        recipe=NAME,
        title=_title(site.unit, seconds),
        summary=(
            f"`{name}` in `{location.path}` calls `{called}` without a time-out, and some of these calls hang. It now "
            f"gives up after {seconds} seconds: {_TIMES} times the {usual:,.2f} seconds in which 95 of 100 of the "
            "other calls end, rounded up. What it raises then is the library's own error for a time-out."
        ),
        edits=(Edit(path=location.path, before=source, after=after),),
        new_test=test,
        changes_prompt=False,
        risks=_risks(site.known, seconds),
    )


def seconds_for(finding: Finding) -> int | NotSure:
    """From the finding's own figures: how long the others take, and how long those that hang."""
    waste = finding.candidate.evidence
    if waste.observed.unit != "ms per call" or not waste.occurrences:
        return NotSure("how long the calls take that do not hang is not known")
    wanted = _TIMES * _usual_seconds(finding)
    seconds = next((step for step in _STEPS if step >= wanted), math.ceil(wanted))
    hang = waste.observed.value * waste.observed.n / waste.occurrences / 1000
    if seconds >= 0.9 * hang:
        return NotSure(f"a time-out of {seconds} s would not end calls that hang for {hang:,.1f} s")
    return seconds


def _usual_seconds(finding: Finding) -> float:
    waste = finding.candidate.evidence
    return waste.achievable * waste.observed.n / waste.occurrences / 1000


def bounded(path: str, text: str, symbol: str | None, program: Program, seconds: int) -> tuple[str, Site] | NotSure:
    """The source with a time-out in the one call that has none."""
    source = read(path, text)
    if isinstance(source, NotSure):
        return source
    program.take(source)
    unit = unit_of(source, symbol)
    if unit is None or unit.function is None:
        return NotSure("the call must stand in a function that the file defines once")
    site = _only_site(unit, program)
    if isinstance(site, NotSure):
        return site
    value = _value(site, seconds, program)
    if isinstance(value, NotSure):
        return value
    splice = _splice(source, site.call, value)
    return splice if isinstance(splice, NotSure) else (source.spliced([splice]), site)


def _only_site(unit: Unit, program: Program) -> Site | NotSure:
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


def _sites(unit: Unit, program: Program) -> list[Site]:
    calls = [node for node in own_nodes(unit) if isinstance(node, ast.Call)]
    found = [(call, known(call, unit, program)) for call in calls]
    return [Site(unit, call, of) for call, of in found if of is not None]


def _doubt(site: Site, program: Program) -> str | None:
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


def _doubt_of_client(site: Site, program: Program, *, waits_for_ever: bool) -> str | None:
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


def _is_awaited_in_time(site: Site) -> bool:
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


def _value(site: Site, seconds: int, program: Program) -> str | NotSure:
    if site.known.library != "aiohttp":
        return str(seconds)
    names = program.imports(site.unit.source)
    local = next((name for name, origin in names.items() if origin == "aiohttp"), None)
    if local is None:
        return NotSure("the module does not import aiohttp by its name")
    return f"{local}.ClientTimeout(total={seconds})"


def _splice(source: Source, call: ast.Call, value: str) -> Splice | NotSure:
    given = argument(call, "timeout")
    if given is not None:
        return Splice(source.start(given), source.end(given), value)
    return with_keyword(source, call, "timeout", value)


def _risks(of: Known, seconds: int) -> tuple[str, ...]:
    risks = [f"An answer that takes longer than {seconds} seconds and is worth waiting for becomes an error."]
    if of.library in _EACH_WAIT:
        risks.append("The library counts the wait for each piece of the answer: one that trickles in can take longer.")
    if of.library in ("openai", "anthropic"):
        risks.append("The client tries a call again that ran out of time, twice unless it is told otherwise.")
    return tuple(risks)


def _title(unit: Unit, seconds: int) -> str:
    title = f"Give the call in {unit.name} a time-out of {seconds} s"
    return title if len(title) < _TITLE else f"Give a call a time-out of {seconds} s"


def _test(site: Site, seconds: int, program: Program) -> NewTest | NotSure:
    target = new_test_path(site.unit.source.path, "timeout", program.base)
    reached = reach(site.unit, (site.call.func,), program)
    if isinstance(target, NotSure):
        return target
    if isinstance(reached, NotSure):
        return reached
    text = render(
        "tests/timeout.py.j2",
        reached=reached,
        name=site.unit.name,
        seconds=seconds,
        total=site.known.library == "aiohttp",
    )
    return NewTest(path=target, text=text)
