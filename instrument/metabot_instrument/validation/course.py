"""How a pipeline comes to a decision, without any input or output: whoever runs it calls and waits, and says so back.

Each validator is asked in its turn. One that says `Retry` is asked again, and those before it are not: what they said
holds, so no rate is used up twice and nothing is modified twice. Attempts are counted, and the deadline runs, over the
whole course.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from metabot_instrument.validation.action import Action
from metabot_instrument.validation.asked import Answer, Asked, Failed, answer_of, reason_of, said, wait_of
from metabot_instrument.validation.decision import Decision, Outcome, Step
from metabot_instrument.validation.patience import Patience, patience
from metabot_instrument.validation.validator import Hearing
from metabot_instrument.validation.verdict import Approved, Modified, Rejected, Retry

RETRIES_EXHAUSTED = "retries exhausted"
DEADLINE_PASSED = "deadline passed"

OnFailure: TypeAlias = Literal["reject", "approve"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """`on_failure` is what a validator that failed counts as."""

    retries: int
    deadline_seconds: float
    validator_seconds: float
    on_failure: OnFailure


class Ask(NamedTuple):
    asked: Asked
    action: Action
    seconds: float


class Wait(NamedTuple):
    seconds: float


Next: TypeAlias = Ask | Wait | Decision


class Course:
    """One action on its way through the validators."""

    __slots__ = (
        "_action",
        "_attempt",
        "_began",
        "_last",
        "_let_pass",
        "_limits",
        "_patience",
        "_steps",
        "_until",
        "_validators",
    )

    def __init__(self, validators: Sequence[Asked], action: Action, limits: Limits) -> None:
        self._validators, self._limits = validators, limits
        self._action = action
        self._attempt = 1
        self._began = time.monotonic()
        self._until = self._began + limits.deadline_seconds
        self._patience = Patience(self._until)
        self._steps: list[Step] = []
        self._last: tuple[Outcome, str, str] = ("approved", "", "")  # with its reason and whose it is
        self._let_pass: list[tuple[Hearing, Action]] = []

    def run(self) -> Generator[Next, object, None]:
        """Gives what is to be done next, is sent what a call gave, and gives the decision last."""
        for asked in self._validators:
            while True:
                left = self._until - time.monotonic()
                if left <= 0:
                    yield self.decision("rejected", DEADLINE_PASSED, asked.name)
                    return
                called = time.monotonic()
                self._patience.until = self._until if self._attempt <= self._limits.retries else 0.0
                around = patience.get()
                patience.set(self._patience)
                given = yield Ask(asked, self._action, min(left, self._limits.validator_seconds))
                patience.set(around)
                answer = answer_of(given, asked)
                self._note(asked, answer, time.monotonic() - called)
                if not isinstance(answer, Retry):
                    break
                if not self._may_wait(wait := wait_of(answer)):
                    yield self.decision("rejected", RETRIES_EXHAUSTED, asked.name)
                    return
                yield Wait(wait)
                self._attempt += 1
            if not self._passes(asked, answer):
                yield self.decision("rejected", reason_of(answer), asked.name)
                return
        yield self.decision(*self._last)

    def decision(self, outcome: Outcome, reason: str, validator: str = "") -> Decision:
        return Decision(
            outcome=outcome,
            action=self._action,
            reason=reason,
            validator=validator,
            latency_ms=(time.monotonic() - self._began) * 1_000,
            attempts=self._attempt,
            steps=tuple(self._steps),
            let_pass=tuple(self._let_pass) if outcome != "rejected" else (),
        )

    def _may_wait(self, seconds: float) -> bool:
        return self._attempt <= self._limits.retries and time.monotonic() + seconds < self._until

    def _passes(self, asked: Asked, answer: Answer) -> bool:
        """Whether the action goes on to the next validator, as it stands then."""
        if isinstance(answer, Rejected) or (isinstance(answer, Failed) and self._limits.on_failure == "reject"):
            return False
        if asked.hearing is not None and isinstance(answer, Approved | Modified):
            self._let_pass.append((asked.hearing, self._action))
        if isinstance(answer, Modified):
            self._action = answer.action
            self._last = ("modified", reason_of(answer), asked.name)
        return True

    def _note(self, asked: Asked, answer: Answer, took: float) -> None:
        error = answer.error if isinstance(answer, Failed) else None
        self._steps.append(Step(asked.name, said(answer), reason_of(answer), took * 1_000, self._attempt, error))
