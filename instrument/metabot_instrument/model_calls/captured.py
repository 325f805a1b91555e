"""Which of a call's texts are recorded: the texts, hashes and lengths that stand for them, or nothing."""

from __future__ import annotations

from typing import Any

from metabot_instrument.model_calls.spoken import Asked, Message, plain, texts
from metabot_instrument.model_calls.values import as_json, as_text, text
from metabot_instrument.settings import Capture
from metabot_instrument.vocabulary import attributes as names
from metabot_instrument.vocabulary.blocks import SIZE, chained, hash_text


def of_request(asked: Asked, capture: Capture) -> dict[str, Any]:
    """The tools' names and lengths whatever is captured; of the rest nothing without a message that has text."""
    definitions = [as_text(tool) or "" for tool in asked.tools]
    named = {text(tool.get("name")): len(told) for tool, told in zip(asked.tools, definitions, strict=True)}
    offered = {name: chars for name, chars in named.items() if name}
    found: dict[str, Any] = {names.TOOLS_OFFERED: list(offered), names.TOOLS_CHARS: list(offered.values())}
    spoken = [*texts(asked.instructions), *(one for message in asked.messages for one in texts(message["parts"]))]
    if capture == "none" or not asked.messages or not spoken:
        return found if offered else {}
    if capture == "text":
        return {
            names.TOOL_DEFINITIONS: as_json(asked.tools) if asked.tools else None,
            names.INSTRUCTIONS: as_json(asked.instructions) if asked.instructions else None,
            names.INPUT_MESSAGES: as_json(asked.messages),
        }
    return {**(found if offered else {}), **_hashed([*filter(None, definitions), *spoken], asked.messages[-1])}


def _hashed(read: list[str], last: Message) -> dict[str, Any]:
    said = plain(last["parts"])
    return {
        names.PROMPT_BLOCKS: _hexadecimal(chained(read)),
        names.PROMPT_BLOCK_SIZE: SIZE,
        names.PROMPT_TEXTS: _hexadecimal(map(hash_text, read)),
        names.PROMPT_CHARS: sum(map(len, read)),
        names.PROMPT_LAST: None if said is None else f"{hash_text(''.join(said.split())):016x}",
    }


def of_answer(answered: list[Message], capture: Capture) -> dict[str, Any]:
    """Names and ids of the tools that it calls whatever is captured."""
    if capture == "text":
        return {names.OUTPUT_MESSAGES: as_json(answered)} if answered else {}
    calls = [part for message in answered for part in message["parts"] if part["type"] == "tool_call"]
    called, ids = (list(dict.fromkeys(call[key] for call in calls if key in call)) for key in ("name", "id"))
    found = {names.TOOLS_CALLED: called or None, names.TOOL_CALL_IDS: ids or None}
    said = "\n".join(one for message in answered for one in texts(message["parts"]))
    if capture == "none" or not said:
        return found
    return {**found, names.ANSWER: f"{hash_text(said):016x}", names.ANSWER_CHARS: len(said)}


def _hexadecimal(hashes: Any) -> str:
    return "".join(f"{one:016x}" for one in hashes)
