"""Calls as they are written: with one more argument, or put off."""

from __future__ import annotations

import ast

from metabot.generate.calls.source import Source, Splice
from metabot.generate.recipe import NotSure


def with_keyword(source: Source, call: ast.Call, name: str, value: str) -> Splice | NotSure:
    """Behind the last argument, on a line of its own where that has one."""
    new = f"{name}={value}"
    last = max((source.end(one) for one in (*call.args, *call.keywords)), default=None)
    close = source.end(call) - 1
    if last is None:
        return Splice(close, close, new)
    if isinstance(call.args[0] if call.args else None, ast.GeneratorExp):
        return NotSure("a generator is the call's only argument")
    behind = source.text[last:close]
    if "#" in behind:
        return NotSure("a comment stands behind the call's last argument")
    if "\n" in behind:
        indent = _line_indent(source, last)
        return Splice(last, last, f",{source.newline}{indent}{new}")
    inline = Splice(last, last, f", {new}")
    if "\n" in source.of(call) or _fits(source, call, len(new) + 2):
        return inline
    return _broken(source, call, new)


def deferred(source: Source, call: ast.Call) -> str:
    """`f(a, b=c)` as `partial(f, a, b=c)`."""
    arguments = source.text[source.end(call.func) : source.end(call)].strip()[1:-1].strip()
    return f"partial({source.of(call.func)}{', ' if arguments else ''}{arguments.rstrip(',')})"


def _fits(source: Source, call: ast.Call, more: int) -> bool:
    start = source.text.rfind("\n", 0, source.start(call)) + 1
    end = source.text.find("\n", source.end(call))
    line = source.text[start : end if end >= 0 else len(source.text)].rstrip("\r")
    return len(line) + more <= source.width


def _broken(source: Source, call: ast.Call, new: str) -> Splice:
    """All arguments on one line of their own, between the brackets."""
    opening = source.text.index("(", source.end(call.func))
    close = source.end(call) - 1
    arguments = source.text[opening + 1 : close].strip().rstrip(",")
    indent = source.indent(call)
    inner = f"{source.newline}{indent}{source.step}"
    return Splice(opening + 1, close, f"{inner}{arguments}, {new}{source.newline}{indent}")


def _line_indent(source: Source, at: int) -> str:
    """Of the line that the last argument begins on, as far as it can be told from its end."""
    line = source.text[source.text.rfind("\n", 0, at) + 1 : at]
    return line[: len(line) - len(line.lstrip(" \t"))]
