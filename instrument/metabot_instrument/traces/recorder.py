"""Where ended spans go: to the file of lines, to the console, to the collector, as the settings say.

Steps of `tracer` bring their own line. Spans of other instrumentations are followed as a processor of the provider
and written as operations of the system, so that every parent that a line names has a line.
"""

from __future__ import annotations

import os
import threading
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from opentelemetry.context import get_current
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor

from metabot_instrument.boundary import contained
from metabot_instrument.current import on_change, settings
from metabot_instrument.forks import renewed_in_children, setting_up
from metabot_instrument.lines.buffered import BufferedLines
from metabot_instrument.lines.file import LineFile
from metabot_instrument.settings import UNNAMED, Settings
from metabot_instrument.traces.ancestry import Ancestry, ancestry
from metabot_instrument.traces.console import Console
from metabot_instrument.traces.export import Export, export
from metabot_instrument.traces.foreign import line_of
from metabot_instrument.traces.line import Line, encode

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import Span

STEPS: Final = "metabot_instrument.traces"  # the instrumentation scope of `tracer`
_OPEN: Final = 10_000  # spans of others that are followed at one time; of older ones the parent is forgotten
_WAITING: Final = 10_000  # lines
_SECONDS: Final = 0.5  # that a line waits


class Sinks(NamedTuple):
    lines: BufferedLines[Line] | None
    console: Console | None
    export: Export | None
    failures_only: bool


class Recorder(SpanProcessor):
    """One a process, for a processor that was added to a provider stays there; what it feeds follows the settings."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._sinks: Sinks | None = None
        self._above: dict[int, Ancestry] = {}
        self._resource: Resource | None = None
        self.shared = False  # other processors see the spans too
        renewed_in_children(self)
        on_change(self._close)

    def renew(self) -> None:
        self._lock = threading.RLock()
        if self._sinks is not None and self._sinks.console is not None:
            self._sinks = self._sinks._replace(console=Console())

    def adopt(self, resource: Resource) -> None:
        """The provider is the application's: it may export by itself."""
        self._resource = resource
        self.shared = True

    def described(self) -> bool:
        """Whether anybody reads the attributes of spans: lines are written without them."""
        return self.shared or (self._sinks or self.sinks()).export is not None

    def write(self, line: Line) -> None:
        """Hands on an ended span."""
        sinks = self._sinks or self.sinks()
        if sinks.failures_only and line.status == "success":
            return
        if sinks.lines is not None:
            sinks.lines.put(line)
        if sinks.console is not None:
            sinks.console.add(line)

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        if not _is_step(span):
            self._follow(span, parent_context)

    @contained("trace", None)
    def _follow(self, span: Span, parent_context: Context | None) -> None:
        sinks = self._sinks or self.sinks()
        if not (sinks.lines or sinks.console):
            return
        if len(self._above) >= _OPEN:
            self._above.pop(next(iter(self._above)), None)
        self._above[span.get_span_context().span_id] = ancestry(
            get_current() if parent_context is None else parent_context
        )

    @contained("trace", None)
    def on_end(self, span: ReadableSpan) -> None:
        sinks = self._sinks or self.sinks()
        if sinks.export is not None:
            sinks.export.on_end(span)
        if _is_step(span) or span.context is None:
            return
        above = self._above.pop(span.context.span_id, Ancestry())
        if span.context.trace_flags.sampled and (sinks.lines or sinks.console):
            self.write(line_of(span, above))

    def shutdown(self) -> None:
        self._close()

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        return self._sinks is None or self._sinks.lines is None or self._sinks.lines.flush(timeout_millis / 1000)

    def sinks(self) -> Sinks:
        """What is open now, opened where nothing is."""
        with setting_up, self._lock:  # an exporter is imported
            if self._sinks is None:
                now = settings()
                self._sinks = Sinks(
                    lines=self._lines(now) if now.trace and now.trace_path else None,
                    console=Console() if now.trace and now.trace_console else None,
                    export=export(now) if now.endpoint and not self._exports_itself(now) else None,
                    failures_only=now.trace_level == "warn",
                )
            return self._sinks

    def _lines(self, now: Settings) -> BufferedLines[Line]:
        file = LineFile(now.trace_path, rotate_bytes=now.rotate_bytes, keep=now.rotate_keep)
        service = now.service_name
        if service == UNNAMED and self._resource is not None:
            service = str(self._resource.attributes.get("service.name", service))
        return BufferedLines(
            file,
            size=_WAITING,
            seconds=_SECONDS,
            overflow="wait",
            encode=partial(encode, service=service),
            kind="trace_lines",
        )

    def _exports_itself(self, now: Settings) -> bool:
        """OpenTelemetry's own variable, where the application set up its provider, has been heeded there."""
        return self._resource is not None and now.endpoint == os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT")

    def _close(self) -> None:
        with self._lock:
            sinks, self._sinks = self._sinks, None
        if sinks is not None and sinks.lines is not None:
            sinks.lines.close()
        if sinks is not None and sinks.export is not None:
            sinks.export.close()


def _is_step(span: ReadableSpan) -> bool:
    scope = span.instrumentation_scope
    return scope is not None and scope.name == STEPS


recorder: Final = Recorder()
