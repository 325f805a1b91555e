"""What metabot-instrument costs the application, beside the bare OpenTelemetry SDK in the same run.

`python -m benchmarks.instrument`: each row is the best of the rounds of one process, taken in turn; a round is so many
calls in one thread. The SDK's span sets the values that ours writes, and ends in a batch processor whose exporter
keeps nothing; ours ends as a line of a file. Microseconds of wall-clock time per call, the writer thread's work on the
same cores included; but of an observation what `observe` takes, since the monitors' work comes after it in their
threads.
"""

from __future__ import annotations

import argparse
import atexit
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

import metabot_instrument as instrument

Calls = Callable[[int], None]

_MESSAGE = (
    "The order 4711 left the warehouse in Bern on Tuesday. The parcel weighs 3 kg and costs 12.50 francs to send back. "
    "Please tell the customer when it arrives, and ask whether the blue one would do as well, since the red one is "
    "sold out until the end of the month."
)
_VALIDATORS: dict[str, dict[str, object]] = {
    "anti_jailbreak": {},
    "rate_limit": {"requests_per_minute": 60_000_000},
    "circuit_breaker": {},
    "hallucination": {"knowledge": {"parcel": {"weight": "3 kg"}, "warehouse": {"place": "Bern"}}},
}
_FACTS = [
    {"subject": subject, "attribute": attribute, "value": f"{at + 3} kg"}
    for at, subject in enumerate(["parcel", *(f"article {number}" for number in range(1, 250))])
    for attribute in ("weight", "least weight", "greatest weight", "weight when packed")
]  # 1,000


class Row(NamedTuple):
    name: str
    calls: Calls
    settings: dict[str, object]
    bound: str = ""
    settle: Callable[[], object] = instrument.flush


class _Nowhere(SpanExporter):
    def export(self, _: Sequence[ReadableSpan]) -> SpanExportResult:
        return SpanExportResult.SUCCESS


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--calls", type=int, default=2_000, help="of a round")
    arguments.add_argument("--rounds", type=int, default=15)
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory() as name:
        rows = _rows(Path(name))
        taken = _taken(rows, calls=chosen.calls, rounds=chosen.rounds)
        instrument.shutdown()
    bare = taken["span of the SDK"]
    print(f"{'':34}{'µs a call':>10}{'times the SDK':>15}   bound")
    for row in rows:
        of_span = f"{taken[row.name] / bare:15.2f}" if "span" in row.name else " " * 15
        print(f"{row.name:34}{taken[row.name]:10.2f}{of_span}   {row.bound}".rstrip())
    lost = instrument.failures()
    print(f"failures: {lost or 'none'}")


def _rows(folder: Path) -> list[Row]:
    off = {"trace": False, "events_path": str(folder / "events.jsonl"), "trace_path": str(folder / "trace.jsonl")}
    on, buffered = {**off, "trace": True}, {**off, "events_buffered": True, "events_buffer_size": 10_000}
    return [
        Row("span of the SDK", _bare(), off),
        Row("span of ours, with its line", _ours, on, "2 times the SDK's"),
        Row("span of ours, tracing off", _ours, off, "1 µs"),
        Row("call of a decorated function, off", _decorated, off, "1 µs"),
        Row("event, buffered", _events, buffered, "20 µs"),
        Row("event, synchronous", _events, off),
        Row("metric: counter with a label", _counted, off, "5 µs"),
        Row("metric: gauge", _set, off, "5 µs"),
        Row("metric: histogram with a label", _timed, off, "5 µs"),
        *(Row(f"validated action, {name}", _validated(name), buffered, "200 µs") for name in _VALIDATORS),
        Row("validated action, all four", _validated(*_VALIDATORS), buffered, "200 µs"),
        Row("validated action, 1,000 facts", _validated("hallucination", knowledge=_FACTS), buffered, "200 µs"),
        Row("signal, bus alone", _signals(instrument.Bus()), off),
        Row("signal, with a monitor", _signals(_monitored()), off),
        Row("observation, all three monitors", _observed, off, "5 µs", _layer.flush),
    ]


def _taken(rows: Sequence[Row], *, calls: int, rounds: int) -> dict[str, float]:
    """Microseconds a call, of the best round."""
    took: dict[str, list[float]] = {row.name: [] for row in rows}
    for _ in range(rounds):
        for row in rows:
            instrument.configure(**row.settings)
            row.calls(1)
            began = time.perf_counter_ns()
            row.calls(calls)
            took[row.name].append((time.perf_counter_ns() - began) / 1_000 / calls)
            row.settle()
    return {name: min(times) for name, times in took.items()}


def _bare() -> Calls:
    """The same attributes as ours sets, by the SDK's own interface."""
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(_Nowhere()))
    tracer = provider.get_tracer("bench")
    attributes = {"layer": "memory", "operation": "write", "component": "store.py", "input": "altitude.session"}

    def calls(count: int) -> None:
        for _ in range(count):
            with tracer.start_as_current_span("memory.write", attributes=attributes) as span:
                span.set_attribute("output", "written")

    return calls


def _ours(count: int) -> None:
    for _ in range(count):
        with instrument.tracer.span("memory", "write", "store.py", "altitude.session") as span:
            span.set_output("written")


@instrument.tracer.span("memory", "write", "store.py")
def _work() -> None:
    """Nothing, so that what is left is the wrapper."""


def _decorated(count: int) -> None:
    for _ in range(count):
        _work()


def _counted(count: int) -> None:
    for _ in range(count):
        instrument.meter.tokens_used.inc(812, vendor="openai")


def _set(count: int) -> None:
    for _ in range(count):
        instrument.meter.efficiency.set(0.82)


def _timed(count: int) -> None:
    for _ in range(count):
        instrument.meter.agent_latency.observe(0.2, action="search")


def _events(count: int) -> None:
    for _ in range(count):
        instrument.emit_event("evidence_added", {"source": "search", "score": 0.82}, task_id="demo-1", session_id="s-1")


def _signals(bus: instrument.Bus) -> Calls:
    """A tool's start and its end in turn, matched by their id."""
    bus.on("tool:*", _hear)

    def calls(count: int) -> None:
        for at in range(count):
            bus.emit("tool:end" if at % 2 else "tool:start", {"tool_name": "search", "call_id": str(at // 2)})

    return calls


def _hear(_: instrument.Signal) -> None:
    """Nothing, so that what is left is the bus."""


def _monitored() -> instrument.Bus:
    bus = instrument.Bus()
    atexit.register(instrument.PerformanceMonitor(bus).close)
    return bus


def _validated(*names: str, **settings: object) -> Calls:
    """Decisions without a model, each with its event and its counts."""
    tables = [{"type": name, **_VALIDATORS[name], **settings} for name in names]
    pipeline = instrument.ValidationPipeline.configured(tables)
    action = instrument.Action("message", key="ann", text=_MESSAGE)

    def calls(count: int) -> None:
        for _ in range(count):
            if not pipeline.validate(action).allowed:
                raise RuntimeError(f"the benchmark's own message was rejected by one of {', '.join(names)}")

    return calls


_layer = instrument.MonitoringLayer.configured(
    [{"type": "performance"}, {"type": "error_analysis"}, {"type": "usage_patterns"}]
)


def _observed(count: int) -> None:
    now = time.time()
    for _ in range(count):
        _layer.observe(instrument.Observation("tool", "search", now, 12.5, None, 340, "s-1"))


if __name__ == "__main__":
    main()
