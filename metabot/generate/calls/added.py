"""Adding a private function to a module, with the imports that it needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from metabot.generate.calls.source import Source, Splice, broken
from metabot.generate.calls.units import Unit
from metabot.generate.imports import Wanted, bound, imported, with_import
from metabot.generate.module import module_of
from metabot.generate.recipe import NotSure


@dataclass(frozen=True, slots=True)
class Added:
    """The function's name, its text with four spaces and line feeds, and what that text and its callers import."""

    name: str
    text: str
    wanted: tuple[Wanted, ...]


def with_function(source: Source, splices: Sequence[Splice], unit: Unit, added: Added) -> str | NotSure:
    """The source with these edits and the function, in front of what of the module's top level uses it.

    A function of that very text that is there already is used as it is.
    """
    module = module_of(source.text)
    if isinstance(module, NotSure):
        return module
    there = added.text.strip() in source.text.replace(source.newline, "\n").replace(source.step, "    ")
    taken = _taken(module, added.wanted, [] if there else [added.name])
    if taken:
        return NotSure(f"the module gives {' and '.join(taken)} another meaning")
    top = unit.owner or (unit.inside[0] if unit.inside else unit.function)
    if top is None or (top not in source.tree.body):
        return NotSure(f"{unit.name} stands in no function or class of the module's top level")
    decorators = getattr(top, "decorator_list", [])
    at = source.start(decorators[0]) - 1 if decorators else source.start(top)
    at = _before_comments(source, at)
    text = broken(source, added.text, indent="") + source.newline * 3
    placed = [] if there else [Splice(at, at, text)]
    return with_imports(source.spliced([*splices, *placed]), added.wanted)


def with_imports(text: str, wanted: Sequence[Wanted]) -> str | NotSure:
    module = module_of(text)
    if isinstance(module, NotSure):
        return module
    for one in wanted:
        if imported(module).get(one.name or one.module) not in _fitting(one):
            module = with_import(module, one)
    return module.code


def taken(text: str, wanted: Sequence[Wanted], names: Sequence[str]) -> list[str]:
    """Names that a change needs and that the module uses for something else."""
    module = module_of(text)
    return [] if isinstance(module, NotSure) else _taken(module, wanted, names)


def _taken(module: cst.Module, wanted: Sequence[Wanted], names: Sequence[str]) -> list[str]:
    known, used = imported(module), bound(module)
    other = [
        one.name or one.module
        for one in wanted
        if (one.name or one.module) in used and known.get(one.name or one.module) not in _fitting(one)
    ]
    return [*other, *(name for name in names if name in used)]


def _fitting(one: Wanted) -> tuple[str, ...]:
    if one.name is None:
        return (one.module,)
    return (f"{one.module}.{one.name}", f"typing.{one.name}" if one.module == "collections.abc" else "")


def _before_comments(source: Source, at: int) -> int:
    """Comments directly above a function belong to it."""
    start = source.text.rfind("\n", 0, at) + 1
    while start:
        above = source.text.rfind("\n", 0, start - 1) + 1
        if not source.text[above:start].startswith("#") or above == 0:
            return start
        start = above
    return start
