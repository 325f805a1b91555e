"""What a validator is to a pipeline."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Protocol, runtime_checkable

from metabot_instrument.validation.action import Action
from metabot_instrument.validation.verdict import Verdict


class Validator(Protocol):
    """`validate` may be a coroutine function. It is given an action of its own: what it changes in place changes
    nothing, so it hands back another.

    A validator may declare `reasons`, a set of all that it gives as reasons: any other is then kept out of the
    telemetry.
    """

    @property
    def name(self) -> str: ...

    @property
    def priority(self) -> int:
        """The highest is asked first; of equal ones the one that was named first."""

    @property
    def can_modify(self) -> bool: ...

    @property
    def quick(self) -> bool:
        """Whether it only computes: it is then called at once, in the caller's thread and without a time limit.

        What waits for anything is not quick: it is called in a thread of the pipeline's, and given up after a while. A
        coroutine function always has its limit.
        """

    def validate(self, action: Action) -> Verdict | Awaitable[Verdict]: ...


@runtime_checkable
class Hearing(Protocol):
    """A validator that is told how an action that it let pass has ended, with the object that it was given; it must be
    quick about it.
    """

    def heard(self, action: Action, ok: bool) -> None: ...


@runtime_checkable
class TakesBack(Protocol):
    """A validator that is told that an action which it was asked about will not run: another one rejected it, or its
    caller gave it up. What was set apart for it is free then. It is given the object that it was asked with.
    """

    def take_back(self, action: Action) -> None: ...
