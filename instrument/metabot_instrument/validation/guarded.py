"""What runs only where its action may, and tells the validators how it ended."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol

from metabot_instrument.validation.action import Action
from metabot_instrument.validation.decision import Decision, RejectedActionError


class Decides(Protocol):
    def validate(self, action: Action) -> Decision: ...

    async def validate_async(self, action: Action) -> Decision: ...

    def heard(self, decision: Decision, *, ok: bool) -> None: ...


class Guarded:
    """For `with` and `async with`; each use is a decision of its own.

    What runs inside has ended well unless an exception left it. A cancellation is one: it is all that a caller's time
    limit shows of a provider that hangs. A generator that is closed is none: whoever read from it had enough.
    """

    def __init__(self, pipeline: Decides, action: Action) -> None:
        self._pipeline = pipeline
        self._action = action
        self._entered: list[Decision] = []

    def __enter__(self) -> Decision:
        return self._enter(self._pipeline.validate(self._action))

    async def __aenter__(self) -> Decision:
        return self._enter(await self._pipeline.validate_async(self._action))

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        if self._entered:
            self._pipeline.heard(self._entered.pop(), ok=kind is None or issubclass(kind, GeneratorExit))

    async def __aexit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.__exit__(kind, error, trace)

    def _enter(self, decision: Decision) -> Decision:
        if not decision.allowed:
            raise RejectedActionError(decision)
        self._entered.append(decision)
        return decision
