"""What an agent is about to do. Standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Action:
    """`kind` says what it is (tool_call, model_call, message, …), `key` whom or what it is counted for (a user, a
    provider), `text` is what is said or asked, `arguments` are the rest.

    Of an action the telemetry gets its kind and its key, so a key is an identifier, no text.
    """

    kind: str
    key: str = ""
    text: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict, hash=False)
