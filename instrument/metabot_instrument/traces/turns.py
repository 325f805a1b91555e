"""Generators whose steps run in a context of their own: between two steps the caller's is current, as it was."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from types import TracebackType
from typing import Any

from opentelemetry.context import Context, attach, get_current


class _Turn:
    """What the step leaves current is current again in the next one."""

    def __init__(self, inside: Context) -> None:
        self._inside = inside

    def __enter__(self) -> None:
        self._outside = get_current()
        attach(self._inside)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._inside = get_current()
        attach(self._outside)


class Turns(Generator[Any, Any, Any]):
    def __init__(self, steps: Generator[Any, Any, Any], inside: Context) -> None:
        self._steps = steps
        self._turn = _Turn(inside)

    def send(self, value: Any) -> Any:
        with self._turn:
            return self._steps.send(value)

    def throw(self, *error: Any) -> Any:
        with self._turn:
            return self._steps.throw(*error)


class AsyncTurns(AsyncGenerator[Any, Any]):
    def __init__(self, steps: AsyncGenerator[Any, Any], inside: Context) -> None:
        self._steps = steps
        self._turn = _Turn(inside)

    async def asend(self, value: Any) -> Any:
        with self._turn:
            return await self._steps.asend(value)

    async def athrow(self, *error: Any) -> Any:
        with self._turn:
            return await self._steps.athrow(*error)
