"""Items of a list or a dictionary taken out of a module: their lines and the comments above them go, nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

_Gap = cst.BaseParenthesizableWhitespace


def dropped(node: cst.BaseExpression, positions: frozenset[int]) -> cst.BaseExpression | None:
    """Without the items at these positions; None for what is no bracketed collection, or would be empty."""
    if not isinstance(node, cst.List | cst.Dict) or len(positions) >= len(node.elements):
        return None
    gaps = _gaps(node)
    items = list(node.elements)
    last_comma = items[-1].comma
    for position in sorted(positions, reverse=True):
        del items[position]
        gaps[position : position + 2] = [_merged(gaps[position], gaps[position + 1], last=position == len(items))]
    spaced = [item.with_changes(comma=_comma(items[at].comma, gaps[at + 1])) for at, item in enumerate(items[:-1])]
    whole = [*spaced, items[-1].with_changes(comma=last_comma)]
    return _with_ends(node, gaps).with_changes(elements=whole)


def _gaps(node: cst.List | cst.Dict) -> list[_Gap]:
    """The white space before each item, and behind the last one."""
    opening = node.lbracket.whitespace_after if isinstance(node, cst.List) else node.lbrace.whitespace_after
    closing = node.rbracket.whitespace_before if isinstance(node, cst.List) else node.rbrace.whitespace_before
    between = [item.comma.whitespace_after for item in node.elements[:-1] if isinstance(item.comma, cst.Comma)]
    return [opening, *between, closing]


def _with_ends(node: cst.List | cst.Dict, gaps: Sequence[_Gap]) -> cst.List | cst.Dict:
    if isinstance(node, cst.List):
        return node.with_changes(
            lbracket=node.lbracket.with_changes(whitespace_after=gaps[0]),
            rbracket=node.rbracket.with_changes(whitespace_before=gaps[-1]),
        )
    return node.with_changes(
        lbrace=node.lbrace.with_changes(whitespace_after=gaps[0]),
        rbrace=node.rbrace.with_changes(whitespace_before=gaps[-1]),
    )


def _merged(before: _Gap, behind: _Gap, *, last: bool) -> _Gap:
    """Around an item that goes: what trails the one before it, and what stands above the next one."""
    if isinstance(before, cst.ParenthesizedWhitespace) and isinstance(behind, cst.ParenthesizedWhitespace):
        return behind.with_changes(first_line=before.first_line)
    return behind if last else before


def _comma(comma: cst.Comma | cst.MaybeSentinel, gap: _Gap) -> cst.Comma:
    kept = comma if isinstance(comma, cst.Comma) else cst.Comma()
    return kept.with_changes(whitespace_after=gap)
