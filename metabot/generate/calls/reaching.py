"""How a generated test calls a function of any shape and puts something else in the place of what it calls."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Final

from metabot.generate.calls.bindings import assigned, values_of
from metabot.generate.calls.effects import root
from metabot.generate.calls.program import Program
from metabot.generate.calls.units import Unit, own_nodes
from metabot.generate.layout import import_name
from metabot.generate.recipe import NotSure
from metabot.generate.sample_call import sample_value

_RECEIVER: Final = "receiver"
_ANYTHING: Final = "mock.MagicMock()"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Python source for a test, ready to be written one line after the other."""

    imports: tuple[str, ...]
    module: str  # how the test names the module
    lines: tuple[str, ...]  # before the call: what stands in, with `stand_in` as the name of what is called
    call: str  # the call itself, run to its end also where the function is a coroutine


def reach(
    unit: Unit, callees: tuple[ast.expr, ...], program: Program, *, given: Mapping[str, str] | None = None
) -> Reach | NotSure:
    """`given` are parameters' values by name where the test needs special ones."""
    function = unit.function
    if function is None or unit.inside:
        return NotSure(f"a test cannot call {unit.name}")
    name = import_name(unit.source.path, program.base.files)
    if isinstance(name, NotSure):
        return name
    package, _, module = name.rpartition(".")
    mocked: dict[str, list[str]] = {}
    lines: list[str] = []
    for callee in callees:
        line = _stand_in(callee, unit, module, mocked)
        if isinstance(line, NotSure):
            return line
        lines += line
    before = [f"{one} = mock.MagicMock()" for one in mocked]
    inner = [f"{one}{path} = stand_in" for one, paths in mocked.items() for path in paths]
    arguments = _arguments(unit, mocked, given or {})
    if isinstance(arguments, NotSure):
        return arguments
    call = f"{module}.{unit.symbol}({arguments})"
    before += [f'monkeypatch.setenv("{one}", "http://service.invalid")' for one in _environment(unit, program)]
    imports = (f"from {package} import {module}" if package else f"import {module}",)
    return Reach(
        imports=imports,
        module=module,
        lines=(*before, *dict.fromkeys((*inner, *lines))),
        call=f"asyncio.run({call})" if unit.asynchronous else call,
    )


def _environment(unit: Unit, program: Program) -> list[str]:
    """The variables that the function, and those of its file that it calls, cannot do without."""
    names: dict[str, None] = {}
    for one in (unit, *program.own_callees(unit)):
        for node in own_nodes(one):
            match node:
                case ast.Subscript(value=ast.Attribute(attr="environ"), slice=ast.Constant(value=str(name))):
                    names[name] = None
    return list(names)


def _stand_in(callee: ast.expr, unit: Unit, module: str, mocked: dict[str, list[str]]) -> list[str] | NotSure:
    """The lines that put `stand_in` where the function looks the callee up; attributes of parameters go to `mocked`."""
    owner = root(callee)
    text = ast.unparse(callee)
    made = _maker(callee)
    if made is not None and owner is not None and root(made) not in _local(unit):
        return _of_maker(made, text.removeprefix(f"{ast.unparse(made)}()"), module)
    if owner is None or any(isinstance(node, ast.Call | ast.Subscript) for node in ast.walk(callee)):
        return NotSure(f"a test cannot stand in for {text}")
    path = text.removeprefix(owner)
    if owner in {one.arg for one in unit.parameters}:
        mocked.setdefault(_RECEIVER if owner == unit.receiver else owner, []).append(path)
        return []
    if owner in assigned(unit):
        return _of_local(owner, path, unit, module)
    holder, _, attr = text.rpartition(".")
    where = f"{module}.{holder}" if holder else module
    return [f'monkeypatch.setattr({where}, "{attr}", stand_in)']


def _of_local(owner: str, path: str, unit: Unit, module: str) -> list[str] | NotSure:
    """A client that the function makes: what makes it gives one whose method is the stand-in."""
    values = values_of(owner, unit)
    made = values[0] if len(values) == 1 else None
    maker = made.func if isinstance(made, ast.Call) else None
    if maker is None or root(maker) in _local(unit):
        return NotSure(f"a test cannot stand in for {owner}{path}")
    if any(isinstance(node, ast.Call | ast.Subscript) for node in ast.walk(maker)):
        return NotSure(f"a test cannot stand in for {owner}{path}")
    return _of_maker(maker, path, module)


def _of_maker(maker: ast.expr, path: str, module: str) -> list[str]:
    """What gives a client gives one whose method is the stand-in."""
    holder, _, attr = ast.unparse(maker).rpartition(".")
    where = f"{module}.{holder}" if holder else module
    return [
        "made = mock.MagicMock()",
        "made.__enter__.return_value = made",
        "made.__aenter__.return_value = made",
        f"made{path} = stand_in",
        f'monkeypatch.setattr({where}, "{attr}", lambda *_, **__: made)',
    ]


def _maker(callee: ast.expr) -> ast.expr | None:
    """`client` of `client().chat.completions.create`, where nothing is given to it."""
    while isinstance(callee, ast.Attribute):
        callee = callee.value
    match callee:
        case ast.Call(func=ast.Name() | ast.Attribute() as func, args=[], keywords=[]):
            return func
    return None


def _local(unit: Unit) -> Set[str]:
    return assigned(unit) | {one.arg for one in unit.parameters}


def _arguments(unit: Unit, mocked: Mapping[str, list[str]], given: Mapping[str, str]) -> str | NotSure:
    """Required parameters by name; the receiver first. What no sample is known of is a mock."""
    function = unit.function
    assert function is not None
    listed = function.args
    positional = [*listed.posonlyargs, *listed.args]
    required = positional[: len(positional) - len(listed.defaults)]
    required += [one for one, default in zip(listed.kwonlyargs, listed.kw_defaults, strict=True) if default is None]
    optional = [one for one in (*positional, *listed.kwonlyargs) if one.arg in mocked or one.arg in given]
    texts: list[str] = []
    for one in dict.fromkeys((*required, *optional)):
        if one.arg == unit.receiver:
            texts.append(_RECEIVER if _RECEIVER in mocked else _ANYTHING)
            continue
        value = one.arg if one.arg in mocked else given.get(one.arg) or _sample(one, unit)
        texts.append(value if one in listed.posonlyargs else f"{one.arg}={value}")
    return ", ".join(texts)


def _sample(parameter: ast.arg, unit: Unit) -> str:
    if parameter.annotation is not None:
        return sample_value(parameter.annotation, parameter.arg) or _ANYTHING
    return json.dumps(f"first {parameter.arg}") if _passes_for_text(parameter.arg, unit) else _ANYTHING


def _passes_for_text(name: str, unit: Unit) -> bool:
    """Nothing is asked of the parameter that a text could not give."""
    for node in own_nodes(unit):
        match node:
            case ast.Attribute(value=ast.Name(id=of), attr=attr) if of == name and not hasattr(str, attr):
                return False
            case ast.Subscript(value=ast.Name(id=of)) | ast.Call(func=ast.Name(id=of)) if of == name:
                return False
            case ast.Await(value=ast.Name(id=of)) | ast.withitem(context_expr=ast.Name(id=of)) if of == name:
                return False
    return True
