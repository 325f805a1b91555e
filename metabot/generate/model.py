"""The one place that speaks to a language model: any server with OpenAI's chat completions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from metabot.stopped import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    role: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the model said, whole (`stop`) or cut at the limit (`length`)."""

    text: str
    finish_reason: str
    input_tokens: int
    output_tokens: int
    cost_usd: float | None  # None: the model's price is not known


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """Why there is no reply: for a `Stopped` at `written`."""

    reason: Reason
    detail: str
