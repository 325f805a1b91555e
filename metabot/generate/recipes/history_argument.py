"""Where a history is sent to a model: the list of messages of a call, of which the module makes a longer one each time.

A place is the expression of the messages in one of

    client.chat.completions.create(model=…, messages=messages)     also parse, stream, completion, acompletion, chat
    client.responses.create(model=…, input=items)
    httpx.post(url, json={"model": …, "messages": messages})
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import libcst as cst
import libcst.matchers as m

from metabot.generate.recipes.enclosing import Enclosing
from metabot.generate.recipes.tool_message import cuts, entries_of, last_name

_SENDING: Final = ("create", "acreate", "parse", "stream", "completion", "acompletion", "chat")
_LONGER: Final = ("append", "extend", "insert")
_SHORTER: Final = ("pop", "popleft", "clear", "remove")


@dataclass(frozen=True, slots=True)
class Sent:
    """The expression of the messages and the functions around it, innermost last."""

    messages: cst.BaseExpression
    symbol: str | None
    functions: tuple[cst.FunctionDef, ...]


def sent_histories(module: cst.Module) -> list[Sent]:
    finder = _Finder()
    module.visit(finder)
    return finder.found


def doubt(module: cst.Module, sent: Sent) -> str | None:
    """Why the messages may be no history that grows, or one that something shortens already."""
    where = sent.symbol or "the module"
    if isinstance(sent.messages, cst.GeneratorExp | cst.ListComp):
        return f"{where} picks the messages that it sends"
    names = set(_named(sent.messages))
    assigned = [value for name, value in _assignments(module) if name in names]
    if cuts(sent.messages) or any(cuts(value) or _bounded_queue(value) for value in assigned):
        return f"{where} shortens the messages that it sends already"
    if names & set(_changed(module, _SHORTER)) or names & set(_deleted(module)):
        return f"the module takes messages out of {' and '.join(sorted(names))} already"
    parameters = {one.name.value for function in sent.functions for one in function.params.params}
    if not names & (parameters | set(_changed(module, _LONGER)) | set(_augmented(module))):
        return f"{where} sends messages that it makes anew for each call"
    return None


class _Finder(Enclosing):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Sent] = []

    def visit_Call(self, node: cst.Call) -> None:  # noqa: N802
        given = {one.keyword.value: one.value for one in node.args if one.keyword is not None}
        if last_name(node.func) in _SENDING and "messages" in given:
            self._keep(given["messages"])
        elif m.matches(node.func, m.Attribute(m.Attribute(attr=m.Name("responses")))) and "input" in given:
            self._keep(given["input"])

    def visit_Dict(self, node: cst.Dict) -> None:  # noqa: N802  libcst calls it by this name
        entries = entries_of(node)
        if "model" in entries and "messages" in entries:
            self._keep(entries["messages"])

    def _keep(self, messages: cst.BaseExpression) -> None:
        self.found.append(Sent(messages, self.symbol, self.functions))


def _code(node: cst.CSTNode) -> str:
    return cst.Module([]).code_for_node(node)


def _named(node: cst.BaseExpression) -> Iterator[str]:
    """Variables and attributes (`self.messages`) that are written in the expression."""
    if isinstance(node, cst.Name | cst.Attribute):
        yield _code(node)
    else:
        yield from (name for child in _operands(node) for name in _named(child))


def _operands(node: cst.BaseExpression) -> list[cst.BaseExpression]:
    if isinstance(node, cst.BinaryOperation):
        return [node.left, node.right]
    if isinstance(node, cst.List | cst.Tuple):
        return [element.value for element in node.elements]
    return [argument.value for argument in node.args] if isinstance(node, cst.Call) else []


def _assignments(module: cst.Module) -> Iterator[tuple[str, cst.BaseExpression]]:
    for node in m.findall(module, m.Assign() | m.AnnAssign()):
        if isinstance(node, cst.Assign):
            yield from ((_target(one.target), node.value) for one in node.targets)
        elif isinstance(node, cst.AnnAssign) and node.value is not None:
            yield _target(node.target), node.value


def _target(node: cst.BaseExpression) -> str:
    """`messages[2:] = …` changes messages."""
    return _code(node.value if isinstance(node, cst.Subscript) else node)


def _bounded_queue(value: cst.BaseExpression) -> bool:
    return bool(m.findall(value, m.Call(args=[m.ZeroOrMore(), m.Arg(keyword=m.Name("maxlen")), m.ZeroOrMore()])))


def _changed(module: cst.Module, methods: tuple[str, ...]) -> Iterator[str]:
    for call in m.findall(module, m.Call(func=m.Attribute())):
        if isinstance(call, cst.Call) and isinstance(call.func, cst.Attribute) and call.func.attr.value in methods:
            yield _code(call.func.value)


def _augmented(module: cst.Module) -> Iterator[str]:
    """`messages += …`, and `messages = messages + …` or `[*messages, …]`."""
    for node in m.findall(module, m.AugAssign(operator=m.AddAssign())):
        if isinstance(node, cst.AugAssign):
            yield _code(node.target)
    for name, value in _assignments(module):
        elements = [one.value for one in value.elements] if isinstance(value, cst.List) else []
        if name in {*_named(value), *(_code(one) for one in elements)} and not isinstance(value, cst.Name):
            yield name


def _deleted(module: cst.Module) -> Iterator[str]:
    for node in m.findall(module, m.Del()):
        target = node.target if isinstance(node, cst.Del) else None
        if isinstance(target, cst.Subscript):
            yield _code(target.value)
