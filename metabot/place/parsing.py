"""Python source as a syntax tree, without its own warnings."""

from __future__ import annotations

import ast
import warnings


def parse(source: str) -> ast.Module:
    """`ast.parse`, which raises SyntaxError or ValueError on what is not Python.

    What the compiler would warn of (an invalid escape in somebody's string) is for that repository's own tools to say.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(source)


def parsed(source: str) -> ast.Module | None:
    """None where the source is not Python, holds a null byte, or is nested beyond what the parser takes."""
    try:
        return parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def parse_expression(source: str) -> ast.expr:
    """The one expression that the source is, whatever line breaks it holds."""
    statement = parse(f"({source}\n)").body[0]
    assert isinstance(statement, ast.Expr)
    return statement.value
