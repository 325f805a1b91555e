"""What a pipeline says of one action, and how it came to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from metabot_instrument.validation.action import Action
from metabot_instrument.validation.validator import Hearing

Outcome: TypeAlias = Literal["approved", "modified", "rejected"]
Said: TypeAlias = Literal["approved", "modified", "rejected", "retry", "failed"]


@dataclass(frozen=True, slots=True)
class Step:
    """One call of one validator. `error` is what it raised: its words are for the application, not for telemetry."""

    validator: str
    verdict: Said
    reason: str
    latency_ms: float
    attempt: int  # of the action, from 1
    error: BaseException | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Decision:
    """`action` is what may run: the given one, unless validators modified it. Of a rejected one it must not."""

    outcome: Outcome
    action: Action
    reason: str  # "" where nobody had any
    validator: str  # who rejected it, or modified it last; else ""
    latency_ms: float  # with what was waited between attempts
    attempts: int
    steps: tuple[Step, ...]
    asked_at: float = field(default=0.0, repr=False, compare=False)  # of time.monotonic()
    let_pass: tuple[tuple[Hearing, Action], ...] = field(default=(), repr=False, compare=False)

    @property
    def allowed(self) -> bool:
        """Whether `action` may run."""
        return self.outcome != "rejected"


def kind_of(action: object) -> str:
    """Of what is no action, what it is instead."""
    return action.kind if isinstance(action, Action) else type(action).__name__


class RejectedActionError(Exception):
    """An action was rejected, so what it guards did not run."""

    def __init__(self, decision: Decision) -> None:
        by = f" by {decision.validator}" if decision.validator else ""
        super().__init__(f"{kind_of(decision.action)}: rejected{by}: {decision.reason}")
        self.decision = decision
