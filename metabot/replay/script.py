"""What a script says: how the model answers, how long it takes and what its provider caches."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

Role = Literal["system", "user", "assistant", "tool"]
Template = str | int | float | bool | None | list[Any] | dict[str, Any]
"""A JSON value in whose strings `{name}` stands for a captured text."""


class ScriptError(Exception):
    """The script cannot be used. The message says which file, which rule and what to write instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePattern:
    """Searched in the messages of one role, in order; the first message in which it is found counts."""

    role: Role
    pattern: re.Pattern[str]
    tool: str | None = None  # of the role tool: results of this tool only


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    name: str
    arguments: dict[str, Template]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Answers the requests that fulfil all its conditions. A condition that is None is none."""

    name: str
    assistant_turns: int | None  # assistant messages in the request
    tool_results: frozenset[str] | None  # the tools whose results have come: these and no others
    messages: tuple[MessagePattern, ...]
    text: str | None
    json: Template  # the text is this value as JSON
    tool_calls: tuple[ToolCall, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Modelled times in milliseconds, before `--speed` divides them."""

    distribution: Literal["lognormal", "constant"] = "constant"
    first_token_median_ms: float = 0.0
    first_token_sigma: float = 0.0  # of the time's natural logarithm
    uncached_input_token_ms: float = 0.0
    output_token_ms: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cache:
    """Prompt caching as OpenAI documents it: https://platform.openai.com/docs/guides/prompt-caching"""

    min_tokens: int = 1024
    step_tokens: int = 128
    idle_seconds: float = 300.0  # documented: 5 to 10 minutes without use


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    path: str
    model: str
    timing: Timing
    cache: Cache
    capture: tuple[MessagePattern, ...]  # texts for every rule's answer; what is not found is an empty text
    rules: tuple[Rule, ...]
