"""What a question to a model has to pass, and each of its requests: validators of actions, as in any application."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from metabot.own_calls import broken_after, objection
from metabot_instrument.validation.action import Action
from metabot_instrument.validation.decision import Decision
from metabot_instrument.validation.pipeline import ValidationPipeline
from metabot_instrument.validation.rate_limit import RateLimit
from metabot_instrument.validation.validator import Validator

BROKEN_AFTER: Final = 3  # questions in a row that came to nothing
_PASS: Final = 1e9  # seconds: longer than any


class Gate:
    """Of one server, for one pass. `deadline_seconds` is for the validators of a question."""

    def __init__(
        self, server: str, *, requests_per_minute: int, deadline_seconds: float, validators: Sequence[Validator] = ()
    ) -> None:
        self._server = server
        # A bucket lets burst + rate - 1 pass within a minute: that is what the setting allows, half of it at once.
        burst = (requests_per_minute + 1) // 2
        self._limit = RateLimit(requests_per_minute=requests_per_minute - burst + 1, burst=burst)
        # It is asked first: nobody needs to look at what is not sent anyway.
        self._breaker = broken_after(BROKEN_AFTER, window_seconds=_PASS, open_seconds=_PASS, priority=1_000)
        self._questions = ValidationPipeline([self._breaker, *validators], deadline_seconds=deadline_seconds)

    def question(self, text: str) -> Decision:
        return self._questions.validate(Action("model_call", self._server, text))

    def why_not(self, decision: Decision) -> str | None:
        """In words, why a question is not asked; None where it is. One that a validator would change is not."""
        if decision.outcome == "approved":
            return None
        if self._breaker.state(self._server) != "closed":
            return f"failed {BROKEN_AFTER} times in a row and is not asked again in this pass"
        return f"is not asked: {objection(decision, 'the question')}"

    def heard(self, decision: Decision, *, answered: bool) -> None:
        self._questions.heard(decision, ok=answered)

    def turn(self, seconds: float) -> bool:
        """Waits for the next request's turn; False, at once, where it comes later than in so many seconds."""
        return (
            ValidationPipeline([self._limit], deadline_seconds=seconds)
            .validate(Action("model_request", self._server))
            .allowed
        )
