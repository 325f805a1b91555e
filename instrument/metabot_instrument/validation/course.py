"""How a pipeline comes to a decision, without any input or output: whoever runs it calls and waits, and says so back.

Each validator is asked in its turn. One that says `Retry` is asked again, and those before it are not: what they said
holds, so no rate is used up twice and nothing is modified twice. Each is shown an action of its own, by which it also
knows which one has ended; what was decided on is what may run. Attempts are counted, and the deadline runs, over the
whole course.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from math import inf
from typing import Literal, NamedTuple, TypeAlias, get_args

from metabot_instrument.validation.action import Action
from metabot_instrument.validation.answer import Answer, Failed, answer_of, reason_of, said, wait_of
from metabot_instrument.validation.apart import apart
from metabot_instrument.validation.decision import Decision, Outcome, Step
from metabot_instrument.validation.member import Member
from metabot_instrument.validation.patience import Patience
from metabot_instrument.validation.validator import Hearing, TakesBack
from metabot_instrument.validation.verdict import Approved, Modified, Rejected, Retry

RETRIES_EXHAUSTED = "retries exhausted"
DEADLINE_PASSED = "deadline passed"
TOO_DEEP = "validates within itself too deeply"
NO_ACTION = "is no action"
BROKEN = "the pipeline failed"
OWN_REASONS = frozenset((RETRIES_EXHAUSTED, DEADLINE_PASSED, TOO_DEEP, NO_ACTION, BROKEN))
MOST_RETRIES = 100
MOST_DEPTH = 4  # of validators that validate

OnFailure: TypeAlias = Literal["reject", "approve"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """`on_failure` is what a validator that failed counts as."""

    retries: int
    deadline_seconds: float
    validator_seconds: float
    on_failure: OnFailure

    def __post_init__(self) -> None:
        if isinstance(self.retries, bool) or not isinstance(self.retries, int) or not 0 <= self.retries <= MOST_RETRIES:
            raise ValueError(f"retries = {self.retries!r}: say a whole number between 0 and {MOST_RETRIES}.")
        for name in ("deadline_seconds", "validator_seconds"):
            seconds = getattr(self, name)
            if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds < inf:
                raise ValueError(f"{name} = {seconds!r}: say a number of seconds above 0.")
        if self.on_failure not in get_args(OnFailure):
            raise ValueError(f"on_failure = {self.on_failure!r}: say reject or approve.")


class Ask(NamedTuple):
    member: Member
    action: Action
    seconds: float


class Wait(NamedTuple):
    seconds: float


Next: TypeAlias = Ask | Wait | Decision


class Course:
    """One action on its way through the validators."""

    __slots__ = (
        "_attempt",
        "_began",
        "_last",
        "_let_pass",
        "_limits",
        "_members",
        "_seen",
        "_steps",
        "_until",
        "action",
        "in_hand",
        "patience",
    )

    def __init__(self, members: Sequence[Member], action: Action, limits: Limits, depth: int) -> None:
        self._members, self._limits = members, limits
        self.action = self._seen = action  # what goes on, and what the validator that was asked last was shown of it
        self._attempt = 1
        self._began = time.monotonic()
        self._until = self._began + limits.deadline_seconds
        self.patience = Patience(self._until, depth)
        self._steps: list[Step] = []
        self._last: tuple[Outcome, str, str] = ("approved", "", "")  # with its reason and whose it is
        self._let_pass: list[tuple[Hearing, Action]] = []
        self.in_hand: list[tuple[TakesBack, Action]] = []  # with what those that take back were asked, until it may run

    def run(self) -> Generator[Next, object, None]:
        """Gives what is to be done next, is sent what a call gave, and gives the decision last."""
        if not isinstance(self.action, Action):
            yield self.decision("rejected", NO_ACTION)
            return
        if self.patience.depth > MOST_DEPTH:
            yield self.decision("rejected", TOO_DEEP)
            return
        self.action = apart(self.action)
        for member in self._members:
            answer = yield from self._answer(member)
            if not self._passes(member, answer):
                yield self.decision("rejected", reason_of(answer), member.name)
                return
        decided = self.decision(*self._last)
        self.in_hand.clear()
        yield decided

    def _answer(self, member: Member) -> Generator[Next, object, Answer]:
        """One validator's, for as long as it says `Retry` and that is allowed."""
        while (left := self._until - (called := time.monotonic())) > 0:
            self.patience.until = self._until if self._attempt <= self._limits.retries else 0.0
            self._seen = apart(self.action)
            if member.takes_back is not None:
                self.in_hand.append((member.takes_back, self._seen))
            given = yield Ask(member, self._seen, min(left, self._limits.validator_seconds))
            answer = answer_of(given, can_modify=member.can_modify)
            self._note(member, answer, time.monotonic() - called)
            if not isinstance(answer, Retry):
                return answer
            if not self._may_wait(wait := wait_of(answer)):
                return Rejected(RETRIES_EXHAUSTED)
            yield Wait(wait)
            self._attempt += 1
        return Rejected(DEADLINE_PASSED)

    def decision(self, outcome: Outcome, reason: str, validator: str = "") -> Decision:
        return Decision(
            outcome=outcome,
            action=self.action,
            reason=reason,
            validator=validator,
            latency_ms=(time.monotonic() - self._began) * 1_000,
            attempts=self._attempt,
            steps=tuple(self._steps),
            asked_at=self._began,
            let_pass=tuple(self._let_pass),
        )

    def _may_wait(self, seconds: float) -> bool:
        return self._attempt <= self._limits.retries and time.monotonic() + seconds < self._until

    def _passes(self, member: Member, answer: Answer) -> bool:
        """Whether the action goes on to the next validator, as it stands then."""
        if isinstance(answer, Rejected) or (isinstance(answer, Failed) and self._limits.on_failure == "reject"):
            return False
        if member.hearing is not None and isinstance(answer, Approved | Modified):
            self._let_pass.append((member.hearing, self._seen))
        if isinstance(answer, Modified):
            self.action = apart(answer.action)
            self._last = ("modified", reason_of(answer), member.name)
        return True

    def _note(self, member: Member, answer: Answer, took: float) -> None:
        error = answer.error if isinstance(answer, Failed) else None
        self._steps.append(Step(member.name, said(answer), reason_of(answer), took * 1_000, self._attempt, error))
