"""Validators in their order, and a decision for each action."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from typing import Any

from metabot_instrument.validation.action import Action
from metabot_instrument.validation.asked import Asked
from metabot_instrument.validation.course import Ask, Course, Limits, OnFailure, Wait
from metabot_instrument.validation.decision import Decision
from metabot_instrument.validation.guarded import Guarded
from metabot_instrument.validation.quick import AtOnce
from metabot_instrument.validation.validator import Hearing, Validator


class ValidationPipeline:
    """Asks the validator of the highest priority first; a modified action goes on modified.

    An action is asked for again `retries` times and for `deadline_seconds` at most, and one call of a validator that is
    not quick takes `validator_seconds` at most. A validator that raises, hangs or gives no verdict has failed:
    `on_failure` rejects the action, or lets it pass.
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
        self._asked = tuple(_asked(each) for each in sorted(validators, key=lambda each: -each.priority))

    @classmethod
    def configured(cls, tables: Iterable[Mapping[str, Any]], **options: Any) -> ValidationPipeline:
        """From tables as `{"type": "rate_limit", "priority": 50, "requests_per_minute": 60}`."""
        raise NotImplementedError

    def validate(self, action: Action) -> Decision:
        """Calls and waits in this thread: inside a running event loop use `validate_async`."""
        course = Course(self._asked, action, self._limits).run()
        step = next(course)
        while not isinstance(step, Decision):
            if isinstance(step, Ask):
                step = course.send(step.asked.way.call(step.action, step.seconds))
            elif isinstance(step, Wait):
                time.sleep(step.seconds)
                step = course.send(None)
        return step

    async def validate_async(self, action: Action) -> Decision:
        course = Course(self._asked, action, self._limits).run()
        step = next(course)
        while not isinstance(step, Decision):
            if isinstance(step, Ask):
                step = course.send(await step.asked.way.call_async(step.action, step.seconds))
            elif isinstance(step, Wait):
                await asyncio.sleep(step.seconds)
                step = course.send(None)
        return step

    def heard(self, decision: Decision, *, ok: bool) -> None:
        """Tells the validators that let the action pass how it has ended."""
        for hearing, action in decision.let_pass:
            hearing.heard(action, ok)

    def guarded(self, action: Action) -> Guarded:
        """For `with` and `async with`: what runs inside may run, and validators are told how it ended.

        Entering it gives the decision, and raises RejectedActionError where the action may not run.
        """
        return Guarded(self, action)


def _asked(validator: Validator) -> Asked:
    return Asked(
        name=validator.name,
        can_modify=validator.can_modify,
        reasons=getattr(validator, "reasons", None),
        hearing=validator if isinstance(validator, Hearing) else None,
        way=AtOnce(validator.validate),
    )
