"""The module that a recipe changes, as a tree that keeps every character."""

from __future__ import annotations

import libcst as cst

from metabot.generate.recipe import NotSure
from metabot.place.parsing import parse


def module_of(source: str) -> cst.Module | NotSure:
    """Both parsers must read the file: one rewrites it, the other, the interpreter's, checks what it means."""
    try:
        parse(source)
        return cst.parse_module(source)
    except (SyntaxError, ValueError, RecursionError, cst.ParserSyntaxError):
        return NotSure("the file is not Python as this interpreter reads it")
