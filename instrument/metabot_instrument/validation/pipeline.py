"""Validators in their order, and a decision for each action."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Generator, Iterable, Mapping, Sequence
from typing import Any, Self

from metabot_instrument.boundary import contained
from metabot_instrument.validation.action import Action
from metabot_instrument.validation.course import BROKEN, Ask, Course, Limits, Next, OnFailure
from metabot_instrument.validation.decision import Decision
from metabot_instrument.validation.guarded import Guarded
from metabot_instrument.validation.member import Member, members_of
from metabot_instrument.validation.patience import patience
from metabot_instrument.validation.registry import made
from metabot_instrument.validation.told import DecisionTelemetry
from metabot_instrument.validation.validator import Hearing, TakesBack, Validator


class ValidationPipeline:
    """Asks the validator of the highest priority first; a modified action goes on modified.

    An action is asked for again `retries` times and for `deadline_seconds` at most, and one call of a validator that is
    not quick takes `validator_seconds` at most. A validator that raises, hangs or gives no verdict has failed:
    `on_failure` rejects the action, or lets it pass. Raises ValueError where one of the validators is none, or a limit
    will not do.
    """

    def __init__(
        self,
        validators: Iterable[Validator],
        *,
        retries: int = 3,
        deadline_seconds: float = 30.0,
        validator_seconds: float = 5.0,
        on_failure: OnFailure = "reject",
    ) -> None:
        self._limits = Limits(
            retries=retries,
            deadline_seconds=deadline_seconds,
            validator_seconds=validator_seconds,
            on_failure=on_failure,
        )
        self._members = members_of(validators)
        self._telemetry = DecisionTelemetry(self._members)

    @classmethod
    def configured(cls, tables: Iterable[Mapping[str, Any]], **options: Any) -> ValidationPipeline:
        """From tables as `{"type": "rate_limit", "priority": 50, "requests_per_minute": 60}`.

        `type` is one of `registry.TYPES` or the dotted path of a class of your own; the other keys are its keywords.
        Raises ValueError that names the table, what is wrong with it and what to write.
        """
        return cls(made(tables), **options)

    def validate(self, action: Action) -> Decision:
        """Calls and waits in this thread: inside a running event loop use `validate_async`, or the loop stands still.

        What fails in here rejects the action; only what ends the program is raised.
        """
        with _UnderWay(self._members, action, self._limits) as course:
            step = course.goes_on()
            while not isinstance(step, Decision):
                if isinstance(step, Ask):
                    step = course.goes_on(step.member.way.call(step.action, step.seconds))
                else:
                    time.sleep(step.seconds)
                    step = course.goes_on()
        self._telemetry.tell(action, step)
        return step

    async def validate_async(self, action: Action) -> Decision:
        """As `validate`, and the event loop goes on meanwhile."""
        with _UnderWay(self._members, action, self._limits) as course:
            step = course.goes_on()
            while not isinstance(step, Decision):
                if isinstance(step, Ask):
                    step = course.goes_on(await step.member.way.call_async(step.action, step.seconds))
                else:
                    await asyncio.sleep(step.seconds)
                    step = course.goes_on()
        self._telemetry.tell(action, step)
        return step

    def guarded(self, action: Action) -> Guarded:
        """For `with` and `async with`: what runs inside may run, and validators are told how it ended.

        Entering it gives the decision, and raises RejectedActionError where the action may not run.
        """
        return Guarded(self, action)

    @contained("validator_heard", None)
    def heard(self, decision: Decision, *, ok: bool) -> None:
        """Tells the validators that let the action pass how it has ended, and counts it; `guarded` does both.

        What was rejected has no end.
        """
        if not decision.allowed:
            return
        self._telemetry.tell_end(decision, ok=ok)
        for hearing, action in decision.let_pass:
            _tell(hearing, action, ok)


class _UnderWay:
    """A course while it is run: validators find its patience, and take back what they set apart for nothing."""

    __slots__ = ("_around", "_course", "_steps")

    def __init__(self, members: Sequence[Member], action: Action, limits: Limits) -> None:
        self._around = patience.get()
        self._course = Course(members, action, limits, 1 if self._around is None else self._around.depth + 1)
        self._steps = self._course.run()

    def __enter__(self) -> Self:
        patience.set(self._course.patience)
        return self

    def __exit__(self, *_: object) -> None:
        if self._course.in_hand:
            patience.set(self._course.patience)  # a coroutine may be closed in another context: nothing is `reset`
            for taker, action in self._course.in_hand:
                _take_back(taker, action)
        patience.set(self._around)

    def goes_on(self, given: object = None) -> Next:
        """What is to be done next; `given` is what came of the last."""
        return _next(self._steps, given) or self._course.decision("rejected", BROKEN)


@contained("validation", None)
def _next(run: Generator[Next, object, None], given: object) -> Next:
    return run.send(given)


@contained("validator_heard", None)
def _tell(hearing: Hearing, action: Action, ok: bool) -> None:
    hearing.heard(action, ok)


@contained("validator_took_back", None)
def _take_back(taker: TakesBack, action: Action) -> None:
    taker.take_back(action)
