"""Whether anything but its definition counts on a tool being offered: a text that names it, a choice of it, a test.

A key of a dictionary of functions and a comparison with the name only answer a call, and may stay.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

from metabot.generate.probe.choosing import tree_of
from metabot.generate.recipe import Base

_TEXTS: Final = (".txt", ".md", ".j2", ".jinja", ".jinja2", ".prompt", ".yaml", ".yml", ".json", ".toml")
_DOCUMENTS: Final = re.compile(r"(^|/)(README|CHANGELOG|docs/)", re.IGNORECASE)


def mentioned(name: str, base: Base) -> str | None:
    """Where else the tool is named; None: nowhere."""
    for path in base.files:
        text = base.read(path) if path.endswith((".py", *_TEXTS)) and not _DOCUMENTS.search(path) else None
        if text is None or name not in text:
            continue
        tree = tree_of(text) if path.endswith(".py") else None
        named = _in_module(name, tree) if tree is not None else _in_text(name, text)
        if named:
            return path
    return None


def counted(constant: str, base: Base) -> str | None:
    """Where a list is read by position or by its length, which the other items would not keep; None: nowhere."""
    name = constant.rpartition(".")[2]
    for path in base.files:
        text = base.read(path) if path.endswith(".py") else None
        tree = tree_of(text) if text is not None and name in text else None
        if tree is not None and any(_counts(node, name) for node in ast.walk(tree)):
            return path
    return None


def _counts(node: ast.AST, name: str) -> bool:
    match node:
        case ast.Subscript(value=value, slice=ast.Constant(value=int()) | ast.UnaryOp() | ast.Slice()):
            return ast.unparse(value).rpartition(".")[2] == name
        case ast.Call(func=ast.Name(id="len"), args=[value]):
            return ast.unparse(value).rpartition(".")[2] == name
    return False


def _in_module(name: str, tree: ast.Module) -> bool:
    allowed = {id(node) for node in _allowed(name, tree)}
    texts = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return any(
        node.value == name or _in_prose(name, node.value)
        for node in texts
        if isinstance(node.value, str) and id(node) not in allowed
    )


def _allowed(name: str, tree: ast.Module) -> Iterator[ast.AST]:
    """Texts that define a tool, answer a call of one, or are documentation."""
    for node in ast.walk(tree):
        match node:
            case ast.Dict(keys=keys, values=values):
                yield from (key for key in keys if key is not None)
                pairs = zip(keys, values, strict=True)
                if any(_says(key, "name") and _says(value, name) for key, value in pairs):
                    yield from ast.walk(node)
            case ast.Compare(left=left, comparators=others):
                yield from (left, *others)
            case ast.MatchValue(value=value):
                yield value
            case ast.Expr(value=ast.Constant() as text):
                yield text


def _says(node: ast.expr | None, text: str) -> bool:
    return isinstance(node, ast.Constant) and node.value == text


def _in_text(name: str, text: str) -> bool:
    """In a file that is no module, its own definition aside."""
    rest = re.sub(rf"""["']?name["']?\s*[:=]\s*["']?{re.escape(name)}["']?\s*(,|\n|\}}|$)""", "", text)
    return _in_prose(name, rest) or re.search(rf"""["']{re.escape(name)}["']""", rest) is not None


def _in_prose(name: str, text: str) -> bool:
    """A name of several words by itself, a plain word where it is meant as a name."""
    word = re.escape(name)
    if not name.isalpha() or not name.islower():
        return re.search(rf"\b{word}\b", text) is not None
    return re.search(rf"[`'\"]{word}[`'\"]|\b{word}(\(| tool\b)|\btool {word}\b", text) is not None
