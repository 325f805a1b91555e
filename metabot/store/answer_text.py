"""An answer that was kept as one text, taken apart again: what it says, then the tool calls that it asks for.

The readers write an answer line by line: its text, and for each call the tool's name and its arguments as JSON. Which
tools were called stands beside it. A text that cannot be read so, an answer with its calls first among them, is None.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

Call = tuple[str, str]  # tool, arguments as JSON


class Said(NamedTuple):
    text: str
    calls: tuple[Call, ...]


def taken_apart(answer: str, tools_called: Sequence[str], calls: int | None) -> Said | None:
    """`calls` is how many were recorded, where each had an id."""
    if not tools_called:
        return Said(answer, ())
    lines = answer.split("\n")
    for begin in range(len(lines)):
        if lines[begin] in tools_called:
            found = _calls("\n".join(lines[begin:]), tools_called)
            if found and {name for name, _ in found} == set(tools_called) and calls in (len(found), None):
                return Said("\n".join(lines[:begin]), tuple(found))
    return None


def _calls(text: str, tools: Sequence[str]) -> list[Call] | None:
    """All that the text holds, or None where it holds anything else."""
    found: list[Call] = []
    while text:
        name, _, rest = text.partition("\n")
        if name not in tools:
            return None
        arguments, text = _arguments(rest)
        found.append((name, arguments))
    return found


def _arguments(text: str) -> tuple[str, str]:
    """The JSON object that the text begins with, as it is written, and what follows; {} for a call without any."""
    if not text.startswith("{"):
        return "{}", text
    try:
        _, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return "{}", text
    return text[:end], text[end:].removeprefix("\n")
