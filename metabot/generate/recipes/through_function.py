"""Expressions that go through a private function from now on, which is added to their module."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import libcst as cst
import libcst.matchers as m

from metabot.generate.imports import bound
from metabot.generate.recipe import NotSure

_WIDEST: Final = 120  # characters of a line; an expression that would make one longer is broken
_BLANK: Final = cst.EmptyLine(indent=False)


def through_function(
    module: cst.Module, function: str, text: str, expressions: Sequence[cst.BaseExpression]
) -> cst.Module | NotSure:
    """The module with `text` before what uses it, and each of the expressions as the argument of `function`."""
    short = with_added(module, text, expressions, _Through(expressions, function, broken_by=None))
    if isinstance(short, NotSure):
        return short
    narrow = all(len(line) <= _WIDEST for line in short.code.splitlines() if f"{function}(" in line)
    broken = _Through(expressions, function, broken_by=module.default_indent)
    return short if narrow else with_added(module, text, expressions, broken)


def with_added(
    module: cst.Module, text: str, users: Sequence[cst.CSTNode], rewriting: cst.CSTTransformer
) -> cst.Module | NotSure:
    """The rewritten module with `text` before the statement that the first of the users stands in.

    NotSure: the module gives one of the new names another meaning.
    """
    added = cst.parse_module(text.replace("    ", module.default_indent).replace("\n", module.default_newline))
    taken = sorted(bound(module) & bound(added))
    if taken:
        return NotSure(f"the module has a {' and a '.join(taken)} of its own")
    at = min(_holding(module, node) for node in users)
    return _inserted(cst.ensure_type(module.visit(rewriting), cst.Module), at, added)


def runs_when_imported(module: cst.Module) -> str | None:
    """Why a test had better not import the module: what stands outside its functions is the application itself."""
    own = {node.name.value for node in module.body if isinstance(node, cst.FunctionDef)}
    for statement in module.body:
        if isinstance(statement, cst.For | cst.While | cst.With):
            return "the module does its work while it is imported"
        for small in statement.body if isinstance(statement, cst.SimpleStatementLine) else ():
            if m.matches(small, m.Expr(m.Call(func=m.Name(m.MatchIfTrue(own.__contains__))))):
                return "the module calls its own functions while it is imported"
    return None


def _holding(module: cst.Module, node: cst.CSTNode) -> int:
    return next(at for at, statement in enumerate(module.body) if any(one is node for one in _below(statement)))


def _below(node: cst.CSTNode) -> list[cst.CSTNode]:
    found: list[cst.CSTNode] = []
    left = [node]
    while left:
        one = left.pop()
        found.append(one)
        left += one.children
    return found


class _Through(cst.CSTTransformer):
    """Makes each of the nodes the argument of a call, in brackets on lines of their own where it is broken."""

    def __init__(self, nodes: Sequence[cst.BaseExpression], function: str, *, broken_by: str | None) -> None:
        super().__init__()
        self._nodes = nodes
        self._function = function
        self._broken_by = broken_by

    def on_leave(self, original_node: cst.CSTNodeT, updated_node: cst.CSTNodeT) -> object:  # type: ignore[override]
        left = super().on_leave(original_node, updated_node)
        return self._call(left) if any(original_node is node for node in self._nodes) else left

    def _call(self, inner: object) -> cst.Call:
        assert isinstance(inner, cst.BaseExpression)
        if self._broken_by is None or isinstance(inner, cst.Name | cst.Attribute):
            return cst.Call(func=cst.Name(self._function), args=[cst.Arg(inner)])
        inside = cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace(self._broken_by))
        argument = cst.Arg(inner, whitespace_after_arg=cst.ParenthesizedWhitespace(indent=True))
        return cst.Call(func=cst.Name(self._function), args=[argument], whitespace_before_args=inside)


def _inserted(module: cst.Module, at: int, added: cst.Module) -> cst.Module:
    """Before the statement at that place, two blank lines apart; its own comment stays with it."""
    user = module.body[at]
    missing = max(0, 2 - _leading_blanks(user))
    user = user.with_changes(leading_lines=(*[_BLANK] * missing, *user.leading_lines))
    first = added.body[0].with_changes(leading_lines=(_BLANK, _BLANK) if at else ())
    return module.with_changes(body=[*module.body[:at], first, *added.body[1:], user, *module.body[at + 1 :]])


def _leading_blanks(statement: cst.SimpleStatementLine | cst.BaseCompoundStatement) -> int:
    lines = statement.leading_lines
    return next((at for at, line in enumerate(lines) if line.comment is not None), len(lines))
