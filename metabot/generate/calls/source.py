"""A Python source with its tree, and edits by offset: every character that is not replaced stays as it is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final

from metabot.generate.recipe import NotSure
from metabot.place.parsing import parse

NARROWEST: Final = 88  # characters: a file with shorter lines than that may still get one of this length
WIDEST: Final = 120  # and a file with longer ones gets none longer than this
_LINE_END: Final = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Splice:
    """`text` in the place of what stands from `start` up to `end`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Source:
    path: str
    text: str
    tree: ast.Module

    def of(self, node: ast.AST) -> str:
        return self.text[self.start(node) : self.end(node)]

    def start(self, node: ast.AST) -> int:
        at: ast.expr = node  # type: ignore[assignment]  # every node that has a position has these attributes
        return self._offset(at.lineno, at.col_offset)

    def end(self, node: ast.AST) -> int:
        at: ast.expr = node  # type: ignore[assignment]
        return self._offset(at.end_lineno or at.lineno, at.end_col_offset or 0)

    def between(self, nodes: Sequence[ast.AST]) -> str:
        """What stands between these, one after the other."""
        return "".join(self.text[self.end(one) : self.start(other)] for one, other in pairwise(nodes))

    def indent(self, node: ast.AST) -> str:
        """What the node's line begins with."""
        at: ast.expr = node  # type: ignore[assignment]
        line = self.text[self._starts[at.lineno - 1] :]
        return line[: len(line) - len(line.lstrip(" \t"))]

    @cached_property
    def newline(self) -> str:
        found = _LINE_END.search(self.text)
        return found[0] if found else "\n"

    @cached_property
    def step(self) -> str:
        """One level of indentation, as the first indented block has it."""
        for node in ast.walk(self.tree):
            body = getattr(node, "body", None)
            if isinstance(node, ast.stmt) and isinstance(body, list) and body[0].lineno > node.lineno:
                inner, outer = self.indent(body[0]), self.indent(node)
                return inner.removeprefix(outer)
        return "    "

    @cached_property
    def width(self) -> int:
        lines = _LINE_END.split(self.text)
        return max([NARROWEST, *(len(line) for line in lines if len(line) <= WIDEST)])

    def spliced(self, splices: Iterable[Splice]) -> str:
        text = self.text
        for splice in sorted(splices, key=lambda one: one.start, reverse=True):
            text = text[: splice.start] + splice.text + text[splice.end :]
        return text

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(found.end() for found in _LINE_END.finditer(self.text))]

    def _offset(self, line: int, column: int) -> int:
        """The parser counts columns in bytes."""
        start = self._starts[line - 1]
        return start + len(self.text[start : start + column].encode()[:column].decode(errors="ignore"))


def read(path: str, text: str) -> Source | NotSure:
    try:
        return Source(path, text, parse(text))
    except (SyntaxError, ValueError, RecursionError):
        return NotSure("the file is not Python as this interpreter reads it")


def broken(source: Source, text: str, *, indent: str) -> str:
    """Code written with four spaces and line feeds, as a block of this source at that indentation."""
    lines = text.rstrip("\n").split("\n")
    stepped = [re.sub(r"^(?: {4})+", lambda found: source.step * (len(found[0]) // 4), line) for line in lines]
    return source.newline.join(indent + line if line else line for line in stepped)
