"""What is answered, and when it is due."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from metabot.replay.completion import Completion

Way = Literal["rule", "hash", "sequence", "nearest"]
"""How an answer was found: by a script's rule, or by what of a cassette's exchange is the request's."""


class NotServed(Exception):  # noqa: N818 - what OpenAI answers with 404
    """The request is well formed, and nothing that is played answers it."""

    def __init__(self, message: str, *, code: str, param: str | None) -> None:
        super().__init__(message)
        self.code = code
        self.param = param


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Seconds after the request came, already divided by the speed."""

    first_token: float
    token: float  # between two tokens
    whole: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """`read_prompt` is called when the first token is due. A plain body stands in the place of a completion."""

    way: Way
    status: int
    completion: Completion | None
    body: Any
    due: Due
    stream: bool
    include_usage: bool
    row: Mapping[str, Any]  # of the request log
    read_prompt: Callable[[], None] = field(default=lambda: None)
