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
from typing import Final

from analyzers.finding import Finding
from metabot.generate.calls.libraries import Known, argument
from metabot.generate.calls.program import Program
from metabot.generate.calls.reaching import reach
from metabot.generate.calls.source import Source, Splice
from metabot.generate.calls.units import Unit
from metabot.generate.calls.written_call import with_keyword
from metabot.generate.layout import new_test_path
from metabot.generate.proposal import Edit, NewTest
from metabot.generate.recipe import Base, NotSure, Written, fitting
from metabot.generate.recipes.open_call import OpenCall, only_open_call
from metabot.place.placement import Location, Placed
from metabot.render import render

NAME: Final = "timeout"
_TIMES: Final = 4  # what nearly all others take
_STEPS: Final = (2, 3, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 300, 600, 900)  # seconds
_EACH_WAIT: Final = ("requests", "urllib", "httpx", "httpx2", "openai", "anthropic", "litellm")


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


def bounded(path: str, text: str, symbol: str | None, program: Program, seconds: int) -> tuple[str, OpenCall] | NotSure:
    """The source with a time-out in the one call that has none."""
    unit = program.placed(path, text, symbol, "the call must stand")
    if isinstance(unit, NotSure):
        return unit
    source = unit.source
    site = only_open_call(unit, program)
    if isinstance(site, NotSure):
        return site
    value = _value(site, seconds, program)
    if isinstance(value, NotSure):
        return value
    splice = _splice(source, site.call, value)
    return splice if isinstance(splice, NotSure) else (source.spliced([splice]), site)


def _value(site: OpenCall, seconds: int, program: Program) -> str | NotSure:
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
    return fitting(title, f"Give a call a time-out of {seconds} s")


def _test(site: OpenCall, seconds: int, program: Program) -> NewTest | NotSure:
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
