"""A step that is recorded: an OpenTelemetry span that is current while the step runs, and its line when it ends.

What was current before is put back by itself, never by a token: a generator or a task may end in another context than
the one it began in, and must leave that one alone.
"""

from __future__ import annotations

import json
import traceback
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from typing import Any, Final

from opentelemetry.context import Context, attach, get_current, set_value
from opentelemetry.sdk.trace import Span as SdkSpan
from opentelemetry.trace import StatusCode, get_current_span, set_span_in_context

from metabot_instrument.boundary import contained, count
from metabot_instrument.current import settings
from metabot_instrument.told_errors import in_words
from metabot_instrument.traces.ancestry import STEP, ancestry, step_of
from metabot_instrument.traces.line import Code, Line, line_id
from metabot_instrument.traces.plain import Plain, plain, summary
from metabot_instrument.traces.provider import step_tracer
from metabot_instrument.traces.recorder import recorder
from metabot_instrument.traces.step import UNRECORDED, Asked, Span
from metabot_instrument.traces.turns import AsyncTurns, Turns
from metabot_instrument.vocabulary import layers
from metabot_instrument.vocabulary.layers import Layer

_NOTHING: Final = Context()


def begin(asked: Asked, code: Code, *, current: bool = True) -> Recorded:
    """The span of a step under the current one; itself current, unless it is for a generator, which is so by turns."""
    layer = layers.layer_named(asked.layer) if type(asked.layer) is str else None
    if layer is not None:
        recorded = Recorded(layer, asked, code)
    else:
        count("layer", f"tracer.span() knows no layer {summary(asked.layer)!r}; declare it with tracer.declare()")
        recorded = Recorded(layers.SYSTEM, asked, code)
        recorded.metadata["undeclared_layer"] = summary(asked.layer)
    if current:
        attach(recorded.inside)
    return recorded


def innermost() -> Span:
    return step_of(get_current()) or UNRECORDED


def nearest(among: Sequence[Recorded | None]) -> Recorded | None:
    """The innermost of these that the step which is current here is, or is under."""
    here = step_of(get_current())
    while here is not None and here not in among:
        here = here.above()
    return here


