"""`tracer`: what an application calls to trace its steps. Off, it costs less than a microsecond and imports nothing.

    with tracer.span("memory", "write", "store.py", "altitude.session") as span:
        span.set_output("written", tokens_saved=45)

    @tracer.span("focus", "route")
    async def route(signal): ...

A span whose process is killed before it ends is lost: a line is written when its span ends.
"""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from functools import cache
from importlib import import_module
from random import getrandbits
from types import FrameType, ModuleType, TracebackType
from typing import TYPE_CHECKING, Final

from metabot_instrument.boundary import contained
from metabot_instrument.current import on_change, settings
from metabot_instrument.forks import setting_up
from metabot_instrument.settings import Level
from metabot_instrument.traces.line import Code, line_id
from metabot_instrument.traces.step import UNRECORDED, Asked, F, Span, Step
from metabot_instrument.vocabulary import layers

if TYPE_CHECKING:
    from metabot_instrument.traces.recorded import Recorded

_RECORDED: Final = "metabot_instrument.traces.recorded"


class Opening:
    """A `Step` of a tracer that is on, or whose settings were not read yet; each time it is entered is a span."""

    __slots__ = ("_asked", "_open")

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._open: list[Recorded | None] = []  # None where tracing was off

    def __enter__(self) -> Span:
        return self._begin(sys._getframe(1))

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        recorded = self._open.pop(0) if len(self._open) == 1 else self._own()
        if recorded is not None:
            recorded.end(error)

    async def __aenter__(self) -> Span:
        return self._begin(sys._getframe(1))

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, at)

    def __call__(self, function: F) -> F:
        """The function, its calls traced wherever tracing is on when they are made."""
        return decorated(self._asked, function)

    def _begin(self, frame: FrameType) -> Span:
        recorded = begin(self._asked, _where(frame))
        self._open.append(recorded)
        return recorded or UNRECORDED

    def _own(self) -> Recorded | None:
        """Of several that are open, the innermost one of this thread or task."""
        nearest: Recorded | None = _recorded().nearest(self._open)
        found = nearest if nearest or None in self._open else next(reversed(self._open), None)
        with suppress(ValueError):
            self._open.remove(found)
        return found


def _where(frame: FrameType) -> Code:
    code = frame.f_code
    return Code(code.co_filename, f"{frame.f_globals.get('__name__')}.{code.co_qualname}", frame.f_lineno)


class Unrecorded(tuple[object, ...]):
    """An `Opening` where tracing is off: the arguments alone, since a decorator may need them later."""

    __slots__ = ()

    def __enter__(self) -> Span:
        return UNRECORDED

    def __exit__(self, kind: object, error: object, at: object) -> None: ...

    async def __aenter__(self) -> Span:
        return UNRECORDED

    async def __aexit__(self, kind: object, error: object, at: object) -> None: ...

    def __call__(self, function: F) -> F:
        return decorated(Asked(*self), function)


@contained("trace", None)
def begin(asked: Asked, code: Code, *, current: bool = True) -> Recorded | None:
    """The span, begun and current, or not so for a generator; None where tracing is off."""
    if not tracer.ready:
        tracer.read_settings()
    if tracer.off or (tracer.quiet and asked.level == "debug"):
        return None
    recorded: Recorded = _recorded().begin(asked, code, current=current)
    return recorded


@cache
def _recorded() -> ModuleType:
    """Imported when it is needed, and whole: it imports OpenTelemetry, and threads that come meanwhile wait."""
    with setting_up:
        return import_module(_RECORDED)


def decorated(asked: Asked, function: F) -> F:
    """What cannot be wrapped is counted and stays as it is."""
    wrapped: F = contained("trace", function)(import_module("metabot_instrument.traces.decorated").wrap)(
        asked, function
    )
    return wrapped


class Tracer:
    """The settings that hold when a span opens decide whether it is recorded."""

    def __init__(self) -> None:
        self.ready = False  # the settings are read when the first span opens
        self.off = False
        self.quiet = True  # steps of the level debug are not recorded
        on_change(self.read_settings)

    def read_settings(self) -> None:
        now = settings()
        self.off = not now.trace
        # Which steps fail shows at their ends: for warnings all of them are followed.
        self.quiet = now.trace_level == "info"
        self.ready = True

    def span(
        self,
        layer: str,
        operation: str,
        component: str = "",
        input: object = "",  # noqa: A002  # the published name
        *,
        level: Level = "info",
        session_id: str = "",
        task_id: str = "",
    ) -> Step:
        """A step of the agent; session and task hold for the spans inside it too.

        Without a component the line names the file that the step stands in. A layer that nobody declared is written as
        system, its name in the metadata.
        """
        if self.off or (self.quiet and level == "debug"):
            return Unrecorded((layer, operation, component, input, level, session_id, task_id))
        return Opening(Asked(layer, operation, component, input, level, session_id, task_id))

    def event(  # noqa: PLR0917  # the published order
        self,
        layer: str,
        operation: str,
        component: str = "",
        input: object = "",  # noqa: A002
        output: object = "",
        status: str = "success",
        *,
        level: Level = "info",
        **metadata: object,
    ) -> None:
        """A span of no duration."""
        if self.off or (self.quiet and level == "debug"):
            return
        recorded = begin(Asked(layer, operation, component, input, level), _where(sys._getframe(1)))
        if recorded is not None:
            recorded.end_at_once(output, status, metadata)

    @contained("trace", UNRECORDED)
    def current(self) -> Span:
        """The innermost step that is running here, for a decorated function to set its output."""
        here: Span = _recorded().innermost() if self.ready and not self.off else UNRECORDED
        return here

    @contained("trace", "")
    def generate_id(self, layer: str) -> str:
        """A new id as lines carry them, for a caller who keeps a trace of its own."""
        known = layers.layer_named(layer) or layers.SYSTEM
        return line_id(known.short, time.time_ns(), getrandbits(64))

    @contained("trace", None)
    def declare(self, layer: str, short: str, *operations: str) -> None:
        """Adds a layer to the vocabulary; one that is malformed or taken is counted and said."""
        layers.declare(layer, short, operations)


tracer: Final = Tracer()
