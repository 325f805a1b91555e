"""Whether a change may alter what the application's model is told or shown. Where that is not plain, it may."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import unified_diff
from typing import Final

from metabot.generate.proposal import Edit
from metabot.place.parsing import parse
from metabot.place.placement import Placed

# Words of code that makes a request to a model: its messages, its instructions, its tools, its limits.
_OF_A_REQUEST: Final = re.compile(
    r"messages|prompt|instructions?\b|system|role\b|content|history|template"
    r"|tools\s*=|input\s*=|model\s*=|max_\w*tokens|temperature|response_format",
    re.IGNORECASE,
)
_NO_PROMPT: Final = ("code attribute", "stack frame", "operation name", "tool function")  # how a place was found
_WORDS: Final = 3  # a string of so many is prose, which a model may be told


def may_change_prompt(placed: Placed, edits: Sequence[Edit]) -> bool:
    """False only where Python alone changes, no prose in it does, and no line that makes a request."""
    about_tokens = "token" in placed.finding.candidate.evidence.observed.unit
    elsewhere = all(location.how in _NO_PROMPT for location in placed.locations)
    return about_tokens or not elsewhere or any(_may(edit) for edit in edits)


def _may(edit: Edit) -> bool:
    if not edit.path.endswith(".py"):
        return True
    try:
        before, after = Counter(_prose(parse(edit.before))), Counter(_prose(parse(edit.after)))
    except (SyntaxError, ValueError, RecursionError):
        return True
    return before != after or any(_OF_A_REQUEST.search(line) for line in _changed(edit))


def _prose(tree: ast.Module) -> Iterator[str]:
    """Strings of several words; docstrings left out."""
    documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    bodies = [node.body for node in ast.walk(tree) if isinstance(node, documented)]
    docstrings = {id(body[0].value) for body in bodies if body and isinstance(body[0], ast.Expr)}
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) and id(node) not in docstrings else None
        if isinstance(text, str) and len(text.split()) >= _WORDS:
            yield text


def _changed(edit: Edit) -> list[str]:
    """Lines taken away or added, in their old or new place; a line that only moved in or out counts as the same."""
    before, after = ([line.strip() for line in text.splitlines()] for text in (edit.before, edit.after))
    diff = list(unified_diff(before, after, lineterm="", n=0))[2:]
    return [line[1:] for line in diff if line[:1] in "+-"]
