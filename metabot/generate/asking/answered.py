"""What comes back from one request: pieces of an answer, the answer, or how the request failed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal

_MOST_TOKENS: Final = 10**9  # that a server can have counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of an answer as the server sent it; token counts come once, with the last one, or never."""

    text: str = ""
    refusal: str = ""
    is_choice: bool = False  # and not the counts alone, or something that is no part of an answer
    finish_reason: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """Made of the server's words, which are a stranger's, and never of an exception: those hold headers."""

    why: Literal["status", "unreachable", "stalled", "broken", "nonsense", "too large", "elsewhere"]
    words: str = ""
    status: int | None = None
    parameter: str = ""  # that the server does not take
    code: str = ""
    retry_after: float | None = None  # seconds

    @property
    def was_paid(self) -> bool:
        """Whether the server may have answered, and charged for it."""
        return self.why in ("stalled", "broken", "nonsense", "too large")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    text: str
    refusal: str
    finish_reason: str
    input_tokens: int | None  # None: the server does not say
    output_tokens: int | None
    cached_tokens: int | None


def piece_of(data: Any) -> Piece:
    """Out of a chunk of a stream or a whole completion, as any server may have made it up."""
    choice = _first(_of(data, "choices", list))
    said = _of(choice, "delta", dict) or _of(choice, "message", dict) or {}
    usage = _of(data, "usage", dict)
    return Piece(
        text=_of(said, "content", str) or "",
        refusal=_of(said, "refusal", str) or "",
        is_choice=isinstance(choice, dict),
        finish_reason=_of(choice, "finish_reason", str),
        input_tokens=_count(usage, "prompt_tokens"),
        output_tokens=_count(usage, "completion_tokens"),
        cached_tokens=_count(_of(usage, "prompt_tokens_details", dict), "cached_tokens"),
    )


def _of(data: Any, key: str, kind: type) -> Any:
    value = data.get(key) if isinstance(data, dict) else None
    return value if type(value) is kind else None


def _first(values: list[Any] | None) -> Any:
    return values[0] if values else None


def _count(usage: Any, key: str) -> int | None:
    value = _of(usage, key, int)
    return value if value is not None and 0 <= value <= _MOST_TOKENS else None


def gathered(pieces: Iterable[Piece | Failed]) -> Answered | Failed:
    """The whole answer. One that ends without a finish reason was cut off on its way."""
    text, refusal, last, strange = [], [], Piece(), False
    for piece in pieces:
        if isinstance(piece, Failed):
            return piece
        strange = strange or not (piece.is_choice or piece.input_tokens is not None)
        text.append(piece.text)
        refusal.append(piece.refusal)
        last = Piece(
            finish_reason=piece.finish_reason or last.finish_reason,
            input_tokens=_newest(piece.input_tokens, last.input_tokens),
            output_tokens=_newest(piece.output_tokens, last.output_tokens),
            cached_tokens=_newest(piece.cached_tokens, last.cached_tokens),
        )
    if last.finish_reason is None:
        return Failed(why="nonsense" if strange else "broken")
    return Answered(
        text="".join(text),
        refusal="".join(refusal),
        finish_reason=last.finish_reason,
        input_tokens=last.input_tokens,
        output_tokens=last.output_tokens,
        cached_tokens=last.cached_tokens,
    )


def _newest(new: int | None, old: int | None) -> int | None:
    return old if new is None else new
