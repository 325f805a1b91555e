"""Export over OTLP, beside the application and never in its way.

A collector that is away, refuses or hangs costs spans, which are counted as `export`: the queue is bounded, and flush
and exit wait for it two seconds at most. Headers with secrets are read by OpenTelemetry from its own variables.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import TYPE_CHECKING, Final

from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from metabot_instrument.boundary import contained, count
from metabot_instrument.forks import renewed_in_children
from metabot_instrument.lines.writers import opened, settled_at_exit
from metabot_instrument.otlp import exporter, exporting
from metabot_instrument.settings import Settings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

_QUEUE: Final = 10_000  # spans that wait
_BATCH: Final = 512
_PATIENCE: Final = 2.0  # seconds that flush and exit wait


@contained("export", None)
def export(now: Settings) -> Export | None:
    """The export to the settings' endpoint; None, counted, where its package is missing."""
    made = exporter(now, "traces")
    return None if made is None else Export(made)


class Export:
    """A batch processor, and a thread that waits for it, for it has no time limit of its own.

    The thread is begun here because none may begin when the interpreter ends.
    """

    def __init__(self, exporter: SpanExporter) -> None:
        self._counted = Counted(exporter)
        self._batches = BatchSpanProcessor(self._counted, max_queue_size=_QUEUE, max_export_batch_size=_BATCH)
        self.renew()
        renewed_in_children(self)
        opened(self)
        settled_at_exit()

    def renew(self) -> None:
        """Also in a forked child: what waits is the parent's to send."""
        self._counted.renew()
        self._closed = False
        self._work: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        threading.Thread(target=_do, args=(self._work,), name="export of spans", daemon=True).start()

    def on_end(self, span: ReadableSpan) -> None:
        if span.context is None or not span.context.trace_flags.sampled:
            return
        if self._closed:
            count("export", "spans ended after shutdown")
            return
        if self._counted.waiting >= _QUEUE:
            count("export", f"{_QUEUE} spans wait for the collector")
            return
        self._counted.add(1)
        self._batches.on_end(span)

    def flush(self, timeout: float = _PATIENCE) -> bool:
        return self._closed or self._within(timeout, self._batches.force_flush)

    def close(self, timeout: float = _PATIENCE) -> bool:
        if self._closed:
            return True
        self._closed = True
        done = self._within(timeout, self._batches.shutdown)
        self._work.put(None)
        if not done and (lost := self._counted.give_up()):
            count("export", "the collector did not take the last spans in time", lost)
        return done

    def _within(self, timeout: float, work: Callable[[], object]) -> bool:
        done = threading.Event()

        def worked() -> None:
            work()
            done.set()

        self._work.put(worked)
        return done.wait(min(timeout, _PATIENCE))


def _do(work: SimpleQueue[Callable[[], object] | None]) -> None:
    while (wanted := work.get()) is not None:
        contained("export", None)(wanted)()


class Counted(SpanExporter):
    """Counts what was not taken, and how many wait."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._given_up = False
        self.renew()

    def renew(self) -> None:
        self._lock = threading.Lock()
        self.waiting = 0

    def add(self, number: int) -> None:
        with self._lock:
            self.waiting += number

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = SpanExportResult.FAILURE
        try:
            with exporting():
                if not self._given_up:
                    result = self._exporter.export(spans)
        finally:
            self.add(-len(spans))
            if result is not SpanExportResult.SUCCESS and not self._given_up:
                count("export", "the collector did not take spans", len(spans))
        return result

    def give_up(self) -> int:
        """No more is sent; how many spans that loses."""
        with self._lock:
            self._given_up = True
            return self.waiting

    def shutdown(self) -> None:
        self._exporter.shutdown()
