"""What stands between an async generator and a wrapper of it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from types import TracebackType
from typing import Any


class Given:
    """What the caller of an async generator sent or threw, to be handed on."""

    def __init__(self) -> None:
        self.value: Any = None
        self._thrown: BaseException | None = None

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> bool:
        self._thrown = error
        return error is not None

    async def to(self, steps: AsyncGenerator[Any, Any]) -> Any:
        if self._thrown is None:
            return await steps.asend(self.value)
        if isinstance(self._thrown, GeneratorExit):
            await steps.aclose()
            raise self._thrown
        return await steps.athrow(self._thrown)
