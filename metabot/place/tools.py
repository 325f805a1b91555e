"""Placing by a tool's name: the function that runs when the model calls it, and the definition that the model is shown.

A definition is known by its shape, in Python or in a JSON or YAML file. The function is the decorated one,
the one that a registry gives to the name, or the only one of that very name. Where nothing here defines such a tool, a
function of that name is no tool's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from metabot.place.choice import chosen, named
from metabot.place.placement import Location
from metabot.place.several import Several
from metabot.place.sources import Source, Sources
from metabot.place.structured import definitions
from metabot.place.syntax import FunctionNode, Spot, is_overload, lines_of, spots
from metabot.place.tool_shapes import SCHEMA, definition, registered

_DEFINED: Final = 0.9  # the shape and the name; a second list of tools may stand where it is not seen
_REGISTERED: Final = 0.85  # a registry names the function, which is looked up by its name
_NAMED: Final = 0.8  # one function has the defined tool's name; what calls it is not looked at

_FILES: Final = (".json", ".yaml", ".yml")
Seen = list[tuple[Source, Spot]]  # every node of the files that hold the tool's name
Found = tuple[Location, ...] | Several


def by_tool(tool: str, sources: Sources) -> Found:
    """The tool's function first, its definition behind it; empty where nothing here defines such a tool."""
    seen = _seen(tool, sources)
    defined = _defined(tool, seen, sources)
    if isinstance(defined, Several):
        return defined
    function = _function(tool, seen, sources, defined)
    if isinstance(function, Several):
        return function
    return (*function, *(one for one in defined if one not in function))


def by_definitions(tools: tuple[str, ...], sources: Sources) -> Found:
    """Where each of the tools is defined, surest first; `Several` where one of them is unclear."""
    found: list[Location] = []
    for tool in tools:
        defined = _defined(tool, _seen(tool, sources), sources)
        if isinstance(defined, Several):
            return defined
        found += defined
    return tuple(sorted(dict.fromkeys(found), key=lambda one: (-one.sure, one.path, one.first_line)))


def _seen(tool: str, sources: Sources) -> Seen:
    """The nodes around the name, where it is written as a text, is defined, or stands in a list of tools."""
    written = (f'"{tool}"', f"'{tool}'", f"def {tool}(", f"class {tool}(")
    listing = (one for one in sources.holding((".py",), tool) if "tools" in one.text or "TOOLS" in one.text)
    files = dict.fromkeys((*sources.holding((".py",), *written), *listing))
    return [(source, spot) for source in files for spot in spots(source.text, tool)]


def _defined(tool: str, seen: Seen, sources: Sources) -> Found:
    """The one definition; a part of another one is not another."""
    every = [*_in_python(tool, seen), *_in_files(tool, sources)]
    found = chosen(one for one in every if not any(_holds(other, one) for other in every))
    return found if isinstance(found, Several) else found[:1]


def _in_python(tool: str, seen: Seen) -> Iterator[Location]:
    for source, spot in seen:
        shape = definition(spot.node, tool)
        if shape is not None:
            yield source.location(spot.symbol, shape.lines, how=shape.how, sure=_DEFINED, why=shape.why)


def _in_files(tool: str, sources: Sources) -> Iterator[Location]:
    for source in sources.holding(_FILES, tool):
        for lines in definitions(source.path, source.text, tool, SCHEMA):
            yield source.location(None, lines, how="tool definition", sure=_DEFINED, why="a definition of the tool")


def _function(tool: str, seen: Seen, sources: Sources, defined: tuple[Location, ...]) -> Found:
    """The decorated function, else what a registry gives to the name, else the defined tool's namesake."""
    if defined and defined[0].how == "tool function":
        return defined
    targets = {target for _, spot in seen for target in registered(spot.node, tool)}
    if len(targets) == 1:
        found = _functions_named(targets.pop(), sources, _REGISTERED, "what is registered for the tool's name")
    else:
        found = _functions_named(tool, sources, _NAMED, "the function of the defined tool's name") if defined else []
    beside = [one for one in found if defined and one.path == defined[0].path]
    near = beside if len(beside) == 1 else found
    own = [one for one in near if one.sure == max(each.sure for each in near)]
    return Several(named(own)) if len(own) > 1 else tuple(own)


def _functions_named(name: str, sources: Sources, sure: float, why: str) -> list[Location]:
    return [
        source.location(spot.symbol, lines_of(spot.node), how="tool function", sure=sure, why=why)
        for source in sources.holding((".py",), f"def {name}(")
        for spot in spots(source.text, f"def {name}(")
        if isinstance(spot.node, FunctionNode) and spot.node.name == name and not is_overload(spot.node)
    ]


def _holds(one: Location, other: Location) -> bool:
    """The other one is a part of the one."""
    inside = one.first_line <= other.first_line and other.last_line <= one.last_line
    larger = one.last_line - one.first_line > other.last_line - other.first_line
    return one.path == other.path and inside and larger
