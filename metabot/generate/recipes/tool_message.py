"""Where a tool's result becomes a message to the model, in the shapes of the chat, responses and messages APIs.

A place is the expression of the result in one of

    {"role": "tool", "tool_call_id": …, "content": result}                       also as dict(…), also role function
    {"type": "function_call_output", "call_id": …, "output": result}
    {"type": "tool_result", "tool_use_id": …, "content": result}                 also in a block of type text
    ToolMessage(content=result, tool_call_id=…)

Constant texts are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import libcst as cst
import libcst.matchers as m

from metabot.generate.recipes.enclosing import Enclosing

_CUTTING: Final = re.compile(
    r"trunc|shorten|clip|capped|_cap\b|^cap_|limit|abridg|abbrevi|summar|compress|excerpt", re.I
)
_MENTIONED: Final = re.compile(r"[\"']role[\"']\s*:|\brole\s*=|function_call_output|tool_result|ToolMessage")


@dataclass(frozen=True, slots=True)
class Result:
    """The expression of a result and the innermost function around it; None: it stands outside functions."""

    content: cst.BaseExpression
    symbol: str | None
    function: cst.FunctionDef | None

    @property
    def cut_already(self) -> bool:
        """A slice, or a call that says by its name that it shortens; also through a variable of the function."""
        if cuts(self.content):
            return True
        names = {node.value for node in m.findall(self.content, m.Name()) if isinstance(node, cst.Name)}
        return any(cuts(value) for name, value in _assigned(self.function) if name in names)


def mentioned(source: str) -> bool:
    """Whether the source may hold a place at all, without parsing it."""
    return _MENTIONED.search(source) is not None


def tool_results(module: cst.Module) -> list[Result]:
    finder = _Finder()
    module.visit(finder)
    return finder.found


class _Finder(Enclosing):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Result] = []

    def visit_Dict(self, node: cst.Dict) -> None:  # noqa: N802  libcst calls it by this name
        self._look(entries_of(node))

    def visit_Call(self, node: cst.Call) -> None:  # noqa: N802
        given = {one.keyword.value: one.value for one in node.args if one.keyword is not None}
        if m.matches(node.func, m.Name("dict")):
            self._look(given)
        elif last_name(node.func) == "ToolMessage" and "tool_call_id" in given and "content" in given:
            self._keep(given["content"])

    def _look(self, entries: Mapping[str, cst.BaseExpression]) -> None:
        content = _content(entries)
        if content is not None:
            self._keep(content)

    def _keep(self, content: cst.BaseExpression) -> None:
        if not isinstance(content, cst.SimpleString | cst.ConcatenatedString):
            self.found.append(Result(content, self.symbol, self.functions[-1] if self.functions else None))


def _content(entries: Mapping[str, cst.BaseExpression]) -> cst.BaseExpression | None:
    kind = _text(entries.get("type"))
    if kind == "function_call_output" and "call_id" in entries:
        return entries.get("output")
    if kind == "tool_result" and "tool_use_id" in entries:
        return _of_blocks(entries.get("content"))
    role = _text(entries.get("role"))
    of_a_tool = role == "tool" or (role == "function" and "name" in entries)
    return entries.get("content") if of_a_tool else None


def _of_blocks(content: cst.BaseExpression | None) -> cst.BaseExpression | None:
    """The text of the one block, where the content is written as a list of blocks."""
    if not isinstance(content, cst.List):
        return content
    blocks = [element.value for element in content.elements]
    entries = entries_of(blocks[0]) if len(blocks) == 1 and isinstance(blocks[0], cst.Dict) else {}
    return entries.get("text") if _text(entries.get("type")) == "text" else None


def entries_of(node: cst.Dict) -> dict[str, cst.BaseExpression]:
    return {
        name: element.value
        for element in node.elements
        if isinstance(element, cst.DictElement) and (name := _text(element.key)) is not None
    }


def _text(node: cst.BaseExpression | None) -> str | None:
    value = node.evaluated_value if isinstance(node, cst.SimpleString) else None
    return value if isinstance(value, str) else None


def cuts(value: cst.BaseExpression) -> bool:
    """Whether a slice with an end, a slice from the end, or a function's name says that this is a part only."""
    to_an_end = m.Slice(upper=~m.MatchIfTrue(_is_none))
    from_the_end = m.Slice(lower=m.UnaryOperation(operator=m.Minus()))
    sliced = m.findall(value, m.Subscript(slice=[m.SubscriptElement(to_an_end | from_the_end)]))
    called = [last_name(call.func) for call in m.findall(value, m.Call()) if isinstance(call, cst.Call)]
    return bool(sliced) or any(_CUTTING.search(name) for name in called)


def _is_none(node: cst.BaseExpression | None) -> bool:
    return node is None


def last_name(node: cst.BaseExpression) -> str:
    return node.attr.value if isinstance(node, cst.Attribute) else node.value if isinstance(node, cst.Name) else ""


def _assigned(function: cst.FunctionDef | None) -> Iterator[tuple[str, cst.BaseExpression]]:
    for node in m.findall(function.body, m.Assign() | m.AnnAssign()) if function is not None else ():
        targets = [one.target for one in node.targets] if isinstance(node, cst.Assign) else []
        targets += [node.target] if isinstance(node, cst.AnnAssign) else []
        for target in targets:
            if isinstance(target, cst.Name) and isinstance(node, cst.Assign | cst.AnnAssign) and node.value is not None:
                yield target.value, node.value
