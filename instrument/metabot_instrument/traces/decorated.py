"""Functions whose calls are traced: plain, async, generators and async generators, each of which stays what it is.

A generator's span lasts from its first step to its end, and is current only while a step runs: what the caller does
between two steps is not under it.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any

from metabot_instrument.relayed import Steps, relayed
from metabot_instrument.traces.line import Code
from metabot_instrument.traces.step import Asked
from metabot_instrument.traces.tracer import begin, tracer

if TYPE_CHECKING:
    from metabot_instrument.traces.recorded import Recorded


def wrap(asked: Asked, function: Callable[..., Any]) -> Callable[..., Any]:
    if isinstance(function, (staticmethod, classmethod)):
        return type(function)(wrap(asked, function.__func__))
    if inspect.isclass(function) or not callable(function):
        raise TypeError(f"{function!r} is no function: decorate its methods")
    code = _code(function)
    if inspect.isasyncgenfunction(function):
        return relayed(function, functools.partial(_in_turns, asked, code))
    if inspect.isgeneratorfunction(function):
        return _generator(asked, code, function)
    if inspect.iscoroutinefunction(function):
        return _async(asked, code, function)

    @functools.wraps(function)
    def call(*args: Any, **named: Any) -> Any:
        if tracer.off:
            return function(*args, **named)
        with _Step(asked, code):
            return function(*args, **named)

    return call


def _code(function: Callable[..., Any]) -> Code:
    inner = inspect.unwrap(function)
    code = getattr(inner, "__code__", None)
    name = f"{getattr(inner, '__module__', None)}.{getattr(inner, '__qualname__', type(inner).__qualname__)}"
    return Code(code.co_filename, name, code.co_firstlineno) if code else Code("", name, 0)


class _Step:
    """One call."""

    __slots__ = ("_asked", "_code", "_current", "_recorded")

    def __init__(self, asked: Asked, code: Code, *, current: bool = True) -> None:
        self._asked = asked
        self._code = code
        self._current = current

    def __enter__(self) -> Recorded | None:
        self._recorded = begin(self._asked, self._code, current=self._current)
        return self._recorded

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._recorded is not None:
            self._recorded.end(error)


def _async(asked: Asked, code: Code, function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    async def call(*args: Any, **named: Any) -> Any:
        if tracer.off:
            return await function(*args, **named)
        with _Step(asked, code):
            return await function(*args, **named)

    return call


def _generator(asked: Asked, code: Code, function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(*args: Any, **named: Any) -> Generator[Any, Any, Any]:
        steps = function(*args, **named)
        with _Step(asked, code, current=False) as recorded:
            return (yield from steps if recorded is None else recorded.in_turns(steps))

    return call


@contextmanager
def _in_turns(asked: Asked, code: Code, steps: Steps) -> Generator[Steps]:
    with _Step(asked, code, current=False) as recorded:
        yield steps if recorded is None else recorded.in_async_turns(steps)
