"""The imports of a module: what each name stands for, and adding one where a formatter would put it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import libcst as cst
from libcst.helpers import get_full_name_for_node

_Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement


@dataclass(frozen=True, slots=True)
class Wanted:
    """`import time` (no name) or `from collections.abc import Callable`."""

    module: str
    name: str | None = None

    def statement(self) -> cst.SimpleStatementLine:
        text = f"import {self.module}" if self.name is None else f"from {self.module} import {self.name}"
        parsed = cst.parse_statement(text)
        assert isinstance(parsed, cst.SimpleStatementLine)
        return parsed


def imported(module: cst.Module) -> dict[str, str]:
    """Names bound by top-level imports and the dotted names that they stand for; relative and star imports left out."""
    names: dict[str, str] = {}
    for statement in module.body:
        for small in _small(statement):
            names |= dict(_bindings(small))
    return names


def _bindings(small: cst.BaseSmallStatement) -> Iterator[tuple[str, str]]:
    if isinstance(small, cst.Import):
        for alias in small.names:
            full = get_full_name_for_node(alias.name) or ""
            yield (alias.evaluated_alias, full) if alias.evaluated_alias else (full.split(".")[0], full.split(".")[0])
    elif isinstance(small, cst.ImportFrom) and not small.relative and not isinstance(small.names, cst.ImportStar):
        source = _module_of(small)
        for alias in small.names:
            yield alias.evaluated_alias or alias.evaluated_name, f"{source}.{alias.evaluated_name}"


def resolved(node: cst.BaseExpression, names: dict[str, str]) -> str | None:
    """`r.get` where the module says `import requests as r` is requests.get; None for what no import explains."""
    full = get_full_name_for_node(node)
    if full is None or not isinstance(node, cst.Name | cst.Attribute):
        return None
    first, dot, rest = full.partition(".")
    return names[first] + dot + rest if first in names else None


def bound(module: cst.Module) -> set[str]:
    """Every name that the module's top level binds, by import, definition or assignment."""
    names = set(imported(module))
    for statement in module.body:
        if isinstance(statement, cst.FunctionDef | cst.ClassDef):
            names.add(statement.name.value)
        for small in _small(statement):
            targets = [one.target for one in small.targets] if isinstance(small, cst.Assign) else []
            targets += [small.target] if isinstance(small, cst.AnnAssign) else []
            names |= {target.value for target in targets if isinstance(target, cst.Name)}
    return names


def with_import(module: cst.Module, wanted: Wanted) -> cst.Module:
    """The module with the import, once; among its own kind and in order, everything else as it was."""
    dotted = wanted.module if wanted.name is None else f"{wanted.module}.{wanted.name}"
    if imported(module).get(wanted.name or wanted.module) == dotted:
        return module
    body = list(module.body)
    if wanted.name is not None and (index := _from_same(body, wanted.module)) is not None:
        body[index] = _with_name(body[index], wanted.name)
        return module.with_changes(body=body)
    return module.with_changes(body=_inserted(body, wanted))


def _from_same(body: Sequence[_Statement], source: str) -> int | None:
    for index, statement in enumerate(body):
        for small in _small(statement):
            if isinstance(small, cst.ImportFrom) and not small.relative and _module_of(small) == source:
                return index if isinstance(small.names, Sequence) else None
    return None


def _with_name(statement: _Statement, name: str) -> _Statement:
    assert isinstance(statement, cst.SimpleStatementLine)
    small = statement.body[0]
    assert isinstance(small, cst.ImportFrom)
    assert isinstance(small.names, Sequence)
    names = list(small.names)
    place = next((at for at, alias in enumerate(names) if alias.evaluated_name > name), len(names))
    comma = names[0].comma if len(names) > 1 else cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    last = names[-1].comma
    names.insert(place, cst.ImportAlias(name=cst.Name(name)))
    spaced = [alias.with_changes(comma=comma) for alias in names[:-1]]
    return statement.with_changes(
        body=[small.with_changes(names=[*spaced, names[-1].with_changes(comma=last)]), *statement.body[1:]]
    )


def _inserted(body: list[_Statement], wanted: Wanted) -> list[_Statement]:
    """In the first group of standard-library imports, by kind and name; else in a group of its own before the rest."""
    imports = [index for index, statement in enumerate(body) if _key(statement) is not None]
    own = [index for index in imports if _is_standard(body[index])]
    new = wanted.statement()
    if not own:
        at = next((index for index in imports if not _is_future(body[index])), _after_preamble(body))
        return _before_group(body, at, new)
    group = [index for index in own if index - own[0] == own.index(index)]  # without a gap
    key = (wanted.name is not None, wanted.module)
    for index in group:
        if (_key(body[index]) or key) > key:
            displaced = body[index]
            new = new.with_changes(leading_lines=displaced.leading_lines if index == group[0] else ())
            kept = displaced.with_changes(leading_lines=()) if index == group[0] else displaced
            return [*body[:index], new, kept, *body[index + 1 :]]
    return [*body[: group[-1] + 1], new, *body[group[-1] + 1 :]]


def _before_group(body: list[_Statement], at: int, new: cst.SimpleStatementLine) -> list[_Statement]:
    blank = cst.EmptyLine(indent=False)
    if at == len(body):
        return [*body, new]
    first = body[at]
    new = new.with_changes(leading_lines=first.leading_lines)
    return [*body[:at], new, first.with_changes(leading_lines=(blank,)), *body[at + 1 :]]


def _after_preamble(body: Sequence[_Statement]) -> int:
    """Behind the module's docstring and its future imports."""
    docstring = bool(body) and any(isinstance(small, cst.Expr) for small in _small(body[0]))
    return next((at for at in range(int(docstring), len(body)) if not _is_future(body[at])), len(body))


_FUTURE: Final = "__future__"


def _key(statement: _Statement) -> tuple[bool, str] | None:
    """Plain imports come before from-imports, each by name."""
    for small in _small(statement):
        if isinstance(small, cst.Import):
            return False, get_full_name_for_node(small.names[0].name) or ""
        if isinstance(small, cst.ImportFrom):
            return True, "." if small.relative else _module_of(small)
    return None


def _is_future(statement: _Statement) -> bool:
    return _key(statement) == (True, _FUTURE)


def _is_standard(statement: _Statement) -> bool:
    key = _key(statement)
    return key is not None and not _is_future(statement) and key[1].split(".")[0] in sys.stdlib_module_names


def _module_of(small: cst.ImportFrom) -> str:
    return (get_full_name_for_node(small.module) or "") if small.module is not None else ""


def _small(statement: _Statement) -> Sequence[cst.BaseSmallStatement]:
    return statement.body if isinstance(statement, cst.SimpleStatementLine) else ()
