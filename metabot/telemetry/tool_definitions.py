"""Which tools a request defines: their names, and how long each definition is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from metabot.telemetry.attributes import Attributes, as_text, items, parsed, text
from metabot.telemetry.messages import tools_of

_DECLARATIONS: Final = ("function_declarations", "functionDeclarations")  # Google's: one tool holds several


class Tool(NamedTuple):
    name: str
    chars: int


def tools_offered(attributes: Attributes) -> list[Tool]:
    """In the request's order, each name once; a definition without a name is passed over."""
    found = {tool.name: tool for recorded in tools_of(attributes) for tool in _tools(recorded)}
    return list(found.values())


def _tools(recorded: object) -> Iterator[Tool]:
    definition = parsed(recorded)
    if not isinstance(definition, dict):
        return
    declared = [one for name in _DECLARATIONS for one in items(definition, name)]
    if declared:
        for one in declared:
            yield from _tools(one)
        return
    described = definition.get("toolSpec") or parsed(definition.get("function"))  # Bedrock's, OpenAI's
    own = described if isinstance(described, dict) else definition
    name = text(own.get("name")) or text(definition.get("tool.name"))
    if name:
        yield Tool(name, len(as_text(recorded) or ""))
