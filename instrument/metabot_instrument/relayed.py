"""Async generators within a wrapper, each of which stays one: what `yield from` does for other generators."""

from __future__ import annotations

import functools
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any

Steps = AsyncGenerator[Any, Any]


def relayed(
    function: Callable[..., Steps], within: Callable[[Steps], AbstractContextManager[Steps]]
) -> Callable[..., Steps]:
    """`function`, every run of which goes on within `within(its steps)` from the first step to the last.

    What that gives is run, the steps themselves or what stands for them.
    """

    @functools.wraps(function)
    async def relay(*args: Any, **named: Any) -> Steps:
        with within(function(*args, **named)) as steps:
            try:
                item = await anext(steps)
                while True:
                    given = _Given()
                    with given:
                        given.value = yield item
                    item = await given.to(steps)
            except StopAsyncIteration:
                return

    return relay


class _Given:
    """What the caller of an async generator sent or threw, to be handed on."""

    def __init__(self) -> None:
        self.value: Any = None
        self._thrown: BaseException | None = None

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> bool:
        self._thrown = error
        return error is not None

    async def to(self, steps: Steps) -> Any:
        if self._thrown is None:
            return await steps.asend(self.value)
        if isinstance(self._thrown, GeneratorExit):
            await steps.aclose()
            raise self._thrown
        return await steps.athrow(self._thrown)
