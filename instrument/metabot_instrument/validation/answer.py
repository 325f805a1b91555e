"""What a validator answers, as a pipeline takes it."""

from __future__ import annotations

from dataclasses import dataclass
from inspect import iscoroutine
from typing import TypeAlias

from metabot_instrument.validation.apart import is_sound
from metabot_instrument.validation.decision import Said
from metabot_instrument.validation.verdict import Approved, Modified, Rejected, Retry, Verdict

NO_VERDICT = "gave no verdict"
NOT_ITS_TO_MODIFY = "modified what it must not"
_LONGEST = 1e9  # seconds; any wait as long is over every deadline


@dataclass(frozen=True, slots=True)
class Failed:
    """A validator gave no answer that counts; `error` is what it raised."""

    reason: str
    error: BaseException | None = None


def raised(error: BaseException) -> Failed:
    """By its type: an exception's own words may be anybody's."""
    return Failed(f"raised {type(error).__name__}", error)


Answer: TypeAlias = Verdict | Failed


def answer_of(given: object, *, can_modify: bool) -> Answer:
    """What was given, if it is a verdict that its validator may give; else a failure."""
    if isinstance(given, Approved):
        return given
    if isinstance(given, Modified):
        if not is_sound(given.action):
            return Failed(NO_VERDICT)
        return given if can_modify else Failed(NOT_ITS_TO_MODIFY)
    if isinstance(given, Retry) and (
        isinstance(given.after_seconds, bool) or not isinstance(given.after_seconds, int | float)
    ):
        return Failed(NO_VERDICT)
    if isinstance(given, Rejected | Retry | Failed):
        return given
    if iscoroutine(given):  # of a function that does not say that it is to be awaited
        given.close()
    return Failed(NO_VERDICT)


def said(answer: Answer) -> Said:
    match answer:
        case Approved():
            return "approved"
        case Modified():
            return "modified"
        case Rejected():
            return "rejected"
        case Retry():
            return "retry"
        case Failed():
            return "failed"


def reason_of(answer: Answer) -> str:
    """A rejection without a proper reason is one all the same."""
    reason: object = "" if isinstance(answer, Approved) else answer.reason
    return reason if isinstance(reason, str) else ""


def wait_of(retry: Retry) -> float:
    """Seconds from 0: what is below that, or no number, is at once."""
    return float(min(max(0, retry.after_seconds), _LONGEST))  # in this order 0 is the greater of 0 and NaN
