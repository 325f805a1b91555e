"""Templates that are filled elsewhere: which of their lines change, told by placeholders and by what was recorded.

A placeholder is `{name}`, `{{ name }}`, `$name`, `${name}`, `%(name)s` or `<name>`. A line that holds one and that
the recorded prompts share as it stands is no template line: an example of an answer in JSON, say.
"""

from __future__ import annotations

import re
from typing import Final

from metabot.telemetry.pieces import cut

_PLACEHOLDER: Final = re.compile(
    r"\{\{-?[^{}\n]+-?\}\}"
    r"|\{[A-Za-z_][\w.]*(?:\[\w+\])*(?:![rsa])?(?::[^{}\n]*)?\}"
    r"|\$\{[A-Za-z_]\w*\}|\$[A-Za-z_]\w*"
    r"|%\([A-Za-z_]\w*\)[sdrf]"
    r"|<[a-z][a-z_]*>"
)
_STATEMENT: Final = re.compile(r"\{%-?\s*(\w+)")
_OPENING: Final = ("if", "for")
_INSIDE: Final = ("else", "elif")


def placeholders(line: str, static: frozenset[int]) -> tuple[str, ...]:
    """Those of one line of a template; none where the recorded prompts share the line as it stands."""
    found = tuple(match[0] for match in _PLACEHOLDER.finditer(line))
    return () if _recorded(line, static) or _recorded(_halved(line), static) else found


def changes(line: str, static: frozenset[int]) -> bool:
    return bool(placeholders(line, static)) or _STATEMENT.search(line) is not None


def balanced(lines: list[str]) -> bool:
    """Whether the lines hold whole template statements only: each `if` and `for` with its end, and nothing else."""
    depth = 0
    for word in (found[1] for line in lines for found in _STATEMENT.finditer(line)):
        if word in _OPENING:
            depth += 1
        elif word.removeprefix("end") in _OPENING:
            depth -= 1
        elif word not in _INSIDE or not depth:
            return False
        if depth < 0:
            return False
    return depth == 0


def weight(line: str, static: frozenset[int]) -> int:
    """Characters of the line that the recorded prompts share, braces doubled or not."""
    return max(sum(piece.chars for piece in cut(form) if piece.hash in static) for form in (line, _halved(line)))


def _recorded(line: str, static: frozenset[int]) -> bool:
    pieces = cut(line)
    return bool(pieces) and all(piece.hash in static for piece in pieces)


def _halved(line: str) -> str:
    return line.replace("{{", "{").replace("}}", "}")
