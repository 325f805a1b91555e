"""How a function answers the model: with a text, or with a dictionary that becomes one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

import libcst as cst
import libcst.matchers as m

from metabot.generate.module import module_of
from metabot.generate.recipe import Base
from metabot.generate.recipes.own_sources import own_sources
from metabot.generate.recipes.tool_message import last_name, mentioned, tool_results

Kind = Literal["text", "dictionary"]
_TEXT: Final = m.FormattedString() | m.SimpleString() | m.ConcatenatedString() | m.Call(
    func=m.Name("str") | m.Attribute(attr=m.Name("dumps") | m.Name("join") | m.Name("format"))
)  # fmt: skip


def answer_of(function: cst.FunctionDef, base: Base) -> Kind | None:
    """What the function returns, by its annotation, its return statements, or the message that is made of it."""
    annotated = _code(function.returns.annotation) if function.returns is not None else ""
    if annotated == "str":
        return "text"
    if annotated.split("[")[0] in ("dict", "Dict", "Mapping"):
        return "dictionary"
    values = [_resolved(node.value, function) for node in returns(function.body)]
    if values and all(value is not None and m.matches(value, _TEXT) for value in values):
        return "text"
    if values and all(isinstance(value, cst.Dict) for value in values):
        return "dictionary"
    return "text" if values and None not in values and _becomes_message(function.name.value, base) else None


def returns(node: cst.CSTNode) -> Iterator[cst.Return]:
    """Of the function itself, not of those within it."""
    for child in node.children:
        if isinstance(child, cst.Return):
            yield child
        elif not isinstance(child, cst.FunctionDef | cst.ClassDef | cst.Lambda):
            yield from returns(child)


def _resolved(value: cst.BaseExpression | None, function: cst.FunctionDef) -> cst.BaseExpression | None:
    """A variable's value, where it is assigned once."""
    if not isinstance(value, cst.Name):
        return value
    given = [one for name, one in _assigned(function) if name == value.value]
    return given[0] if len(given) == 1 else value


def _assigned(function: cst.FunctionDef) -> Iterator[tuple[str, cst.BaseExpression]]:
    for node in m.findall(function.body, m.Assign(targets=[m.AssignTarget(m.Name())])):
        if isinstance(node, cst.Assign):
            yield _code(node.targets[0].target), node.value


def _becomes_message(name: str, base: Base) -> bool:
    """Whether a message to the model holds what a call of the function gave, as it is."""
    modules = [module_of(text) for _, text in own_sources(base) if mentioned(text) and name in text]
    for result in (one for module in modules if isinstance(module, cst.Module) for one in tool_results(module)):
        content = result.content
        if isinstance(content, cst.Name) and result.function is not None:
            content = _resolved(content, result.function) or content
        content = content.expression if isinstance(content, cst.Await) else content
        if isinstance(content, cst.Call) and last_name(content.func) == name:
            return True
    return False


def _code(node: cst.CSTNode) -> str:
    return cst.Module([]).code_for_node(node)
