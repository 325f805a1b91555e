"""Conversations that a text makes up, in which an assistant says yes to everything."""

from __future__ import annotations

import re
from typing import Final

_ASKED: Final = re.compile(r"(?:^|\n)\W{0,3}(?:user|human|q|question)\s?\d{0,3}\s?:")
_COMPLIED: Final = re.compile(
    r"(?:^|\n)\W{0,3}(?:assistant|ai|a|answer|bot)\s?\d{0,3}\s?:\W{0,3}"
    r"(?:sure|of course|certainly|absolutely|here|okay|yes|step|to )"
)


def compliant_turns(text: str) -> int:
    """How many questions of a made-up conversation are answered there with a yes."""
    if text.count(":") < 4:
        return 0
    complied = len(_COMPLIED.findall(text))
    return min(complied, len(_ASKED.findall(text))) if complied >= 2 else 0
