"""How a test calls a function or a method: with sample arguments, made from annotations, defaults and names.

Unlike `sample_call` it builds the object of a method, and gives a stand-in where a type is unknown: for tests that look
at what is sent, not at what comes back.
"""

from __future__ import annotations

import ast
import json
from dataclasses import dataclass
from typing import Final

from metabot.generate.probe.asked import Def, Place
from metabot.generate.recipe import NotSure
from metabot.generate.sample_call import sample_values

_STRUCTURED: Final = ("dataclass", "dataclasses.dataclass", "define", "attrs.define", "attr.s", "frozen")
_RECORDS: Final = ("BaseModel", "pydantic.BaseModel", "NamedTuple", "typing.NamedTuple", "BaseSettings")
_PLAIN_BASES: Final = ("object", "ABC", "abc.ABC", "Protocol", *_RECORDS)
_TURNS: Final = ("messages", "history", "turns", "conversation")
_ONE_TURN: Final = '[{"role": "user", "content": "first question"}]'
_STAND_IN: Final = "unittest.mock.MagicMock()"


@dataclass(frozen=True, slots=True)
class Sample:
    """One argument with two different values, as Python source; equal ones where only one is known."""

    name: str
    one: str
    other: str


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    annotation: ast.expr | None
    default: ast.expr | None  # None: it must be given


def parameters(function: Def, *, bound: bool) -> tuple[Parameter, ...]:
    """Those that can be given by name; the object of a method left out."""
    listed = function.args
    plain = [*listed.posonlyargs, *listed.args]
    defaults: list[ast.expr | None] = [None] * (len(plain) - len(listed.defaults))
    defaults += listed.defaults
    named = [Parameter(one.arg, one.annotation, default) for one, default in zip(plain, defaults, strict=True)]
    only = zip(listed.kwonlyargs, listed.kw_defaults, strict=True)
    return (*named[int(bound) :], *(Parameter(one.arg, one.annotation, default) for one, default in only))


def is_bound(place: Place) -> bool:
    """Whether a method is called on an object of its class."""
    decorators = [] if place.function is None else [ast.unparse(one) for one in place.function.decorator_list]
    return place.owner is not None and not {"staticmethod", "classmethod"} & set(decorators)


def constructor(owner: ast.ClassDef) -> tuple[Parameter, ...] | NotSure:
    """What an object of the class is made with: the parameters of `__init__`, or the fields of a record."""
    init = next((one for one in owner.body if isinstance(one, Def) and one.name == "__init__"), None)
    if init is not None:
        return parameters(init, bound=True)
    bases = [ast.unparse(one) for one in owner.bases]
    decorators = [ast.unparse(one).split("(")[0] for one in owner.decorator_list]
    if any(base not in _PLAIN_BASES for base in bases):
        return NotSure(f"a test cannot make an object of {owner.name}, which comes from {bases[0]}")
    if not any(base in _RECORDS for base in bases) and not any(one in _STRUCTURED for one in decorators):
        return ()
    fields = [one for one in owner.body if isinstance(one, ast.AnnAssign)]
    return tuple(Parameter(ast.unparse(one.target), one.annotation, one.value) for one in fields)


def samples(listed: tuple[Parameter, ...], tree: ast.Module, module: str) -> tuple[Sample, ...]:
    """Every parameter that must be given, and those with a default of which two different values are known."""
    found = []
    for one in listed:
        known = _known(one)
        if known is not None and (one.default is None or known[0] != known[1]):
            found.append(Sample(one.name, *known))
        elif one.default is None:
            value = _unknown(one, tree, module)
            found.append(Sample(one.name, value, value))
    return tuple(found)


def _known(one: Parameter) -> tuple[str, str] | None:
    if one.annotation is not None:
        return sample_values(one.annotation, one.name)
    if one.default is None and one.name in _TURNS:
        return _ONE_TURN, _ONE_TURN
    if one.default is None:
        return json.dumps(f"first {one.name}"), json.dumps(f"second {one.name}")
    return None


def _unknown(one: Parameter, tree: ast.Module, module: str) -> str:
    """An object of a record of the same module, or a stand-in for whatever it is."""
    if one.name in _TURNS:
        return _ONE_TURN
    name = ast.unparse(one.annotation) if one.annotation is not None else ""
    owner = next((node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name), None)
    fields = constructor(owner) if owner is not None else NotSure("")
    if owner is None or isinstance(fields, NotSure) or not fields:
        return _STAND_IN
    given = ", ".join(f"{sample.name}={sample.one}" for sample in samples(fields, tree, module))
    return f"{module}.{name}({given})"