class Recorded(Span):
    """`end` is called once, by the `with` statement or the decorator."""

    __slots__ = (
        "_above",
        "_before",
        "_code",
        "_component",
        "_input",
        "_layer",
        "_operation",
        "_output",
        "_status",
        "inside",
        "metadata",
        "otel",
        "session_id",
        "task_id",
    )

    def __init__(self, layer: Layer, asked: Asked, code: Code) -> None:
        self._layer = layer
        self._operation = summary(asked.operation)
        self._component = summary(asked.component) or summary(code.file.rpartition("/")[2])
        self._input = summary(asked.input)
        self._code = code
        self._output = ""
        self._status = "success"
        self.metadata: dict[str, Plain] = {}
        self._before = get_current()
        self._above = ancestry(self._before)
        self.session_id = summary(asked.session_id) or self._above.session_id
        self.task_id = summary(asked.task_id) or self._above.task_id
        self.otel = step_tracer().start_span(
            f"{layer.name}.{self._operation}",
            self._before,
            attributes=self._known() if recorder.described() else None,
            record_exception=False,
            set_status_on_exception=False,
        )
        self.inside = set_span_in_context(self.otel, set_value(STEP, self, self._before))

    def above(self) -> Recorded | None:
        """The step around this one, while it is open."""
        return step_of(self._before)

    @property
    def trace_id(self) -> str:
        if isinstance(self.otel, SdkSpan) and self.otel.start_time is not None:
            return line_id(self._layer.short, self.otel.start_time, self.otel.get_span_context().span_id)
        return ""

    @contained("trace", None)
    def set_output(self, output: object, **metadata: object) -> None:
        self._output = summary(output)
        self._add(metadata)

    @contained("trace", None)
    def blocked(self, reason: object = "") -> None:
        self._status = layers.BLOCKED
        if said := summary(reason):
            self.metadata["reason"] = said

    @contained("trace", None)
    def end(self, error: BaseException | None) -> None:
        """Ends the span, however the step ended."""
        self._leave()
        if not isinstance(self.otel, SdkSpan):
            return  # not sampled
        try:
            if error is not None and not _as_meant(error):
                self._failed(error)
        finally:
            self._close(None)

    @contained("trace", None)
    def end_at_once(self, output: object, status: str, metadata: Mapping[str, object]) -> None:
        """Ends it at its start: an event."""
        self._leave()
        if not isinstance(self.otel, SdkSpan):
            return
        self._output = summary(output)
        self._status = status if status in layers.STATUSES else "success"
        if self._status != status:
            self.metadata["status"] = summary(status)
        if self._status == "error":
            self.otel.set_status(StatusCode.ERROR, self._output)
        self._add(metadata)
        self._close(self.otel.start_time)

    def in_turns(self, steps: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
        return Turns(steps, self.inside)

    def in_async_turns(self, steps: AsyncGenerator[Any, Any]) -> AsyncGenerator[Any, Any]:
        return AsyncTurns(steps, self.inside)

    def _leave(self) -> None:
        if get_current_span() is self.otel:
            attach(self._before)
        self._before = self.inside = _NOTHING  # a chain of tasks would keep all its steps alive

    def _known(self) -> dict[str, str | int]:
        """Attributes that hold from the start."""
        known: dict[str, str | int] = {
            layers.COMPONENT: self._component,
            "code.file.path": self._code.file,
            "code.function.name": self._code.function,
        }
        if self._input:
            known[layers.INPUT] = self._input
        if self.session_id:
            known[layers.SESSION] = self.session_id
        if self.task_id:
            known[layers.TASK] = self.task_id
        return known

    def _said(self) -> dict[str, str | int | float | bool]:
        """Attributes that the end brings."""
        said: dict[str, str | int | float | bool] = {}
        if self._output:
            said[layers.OUTPUT] = self._output
        for key, value in self.metadata.items():
            if value is not None:
                said[layers.METADATA + key] = json.dumps(value) if isinstance(value, (dict, list)) else value
        return said

    def _add(self, metadata: Mapping[str, object]) -> None:
        for key, value in metadata.items():
            self.metadata[summary(key)] = plain(value)

    def _failed(self, error: BaseException) -> None:
        said = _words(error)
        if self._status != layers.BLOCKED:
            self._status = "error"
            self.otel.set_status(StatusCode.ERROR, summary(said))
            self.otel.set_attribute("error.type", type(error).__qualname__)
        self.metadata["error"] = summary(said)
        self.metadata["error_type"] = type(error).__qualname__
        assert isinstance(self.otel, SdkSpan)
        _record_exception(self.otel, error, said)

    def _close(self, at: int | None) -> None:
        otel = self.otel
        assert isinstance(otel, SdkSpan)
        if self._status == layers.BLOCKED:
            otel.add_event(layers.BLOCKED, {"reason": str(self.metadata.get("reason") or self._output)})
        if recorder.described() and (said := self._said()):
            otel.set_attributes(said)
        otel.end(at)
        if otel.get_span_context().trace_flags.sampled:
            recorder.write(self._line(otel))

    def _line(self, otel: SdkSpan) -> Line:
        context = otel.get_span_context()
        return Line(
            self._layer.short,
            self._layer.name,
            self._operation,
            self._component,
            self._input,
            self._output,
            self._status,
            self.metadata,
            otel.start_time or 0,
            otel.end_time or 0,
            context.trace_id,
            context.span_id,
            *self._above[:2],
            self.session_id,
            self.task_id,
            self._code,
        )


def _as_meant(error: BaseException) -> bool:
    """A generator that is closed early and a program that ends well leave by exceptions too."""
    return isinstance(error, GeneratorExit) or (isinstance(error, SystemExit) and error.code in (None, 0))


@contained("trace", "<unprintable>")
def _words(error: BaseException) -> str:
    return in_words(error, settings().capture)


@contained("trace", None)
def _record_exception(otel: SdkSpan, error: BaseException, said: str) -> None:
    """By the conventions, but for words that `said` leaves out: the SDK's own writes them out, twice."""
    kind = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    frames = "".join(traceback.format_tb(error.__traceback__))
    told = {"exception.type": kind, "exception.message": said, "exception.stacktrace": f"{frames}{kind}: {said}"}
    otel.add_event("exception", told)
