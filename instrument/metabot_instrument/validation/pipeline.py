"""Validators in their order, and a decision for each action."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Generator, Iterable, Mapping
from typing import Any, Final

from metabot_instrument.boundary import contained
from metabot_instrument.validation.action import Action
from metabot_instrument.validation.course import BROKEN, NO_ACTION, TOO_DEEP, Ask, Course, Limits, Next, OnFailure
from metabot_instrument.validation.decision import Decision
from metabot_instrument.validation.guarded import Guarded
from metabot_instrument.validation.patience import Patience, patience
from metabot_instrument.validation.prepared import asked, checked
from metabot_instrument.validation.registry import made
from metabot_instrument.validation.told import Telling
from metabot_instrument.validation.validator import Hearing, TakesBack, Validator

_MOST_DEPTH: Final = 4  # of validators that validate


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
        self._asked = tuple(asked(each) for each in checked(list(validators)))
        self._telling = Telling(self._asked)

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
        course = self._course(action)
        around = _enter(course)
        try:
            run = course.run()
            step = _first(course, run)
            while not isinstance(step, Decision):
                given: object = None
                if isinstance(step, Ask):
                    given = step.asked.way.call(step.action, step.seconds)
                else:
                    time.sleep(step.seconds)
                step = _next(run, given) or course.decision("rejected", BROKEN)
        finally:
            _leave(course, around)
        self._telling.tell(action, step)
        return step

    async def validate_async(self, action: Action) -> Decision:
        """As `validate`, and the event loop goes on meanwhile."""
        course = self._course(action)
        around = _enter(course)
        try:
            run = course.run()
            step = _first(course, run)
            while not isinstance(step, Decision):
                given: object = None
                if isinstance(step, Ask):
                    given = await step.asked.way.call_async(step.action, step.seconds)
                else:
                    await asyncio.sleep(step.seconds)
                step = _next(run, given) or course.decision("rejected", BROKEN)
        finally:
            _leave(course, around)
        self._telling.tell(action, step)
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
        self._telling.tell_end(decision, ok=ok)
        for hearing, action in decision.let_pass:
            _tell(hearing, action, ok)

    def _course(self, action: Action) -> Course:
        around = patience.get()
        return Course(self._asked, action, self._limits, 1 if around is None else around.depth + 1)


def _enter(course: Course) -> Patience | None:
    around = patience.get()
    patience.set(course.patience)
    return around


def _leave(course: Course, around: Patience | None) -> None:
    if in_hand := course.in_hand():
        patience.set(course.patience)  # a coroutine may be closed in another context, so nothing is `reset` either
        for taker, action in in_hand:
            _take_back(taker, action)
    patience.set(around)


def _first(course: Course, run: Generator[Next, object, None]) -> Next:
    if not isinstance(course.action, Action):
        return course.decision("rejected", NO_ACTION)
    if course.patience.depth > _MOST_DEPTH:
        return course.decision("rejected", TOO_DEEP)
    return _next(run, None) or course.decision("rejected", BROKEN)


@contained("validation", None)
def _next(run: Generator[Next, object, None], given: object) -> Next:
    return run.send(given)


@contained("validator_heard", None)
def _tell(hearing: Hearing, action: Action, ok: bool) -> None:
    hearing.heard(action, ok)


@contained("validator_took_back", None)
def _take_back(taker: TakesBack, action: Action) -> None:
    taker.take_back(action)
