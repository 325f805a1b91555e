"""How a generated test calls a tool's function with arguments of its own: stand-ins for the parameters.

What the function reads is followed to its parameters, through its own variables and through `json.loads`:
`call.function.arguments`, `call["args"]`, `arguments`. What it reads beside that is a mock or the text "sample".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import libcst as cst
import libcst.matchers as m

Path = tuple[str, ...]
"""A parameter, then attributes as `.name` and keys as they are."""


@dataclass(frozen=True, slots=True)
class StandIn:
    """An expression for the parameter, and what is set on it afterwards."""

    name: str
    expression: str
    settings: tuple[tuple[str, str], ...] = ()  # `.function.arguments`, `'{}'`

    @property
    def mocked(self) -> bool:
        return self.expression == _MOCK


_MOCK: Final = "MagicMock()"


def path_of(expression: cst.BaseExpression, function: cst.FunctionDef) -> Path | None:
    """Where in the parameters the expression's value comes from."""
    behind: Path = ()
    for _ in range(8):  # variables assigned from each other
        steps, root = _chain(expression)
        behind = (*steps, *behind)
        if root in _parameters(function):
            return (root, *behind)
        given = [value for name, value in _assigned(function) if name == root]
        if len(given) != 1:
            return None
        expression = _undecoded(given[0])
        if expression is not given[0] and behind:
            return None  # a part of what was decoded
    return None


def stand_ins(function: cst.FunctionDef, wanted: Mapping[Path, str]) -> list[StandIn] | None:
    """One for each parameter that has no default or a wanted value; None where a value cannot be put."""
    needed = [name for name in _parameters(function) if name in {path[0] for path in wanted} | _required(function)]
    made = [
        _stand_in(one, function, {path: value for path, value in wanted.items() if path[0] == one}) for one in needed
    ]
    return None if None in made else [one for one in made if one is not None]


def _stand_in(name: str, function: cst.FunctionDef, wanted: Mapping[Path, str]) -> StandIn | None:
    if (name,) in wanted:
        return StandIn(name, wanted[(name,)]) if len(wanted) == 1 else None
    if all(step.startswith(".") for path in wanted for step in path[1:]):
        return StandIn(name, _MOCK, tuple(("".join(path[1:]), value) for path, value in wanted.items()))
    beside = [path for path in _read(name, function) if not any(path[: len(one)] == one for one in wanted)]
    keyed = dict.fromkeys(beside, '"sample"') | dict(wanted)
    if any(step.startswith(".") for path in keyed for step in path[1:]):
        return None
    return StandIn(name, _nested({path[1:]: value for path, value in keyed.items()}))


def _nested(values: Mapping[Path, str]) -> str:
    """A dictionary with these values at these paths."""
    below: dict[str, dict[Path, str]] = {}
    for path, value in values.items():
        below.setdefault(path[0], {})[path[1:]] = value
    parts = []
    for key, inner in below.items():
        deeper = {path: value for path, value in inner.items() if path}
        parts.append(f"{json.dumps(key)}: {_nested(deeper) if deeper else inner[()]}")
    return "{" + ", ".join(parts) + "}"


def _read(name: str, function: cst.FunctionDef) -> Iterator[Path]:
    for node in m.findall(function.body, m.Subscript()):
        path = path_of(node, function) if isinstance(node, cst.Subscript) else None
        if path is not None and path[0] == name and len(path) > 1:
            yield path


def _chain(node: cst.BaseExpression) -> tuple[Path, str]:
    """The steps from the root, and the root's name; empty where there is none."""
    steps: list[str] = []
    while True:
        match node:
            case cst.Attribute(value=value, attr=attr):
                steps.insert(0, f".{attr.value}")
                node = value
            case cst.Subscript(
                value=value, slice=[cst.SubscriptElement(slice=cst.Index(value=cst.SimpleString() as key))]
            ):
                steps.insert(0, str(key.evaluated_value))
                node = value
            case cst.Name(value=name):
                return tuple(steps), name
            case _:
                return (), ""


def _undecoded(value: cst.BaseExpression) -> cst.BaseExpression:
    """`json.loads(text or "{}")` comes from text."""
    if isinstance(value, cst.Call) and len(value.args) == 1 and m.matches(
        value.func, m.Name("loads") | m.Attribute(attr=m.Name("loads"))
    ):  # fmt: skip
        value = value.args[0].value
    return value.left if isinstance(value, cst.BooleanOperation) else value


def _parameters(function: cst.FunctionDef) -> list[str]:
    return [one.name.value for one in (*function.params.params, *function.params.kwonly_params)]


def _required(function: cst.FunctionDef) -> set[str]:
    listed = (*function.params.params, *function.params.kwonly_params)
    return {one.name.value for one in listed if one.default is None}


def _assigned(function: cst.FunctionDef) -> Iterator[tuple[str, cst.BaseExpression]]:
    for node in m.findall(function.body, m.Assign(targets=[m.AssignTarget(m.Name())]) | m.AnnAssign(target=m.Name())):
        target = node.targets[0].target if isinstance(node, cst.Assign) else getattr(node, "target", None)
        value = getattr(node, "value", None)
        if isinstance(target, cst.Name) and isinstance(value, cst.BaseExpression):
            yield target.value, value
