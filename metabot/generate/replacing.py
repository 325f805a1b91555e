"""One expression of a module replaced, found by where the interpreter's own parser saw it."""

from __future__ import annotations

import ast
from collections.abc import Callable

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from metabot.generate.module import module_of
from metabot.generate.recipe import NotSure


def replaced(
    source: str, node: ast.expr, change: Callable[[cst.BaseExpression], cst.BaseExpression | None]
) -> str | NotSure:
    """The source with that expression changed; every other character stays."""
    module = module_of(source)
    if isinstance(module, NotSure):
        return module
    wrapper = MetadataWrapper(module, unsafe_skip_copy=True)
    lines = source.encode().split(b"\n")
    start = (node.lineno, _column(lines, node.lineno, node.col_offset))
    end = (node.end_lineno, _column(lines, node.end_lineno or 0, node.end_col_offset or 0))
    for one, at in wrapper.resolve(PositionProvider).items():
        here = (at.start.line, at.start.column) == start and (at.end.line, at.end.column) == end
        if here and isinstance(one, cst.BaseExpression):
            new = change(one)
            if new is None:
                break
            return cst.ensure_type(module.deep_replace(one, new), cst.Module).code
    return NotSure("the expression is written in a shape not known")


def _column(lines: list[bytes], line: int, offset: int) -> int:
    """Characters, where the interpreter's parser counts bytes."""
    return len(lines[line - 1][:offset].decode())
