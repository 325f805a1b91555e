"""What a model span says of its texts by hashes and lengths alone: the fields that the texts would have given.

`metabot_instrument` writes them where it does not record texts. What is not as it writes it is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from metabot.telemetry.attributes import Attributes, integer, items, text
from metabot.telemetry.pieces import hash_text
from metabot_instrument.vocabulary import attributes as names

_HASHES: Final = re.compile(r"(?:[0-9a-f]{16})+")
_LONGEST: Final = 2**32 - 1  # characters of a definition, as they are stored
NAMES: Final = frozenset(
    {
        names.PROMPT_BLOCKS, names.PROMPT_BLOCK_SIZE, names.PROMPT_TEXTS, names.PROMPT_CHARS, names.PROMPT_LAST,
        names.ANSWER, names.ANSWER_CHARS, names.TOOLS_CALLED, names.TOOL_CALL_IDS, names.TOOLS_OFFERED,
        names.TOOLS_CHARS,
    }
)  # fmt: skip


def completed(spoken: Mapping[str, Any], attributes: Attributes) -> dict[str, Any]:
    """The fields of `ModelCall` that come from texts; those that no text told are taken from what stands for it."""
    if NAMES.isdisjoint(attributes):
        return dict(spoken)
    found = {**_offered(attributes), **_answered(attributes)}
    if not spoken["request_hashes"]:
        found |= _asked(attributes)
    return {name: told if told or found.get(name) is None else found[name] for name, told in spoken.items()}


def _asked(attributes: Attributes) -> dict[str, Any]:
    request = _hashes(attributes.get(names.PROMPT_TEXTS))
    blocks, size = _hashes(attributes.get(names.PROMPT_BLOCKS)), integer(attributes.get(names.PROMPT_BLOCK_SIZE))
    last = _hashes(attributes.get(names.PROMPT_LAST))
    return {
        "prompt_chars": integer(attributes.get(names.PROMPT_CHARS)),
        "prompt_hash": hash_text("".join(f"{one:016x}" for one in request)) if request else None,
        "request_hashes": request,
        "block_hashes": blocks if size else (),
        "block_size": size or None,
        "block_unit": "characters" if size else None,
        "last_message": last[0] if len(last) == 1 else None,
    }


def _answered(attributes: Attributes) -> dict[str, Any]:
    answer = _hashes(attributes.get(names.ANSWER))
    return {
        "answer_hash": answer[0] if len(answer) == 1 else None,
        "answer_chars": integer(attributes.get(names.ANSWER_CHARS)),
        "tools_called": _texts(attributes.get(names.TOOLS_CALLED)),
        "tool_call_ids": _texts(attributes.get(names.TOOL_CALL_IDS)),
    }


def _offered(attributes: Attributes) -> dict[str, Any]:
    tools = _texts(attributes.get(names.TOOLS_OFFERED))
    chars = tuple(map(integer, items(attributes.get(names.TOOLS_CHARS))))
    known = len(chars) == len(tools) and all(one is not None and one <= _LONGEST for one in chars)
    return {"tools_offered": tools, "tools_chars": chars} if known else {}


def _hashes(told: object) -> tuple[int, ...]:
    digits = text(told) or ""
    if not _HASHES.fullmatch(digits):
        return ()
    return tuple(int(digits[at : at + 16], 16) for at in range(0, len(digits), 16))


def _texts(told: object) -> tuple[str, ...]:
    return tuple(one for one in map(text, items(told)) if one)
