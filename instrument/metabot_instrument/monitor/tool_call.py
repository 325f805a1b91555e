"""A call of a tool, told to the bus by `with`, `async with` or a decorator."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from inspect import iscoroutinefunction
from types import TracebackType
from typing import Any, TypeVar

from metabot_instrument.monitor.matching import runner
from metabot_instrument.signals.bus import Bus

F = TypeVar("F", bound=Callable[..., Any])


class ToolCall:
    """Emits `tool:start`, then `tool:end`, or `tool:error` with the exception's type, which goes on."""

    def __init__(self, bus: Bus, name: str) -> None:
        self._bus = bus
        self._name = name
        self._ids: dict[int, list[str]] = {}  # of what is under way, by task or thread, the innermost last

    def __call__(self, function: F) -> F:
        """Of a function or a coroutine; each of its calls is a call of the tool."""
        if iscoroutinefunction(function):

            @functools.wraps(function)
            async def awaited(*args: Any, **named: Any) -> Any:
                with ToolCall(self._bus, self._name):
                    return await function(*args, **named)

            return awaited  # type: ignore[return-value]

        @functools.wraps(function)
        def called(*args: Any, **named: Any) -> Any:
            with ToolCall(self._bus, self._name):
                return function(*args, **named)

        return called  # type: ignore[return-value]

    def __enter__(self) -> None:
        call_id = os.urandom(8).hex()
        self._ids.setdefault(runner(), []).append(call_id)
        self._bus.emit("tool:start", tool_name=self._name, call_id=call_id)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        told = {"tool_name": self._name, "call_id": self._taken()}
        if kind is None:
            self._bus.emit("tool:end", told)
        else:
            self._bus.emit("tool:error", told, error=kind.__name__)

    def _taken(self) -> str | None:
        here = runner()
        ids = self._ids.get(here) or [""]
        call_id = ids.pop()
        if not ids:
            self._ids.pop(here, None)
        return call_id or None

    async def __aenter__(self) -> None:
        self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, traceback)
