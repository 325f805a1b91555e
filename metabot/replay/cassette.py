"""What a cassette holds: recorded or scripted exchanges with models and tools, in the order of their sequences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from metabot.replay.blanks import Blanks
from metabot.replay.likeness import Likeness
from metabot.replay.script import Cache

SCHEMA: Final = "metabot.cassette/1"

Kind = Literal["model", "tool"]


class CassetteError(Exception):
    """The cassette cannot be used. The message says which file, which line and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a model said."""

    text: str
    calls: tuple[tuple[str, str, str], ...]  # id, tool, arguments as JSON
    finish_reason: str
    prompt_tokens: int | None  # as the provider counted; None is unknown
    completion_tokens: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a tool answered, or what anyone answered who failed."""

    status: int
    body: Any  # a text goes out as it is, anything else as JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    kind: Kind
    sequence: str  # of the session, or the trace where no session was recorded
    number: int  # in its sequence
    request: str | None  # hash of the request; None: only its texts were recorded, or it was redacted
    texts: tuple[str, ...]  # of a model's request: the hash of each text
    likeness: Likeness
    modelled_tokens: int | None  # of the request's texts, by the replay's own rule
    answer: Answer | Reply
    blanks: Blanks = field(default_factory=dict)  # where a model's request says what was redacted in its answer
    first_token_ms: float | None
    total_ms: float | None

    @property
    def failed(self) -> bool:
        return isinstance(self.answer, Reply) and self.answer.status >= 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Cassette:
    path: str
    exchanges: tuple[Exchange, ...]
    cache: Cache = field(default_factory=Cache)
    left_out: Mapping[str, int] = field(default_factory=dict)  # exchanges that could not be recorded, by reason
    removed: Mapping[str, int] = field(default_factory=dict)  # what was redacted, by kind

    @property
    def models(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one.likeness.model for one in self.exchanges if one.kind == "model"))
