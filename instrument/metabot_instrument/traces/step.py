"""What is asked of a step, and what its `with` statement gives. Standard library only."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, NamedTuple, Protocol, TypeVar

from metabot_instrument.settings import Level

F = TypeVar("F", bound=Callable[..., Any])


class Span:
    """What `with` gives: here the one that stands for every span that is not recorded, so it does nothing."""

    __slots__ = ()

    @property
    def trace_id(self) -> str:
        """The id of the span's line; empty where none will be written."""
        return ""

    def set_output(self, output: object, **metadata: object) -> None:
        """The output, summarised now, and further values for the line's `metadata`."""

    def blocked(self, reason: object = "") -> None:
        """A gate held the step back, which is no error; an exception that follows does not change that."""


UNRECORDED: Final = Span()


class Asked(NamedTuple):
    """The arguments of `tracer.span`."""

    layer: str
    operation: str
    component: str = ""
    input: object = ""
    level: Level = "info"
    session_id: str = ""
    task_id: str = ""


class Step(Protocol):
    """What `tracer.span(...)` returns: a context manager for `with` and `async with`, and a decorator."""

    def __enter__(self) -> Span: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None, /
    ) -> None: ...

    async def __aenter__(self) -> Span: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None, /
    ) -> None: ...

    def __call__(self, function: F, /) -> F: ...
