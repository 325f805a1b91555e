"""How a function answers the model: with a text, or with a dictionary that becomes one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

import libcst as cst
import libcst.matchers as m

from metabot.generate.module import module_of
from metabot.generate.recipe import Base
from metabot.generate.recipes.own_sources import own_sources
from metabot.generate.recipes.tool_message import Result, last_name, tool_results

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
    return _by_messages(function.name.value, base) if values and None not in values else None


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


def _by_messages(name: str, base: Base) -> Kind | None:
    """What the messages to the model make of it: its text as it is, or JSON of whatever it is.

    Of a function in a table of tools, what they make of all results.
    """
    modules = [module for _, text in own_sources(base) if isinstance(module := module_of(text), cst.Module)]
    shown = [_shown(result) for module in modules for result in tool_results(module)]
    own = {kind for kind, value in shown if isinstance(value, cst.Call) and last_name(value.func) == name}
    in_a_table = m.DictElement(value=m.Name(name) | m.Attribute(attr=m.Name(name)))
    if not own and any(m.findall(module, in_a_table) for module in modules):
        own = {kind for kind, _ in shown}
    return own.pop() if len(own) == 1 else None


def _shown(result: Result) -> tuple[Kind, cst.BaseExpression]:
    """The call that gives the content, through variables and `json.dumps`."""
    kind: Kind = "text"
    content = result.content
    for _ in range(4):  # variables and wrappers around each other
        if isinstance(content, cst.Name) and result.function is not None:
            content = _resolved(content, result.function) or content
        if isinstance(content, cst.Await):
            content = content.expression
        if isinstance(content, cst.Call) and last_name(content.func) in ("dumps", "str") and content.args:
            kind, content = "dictionary", content.args[0].value
    return kind, content


def _code(node: cst.CSTNode) -> str:
    return cst.Module([]).code_for_node(node)
