"""What a generated test needs to see a request: imports, what it replaces, and the call."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Final

from metabot.generate.layout import import_name
from metabot.generate.probe.asked import Asked, Place
from metabot.generate.probe.calling import Sample, constructor, is_bound, parameters, samples
from metabot.generate.probe.stand_in import StandIn, stand_ins
from metabot.generate.recipe import Base, NotSure

STAND_IN: Final = "stand_in"  # the stand-in's name in the test


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """`call` uses `given["name"]` for what can be varied; `values` holds two values of each, as source."""

    package: str
    module: str
    path: str  # of the script; empty where the module is imported
    replaced: tuple[str, ...]  # what monkeypatch.setattr is given before the stand-in
    call: str
    values: tuple[Sample, ...]
    word: str  # the field by which the request is known: messages or input
    returns: bool  # the function returns the request

    @property
    def needs_datetime(self) -> bool:
        return any("datetime." in one.one for one in self.values)

    @property
    def needs_mock(self) -> bool:
        return any("unittest.mock." in one.one for one in self.values)


def probe(asked: Asked, tree: ast.Module, path: str, base: Base) -> Probe | NotSure:
    """How a test sees this request; `NotSure` where it cannot be called or its way out is unclear."""
    module = import_name(path, base.files)
    replaced = stand_ins(asked, tree)
    for part in (module, replaced):
        if isinstance(part, NotSure):
            return part
    assert isinstance(module, str)
    assert isinstance(replaced, tuple)
    package, _, name = module.rpartition(".")
    called = _called(asked.place, tree, name, replaced)
    if isinstance(called, NotSure):
        return called
    call, values = called
    script = asked.place.function is None
    return Probe(
        package=package,
        module="" if script else name,
        path=path if script else "",
        replaced=tuple(_target(one, name) for one in replaced if one.kind != "parameter"),
        call=call,
        values=values,
        word="messages" if "messages" in asked.fields else "input",
        returns=asked.leaves is None,
    )


def call_of(place: Place, tree: ast.Module, path: str, base: Base) -> Probe | NotSure:
    """How a test calls a function for what it returns."""
    module = import_name(path, base.files)
    if isinstance(module, NotSure):
        return module
    package, _, name = module.rpartition(".")
    called = _called(place, tree, name, ())
    if isinstance(called, NotSure):
        return called
    call, values = called
    return Probe(
        package=package, module=name, path="", replaced=(), call=call, values=values, word="messages", returns=True
    )


def _target(one: StandIn, module: str) -> str:
    if one.kind == "library":
        return repr(one.name)
    holder = module if one.owner is None else f"{module}.{one.owner}"
    return f'{holder}, "{one.name}"'


def _called(
    place: Place, tree: ast.Module, module: str, replaced: tuple[StandIn, ...]
) -> tuple[str, tuple[Sample, ...]] | NotSure:
    function, owner = place.function, place.owner
    if function is None:
        return 'runpy.run_path(str(SCRIPT), run_name="__main__")', ()
    given = {one.name for one in replaced if one.kind == "parameter" and one.owner is None}
    call, values = _with_arguments(place, tree, module, given)
    if owner is not None and is_bound(place):
        fields = constructor(owner)
        if isinstance(fields, NotSure):
            return fields
        given = {one.name for one in replaced if one.kind == "parameter" and one.owner == owner.name}
        made = [one for one in samples(fields, tree, module) if one.name not in given]
        values = (*(Sample(f"{owner.name}.{one.name}", one.one, one.other) for one in made), *values)
        arguments = [f"{name}={STAND_IN}" for name in sorted(given)]
        arguments += [f'{one.name}=given["{owner.name}.{one.name}"]' for one in made]
        call = f"{module}.{owner.name}({', '.join(arguments)}).{call}"
    else:
        call = f"{module}.{owner.name}.{call}" if owner is not None else f"{module}.{call}"
    return _run(function, call), values


def _with_arguments(place: Place, tree: ast.Module, module: str, given: set[str]) -> tuple[str, tuple[Sample, ...]]:
    assert place.function is not None
    bound = place.owner is not None and "staticmethod" not in map(ast.unparse, place.function.decorator_list)
    listed = parameters(place.function, bound=bound)
    values = tuple(one for one in samples(listed, tree, module) if one.name not in given)
    arguments = [f"{name}={STAND_IN}" for name in sorted(given)] + [f'{one.name}=given["{one.name}"]' for one in values]
    return f"{place.function.name}({', '.join(arguments)})", values


def _run(function: ast.AST, call: str) -> str:
    yields = any(isinstance(node, ast.Yield | ast.YieldFrom) for node in ast.walk(function))
    if isinstance(function, ast.AsyncFunctionDef):
        return f"asyncio.run(anext({call}))" if yields else f"asyncio.run({call})"
    return f"list({call})" if yields else call
