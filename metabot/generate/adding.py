"""An argument added to a call, or an entry to a dictionary, in the layout that the others have."""

from __future__ import annotations

from typing import Final

import libcst as cst

_Gap = cst.BaseParenthesizableWhitespace
_SPACE: Final = cst.SimpleWhitespace(" ")


def with_field(node: cst.BaseExpression, *, name: str, value: str) -> cst.BaseExpression | None:
    """A keyword argument of a call, or an entry of a dictionary, quoted as its first key is."""
    if not isinstance(node, cst.Dict):
        return with_argument(node, name, value)
    first = next((one.key for one in node.elements if isinstance(one, cst.DictElement)), None)
    quote = first.quote if isinstance(first, cst.SimpleString) else '"'
    return with_entry(node, f"{quote}{name}{quote}", value)


def with_argument(call: cst.BaseExpression, name: str, value: str) -> cst.BaseExpression | None:
    """`f(a=1)` with one keyword argument more; None where it has no arguments."""
    if not isinstance(call, cst.Call) or not call.args:
        return None
    *before, last = call.args
    equal = cst.AssignEqual(whitespace_before=cst.SimpleWhitespace(""), whitespace_after=cst.SimpleWhitespace(""))
    new = cst.Arg(value=cst.parse_expression(value), keyword=cst.Name(name), equal=equal)
    opening = before[0].comma.whitespace_after if before and isinstance(before[0].comma, cst.Comma) else None
    opening = opening or call.whitespace_before_args
    if isinstance(last.comma, cst.Comma):
        end = last.comma.whitespace_after
        new = new.with_changes(comma=last.comma.with_changes(whitespace_after=_ending(end)))
    else:
        end = last.whitespace_after_arg
        new = new.with_changes(whitespace_after_arg=_ending(end))
    kept = last.with_changes(comma=_comma(opening, end), whitespace_after_arg=cst.SimpleWhitespace(""))
    return call.with_changes(args=[*before, kept, new])


def with_entry(node: cst.BaseExpression, key: str, value: str) -> cst.BaseExpression | None:
    """`{"a": 1}` with one entry more; None for an empty dictionary."""
    if not isinstance(node, cst.Dict) or not node.elements:
        return None
    *before, last = node.elements
    new = cst.DictElement(key=cst.parse_expression(key), value=cst.parse_expression(value))
    opening = before[0].comma.whitespace_after if before and isinstance(before[0].comma, cst.Comma) else None
    end = node.rbrace.whitespace_before
    kept = last.with_changes(comma=_comma(opening or node.lbrace.whitespace_after, end))
    added = new.with_changes(comma=last.comma)
    closing = node.rbrace.with_changes(whitespace_before=_ending(end))
    return node.with_changes(elements=[*before, kept, added], rbrace=closing)


def _comma(opening: _Gap, end: _Gap) -> cst.Comma:
    """Between the old last item and the new one: laid out as the others, with the comment that trailed the old one."""
    if not isinstance(opening, cst.ParenthesizedWhitespace):
        return cst.Comma(whitespace_after=_SPACE)
    trailing = end.first_line if isinstance(end, cst.ParenthesizedWhitespace) else opening.first_line
    return cst.Comma(whitespace_after=opening.with_changes(first_line=trailing, empty_lines=()))


def _ending(end: _Gap) -> _Gap:
    if not isinstance(end, cst.ParenthesizedWhitespace):
        return end
    return end.with_changes(first_line=cst.TrailingWhitespace(newline=end.first_line.newline))
