"""A prompt that statements build one after the other: `text = …`, `text += …`, or `parts.append(…)` and a join.

The statements stay; their values change places, whole lines each.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import libcst as cst
import libcst.matchers as m

from metabot.generate.recipe import NotSure
from metabot.generate.recipes.prompt_literal import Line, code_of, lines_of
from metabot.generate.recipes.prompt_order import Item, move
from metabot.generate.recipes.prompt_shapes import Reader
from metabot.place.parsing import parse_expression
from metabot.place.texts import evaluated

_ADDS = m.Expr(m.Call(func=m.Attribute(value=m.Name(), attr=m.Name("append")), args=[m.Arg(keyword=None)]))


@dataclass(frozen=True, slots=True)
class Built:
    """The values of one run of statements, and the function's variable that they make up."""

    function: cst.FunctionDef
    owner: str | None
    name: str
    values: tuple[cst.BaseExpression, ...]
    separator: str  # what a join puts between them; nothing for `+=`


@dataclass(frozen=True, slots=True)
class Swapped:
    built: Built
    values: tuple[cst.BaseExpression, ...]  # in their new order
    moved: tuple[str, ...]
    in_front: float


def runs(module: cst.Module) -> Iterator[Built]:
    """Every run of at least two such statements, directly in the body of a function or a method."""
    for node in module.body:
        inside = node.body.body if isinstance(node, cst.ClassDef) else [node]
        owner = node.name.value if isinstance(node, cst.ClassDef) else None
        for one in inside:
            if isinstance(one, cst.FunctionDef):
                yield from _in_function(one, owner)


def _in_function(function: cst.FunctionDef, owner: str | None) -> Iterator[Built]:
    found: list[tuple[str, bool, cst.BaseExpression]] = []
    for statement in (*function.body.body, None):
        added = _added(statement)
        if added is not None and found and added[0] == found[0][0] and not added[1] and not _commented(statement):
            found.append(added)
            continue
        if len(found) > 1:
            separator = _separator(function, found[0][0])
            if separator is not None:
                yield Built(function, owner, found[0][0], tuple(value for _, _, value in found), separator)
        found = [added] if added is not None else []


def _added(statement: cst.CSTNode | None) -> tuple[str, bool, cst.BaseExpression] | None:
    """The variable, whether the statement begins it, and what it adds."""
    small = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) and len(statement.body) == 1 else None
    match small:
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))], value=value):
            return (name, True, value) if _is_text(value) else None
        case cst.AugAssign(target=cst.Name(value=name), operator=cst.AddAssign(), value=value):
            return name, False, value
        case cst.Expr(value=cst.Call(func=cst.Attribute(value=cst.Name(value=name)), args=[cst.Arg(value=value)])) if (
            m.matches(small, _ADDS)
        ):
            return name, False, value
    return None


def _is_text(value: cst.BaseExpression) -> bool:
    return isinstance(value, cst.SimpleString | cst.FormattedString | cst.Name)


def _commented(statement: cst.CSTNode | None) -> bool:
    return statement is not None and bool(m.findall(statement, m.Comment()))


def _separator(function: cst.FunctionDef, name: str) -> str | None:
    """The lines between the values: a join's, or none where the variable is a text; None: neither is clear."""
    appended = m.findall(function, m.Call(func=m.Attribute(value=m.Name(name), attr=m.Name("append"))))
    joins = [
        node.func.value.evaluated_value
        for node in m.findall(function, m.Call(func=m.Attribute(attr=m.Name("join")), args=[m.Arg(m.Name(name))]))
        if isinstance(node, cst.Call)
        and isinstance(node.func, cst.Attribute)
        and isinstance(node.func.value, cst.SimpleString)
    ]
    if not appended:
        return "" if not joins else None
    separator = joins[0] if len(joins) == 1 else None
    return separator if isinstance(separator, str) and separator and not separator.strip("\n") else None


def swapped(built: Built, reader: Reader) -> Swapped | NotSure:
    """The values with the changing ones behind the fixed ones; the same lines as before."""
    read = [_lines(value, reader) for value in built.values]
    whole = built.separator or all(not lines[-1].code or (lines[-1].text == "") for lines in read)
    if not whole:
        return NotSure("the texts that are added do not end with their lines")
    items = [reader.item(code_of(value), lines) for value, lines in zip(built.values, read, strict=True)]
    found = move(items)
    if isinstance(found, NotSure):
        return found
    order = found.order(len(items))
    values = tuple(built.values[index] for index in order)
    if sorted(_text(built.values, built.separator, reader)) != sorted(_text(values, built.separator, reader)):
        return NotSure("the text would not keep every line as it is")
    moved = tuple(one for lines in read[found.lead : found.lead_end] for line in lines for one in line.expressions)
    return Swapped(built, values, moved, _in_front(items, found.lead, found.fixed, found.fixed_end))


def _lines(value: cst.BaseExpression, reader: Reader) -> Sequence[Line]:
    if isinstance(value, cst.SimpleString | cst.FormattedString):
        return lines_of(value, reader.text_of).lines
    text = reader.text_of(value)
    lines = [Line(code_of(value), text, () if text is not None else (f"{{{code_of(value)}}}",))]
    return [*lines, Line("", "", ())] if text is not None and text.endswith("\n") else lines


def _text(values: Sequence[cst.BaseExpression], separator: str, reader: Reader) -> list[str]:
    return separator.join(_shown(value, reader) for value in values).split("\n")


def _shown(value: cst.BaseExpression, reader: Reader) -> str:
    known = reader.text_of(value)
    written = evaluated(parse_expression(code_of(value)), hole=_hole) if known is None else known
    return f"\x00{code_of(value)}\x00" if written is None else written


def _hole(node: ast.expr) -> str:
    return f"\x00{ast.unparse(node)}\x00"


def _in_front(items: Sequence[Item], lead: int, fixed: int, fixed_end: int) -> float:
    total = sum(len(item.text or "") for item in items)
    return sum(len(item.text or "") for item in [*items[:lead], *items[fixed:fixed_end]]) / total


def by_statements(module: cst.Module, reader: Reader) -> tuple[str, Swapped, bool] | NotSure:
    """The source with the values swapped in the one run that holds the prompt; whether the function returns it."""
    holding = [one for one in runs(module) if any(reader.weigh(_plain(value, reader)) for value in one.values)]
    if len(holding) != 1:
        return NotSure(f"{len(holding)} functions build the text by statements one after the other")
    made = swapped(holding[0], reader)
    if isinstance(made, NotSure):
        return made
    after = module.visit(_Swap(dict(zip(holding[0].values, made.values, strict=True))))
    return cst.ensure_type(after, cst.Module).code, made, _is_returned(holding[0])


def _plain(value: cst.BaseExpression, reader: Reader) -> str:
    return "\n".join(line.text or "" for line in _lines(value, reader))


def _is_returned(built: Built) -> bool:
    name = m.Name(built.name)
    joined = m.Call(func=m.Attribute(attr=m.Name("join")), args=[m.Arg(name)])
    stripped = m.Call(func=m.Attribute(value=name | joined, attr=m.Name("strip")))
    return bool(m.findall(built.function, m.Return(value=name | joined | stripped)))


class _Swap(cst.CSTTransformer):
    def __init__(self, new: Mapping[cst.CSTNode, cst.BaseExpression]) -> None:
        super().__init__()
        self.new = new

    def on_leave(
        self, original_node: cst.CSTNodeT, updated_node: cst.CSTNodeT
    ) -> cst.CSTNodeT | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNodeT]:
        return self.new.get(original_node, updated_node)  # type: ignore[return-value]  # an expression for one
