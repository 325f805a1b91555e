"""What a line says about how something ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from metabot.telemetry.attributes import Attributes, as_text, first, text
from metabot.telemetry.record import Status

BLOCKED: Final = "blocked"
_WORDS: Final[Mapping[str, Status]] = {
    **dict.fromkeys(("success", "succeeded", "ok", "completed", "complete", "done", "passed", "true", "allowed"), "ok"),
    **dict.fromkeys(("error", "failed", "failure", "fail", "exception", "timeout", "crashed", "false"), "error"),
}
_MESSAGES: Final = ("error_message", "error", "exception", "message", "reason", "detail", "details")
_TYPES: Final = ("error_type", "exception_type", "error.type", "exception.type")


class Failure(NamedTuple):
    type: str | None
    message: str | None


def status_of(word: object) -> Status:
    """A word or a truth. What was blocked did not fail: somebody decided that it should not go on. It is unset."""
    if isinstance(word, bool):
        return "ok" if word else "error"
    return _WORDS.get(word.strip().lower(), "unset") if isinstance(word, str) else "unset"


def failure(told: Attributes) -> Failure:
    """The type and the message of an error, out of the fields beside it or of an object in their place."""
    nested = told.get("error")
    if isinstance(nested, Mapping):
        inner = {name: nested.get(name) for name in ("type", "message")}
        return Failure(text(first(told, _TYPES)) or text(inner["type"]), text(inner["message"]) or as_text(nested))
    return Failure(text(first(told, _TYPES)), said(told))


def said(told: Attributes) -> str | None:
    """What a line says in words."""
    for name in _MESSAGES:  # a loop, because every line asks
        if found := text(told.get(name)):
            return found
    return None
