"""The texts that a repository holds: evaluated strings of Python sources, and the lines of prompt files.

What Python computes at run time (an f-string's expressions, an unknown name in a concatenation) is a hole: a character
that no recorded prompt contains, so that the line it stands in never compares equal.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from metabot.place.parsing import parsed
from metabot.place.structured import STRUCTURED, blocks

HOLE: Final = "\x00"
_PROMPT_FILES: Final = (".txt", ".md", ".j2", ".jinja", ".jinja2", ".prompt", ".mustache")


@dataclass(frozen=True, slots=True)
class Text:
    """A text and the lines of the file that it stands on."""

    text: str
    first_line: int
    last_line: int
    symbol: str | None  # the enclosing function or class, or the name that the string is assigned to; dotted


def texts(path: str, content: str) -> Iterator[Text]:
    """Every text of a file that a prompt may come from; none of a file of another kind or with broken syntax."""
    if path.endswith(".py"):
        yield from _python_texts(content)
    elif path.endswith(_PROMPT_FILES):
        yield Text(content, 1, content.count("\n") + 1, None)
    elif path.endswith(STRUCTURED):
        yield from _structured_texts(path, content)


def _python_texts(content: str) -> tuple[Text, ...]:
    tree = parsed(content)
    try:
        return tuple(_in_python(tree, ())) if tree is not None else ()
    except RecursionError:  # nested beyond reason
        return ()


def _in_python(node: ast.AST, inside: tuple[str, ...]) -> Iterator[Text]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield from _in_python(child, (*inside, child.name))
            continue
        within = inside or _assigned(child)
        text = evaluated(child) if isinstance(child, ast.expr) else None
        if isinstance(child, ast.expr) and text is not None and text.strip(HOLE):
            last = child.end_lineno or child.lineno
            yield Text(text, child.lineno, last, ".".join(within) or None)
        if not isinstance(child, ast.JoinedStr):
            yield from _in_python(child, within)


def _assigned(node: ast.AST) -> tuple[str, ...]:
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        return (node.targets[0].id,)
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return (node.target.id,)
    return ()


def _hole(_: ast.expr) -> str:
    return HOLE


def evaluated(node: ast.expr, *, hole: Callable[[ast.expr], str] = _hole) -> str | None:
    """The text that a string expression makes, holes for what is not written there; None: not a string expression."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(_written(value) or hole(value) for value in values)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            first, second = evaluated(left, hole=hole), evaluated(right, hole=hole)
            return None if first is None and second is None else _or(first, hole(left)) + _or(second, hole(right))
        case ast.Call(
            func=ast.Attribute(value=ast.Constant(value=str(separator)), attr="join"),
            args=[ast.List(elts=parts) | ast.Tuple(elts=parts)],
        ):
            texts = [evaluated(part, hole=hole) for part in parts]
            return separator.join(hole(part) if text is None else text for part, text in zip(parts, texts, strict=True))
    return None


def _or(text: str | None, instead: str) -> str:
    return instead if text is None else text


def _written(value: ast.expr) -> str | None:
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None


def _structured_texts(path: str, content: str) -> Iterator[Text]:
    """Each string of the file, and those of a list together; YAML that is not read as such is one text."""
    found = blocks(path, content)
    if not found and path.endswith((".yaml", ".yml")):
        yield Text(content, 1, content.count("\n") + 1, None)
    for block in found:
        values = [value for _, value in block.pairs]
        yield from (Text(value.text, value.first_line, value.last_line, None) for value in values)
        if len(values) > 1 and not block.mapping:
            joined = "\n".join(value.text for value in values)
            yield Text(joined, values[0].first_line, values[-1].last_line, None)
