"""A call of a tool, told to the bus by `with`, `async with` or a decorator."""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from types import TracebackType
from typing import Any, TypeVar

from metabot_instrument.monitor.matching import runner
from metabot_instrument.relayed import Steps, relayed
from metabot_instrument.signals.bus import Bus

F = TypeVar("F", bound=Callable[..., Any])


class ToolCall:
    """Emits `tool:start`, then `tool:end`, or `tool:error` with the exception's type, which goes on."""

    def __init__(self, bus: Bus, name: str) -> None:
        self._bus = bus
        self._name = name
        self._open: dict[int, list[_One]] = {}  # what is under way, by task or thread, the innermost last

    def __call__(self, function: F) -> F:
        """Of a function, a coroutine or a generator of either kind, which is a call from its first step to its last."""
        return _decorated(functools.partial(_One, self._bus, self._name), function)  # type: ignore[return-value]

    def __enter__(self) -> None:
        one = _One(self._bus, self._name)
        self._open.setdefault(runner(), []).append(one)
        one.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        here = runner()
        open_here = self._open.get(here) or [_One(self._bus, self._name)]  # entered elsewhere: who hears of it may know
        one = open_here.pop()
        if not open_here:
            self._open.pop(here, None)
        one.__exit__(kind, error, traceback)

    async def __aenter__(self) -> None:
        self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, traceback)


class _One:
    """One call. It measures itself, without the time that those take who hear of it."""

    def __init__(self, bus: Bus, name: str) -> None:
        self._bus = bus
        self._told: dict[str, Any] = {"tool_name": name}
        self._began: float | None = None

    def __enter__(self) -> None:
        self._told["call_id"] = os.urandom(8).hex()
        self._bus.emit("tool:start", self._told)
        self._began = time.perf_counter()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._began is not None:
            self._told["duration_ms"] = (time.perf_counter() - self._began) * 1000
        if kind is None or kind is GeneratorExit:  # who reads a generator may have had enough
            self._bus.emit("tool:end", self._told)
        else:
            self._bus.emit("tool:error", self._told, error=kind.__name__)


def _decorated(one: Callable[[], _One], function: Callable[..., Any]) -> Callable[..., Any]:
    if isasyncgenfunction(function):
        return relayed(function, functools.partial(_during, one))
    if isgeneratorfunction(function):

        @functools.wraps(function)
        def stepped(*args: Any, **named: Any) -> Generator[Any, Any, Any]:
            with one():
                return (yield from function(*args, **named))

        return stepped
    if iscoroutinefunction(function):

        @functools.wraps(function)
        async def awaited(*args: Any, **named: Any) -> Any:
            with one():
                return await function(*args, **named)

        return awaited

    @functools.wraps(function)
    def called(*args: Any, **named: Any) -> Any:
        with one():
            return function(*args, **named)

    return called


@contextmanager
def _during(one: Callable[[], _One], steps: Steps) -> Generator[Steps]:
    with one():
        yield steps
