"""The OpenTelemetry provider that spans go through: the application's own where it has one, else one of ours, for all.

Ours is set globally when the first span begins, so that other instrumentations nest with it. An application that sets
up its own must do so before its first span; its sampler then decides, not our rate.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import ParentBased, Sampler, SamplingResult, TraceIdRatioBased

from metabot_instrument.current import on_change, settings
from metabot_instrument.forks import setting_up
from metabot_instrument.settings import UNNAMED
from metabot_instrument.traces.recorder import STEPS, recorder

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Link, SpanKind, Tracer, TraceState
    from opentelemetry.util.types import Attributes

_provider: TracerProvider | None = None
_begun = False
_tracer: Tracer | None = None


def tracer_provider() -> TracerProvider:
    """The provider, set up at the first call."""
    global _provider, _begun  # noqa: PLW0603  # one a process, as OpenTelemetry has it
    if _provider is not None:
        return _provider
    with setting_up:
        if _provider is None and _begun:
            raise RuntimeError("a signal handler came while its thread set up tracing")
        if _provider is None:
            _begun = True
            try:
                made = _adopted() or _ours()
                recorder.sinks()
            finally:
                _begun = False
            _provider = made
    return _provider


def step_tracer() -> Tracer:
    """The OpenTelemetry tracer of `tracer.span`."""
    global _tracer  # noqa: PLW0603
    if _tracer is None:
        _tracer = tracer_provider().get_tracer(STEPS)
    return _tracer


def _adopted() -> TracerProvider | None:
    there = trace.get_tracer_provider()
    if not isinstance(there, TracerProvider):
        return None
    recorder.adopt(there.resource)
    there.add_span_processor(recorder)
    return there


def _ours() -> TracerProvider:
    named = settings().service_name
    provider = Ours(
        sampler=Rate(),
        resource=Resource.create({} if named == UNNAMED else {"service.name": named}),
        shutdown_on_exit=False,
    )
    provider.add_span_processor(recorder)
    if isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        trace.set_tracer_provider(provider)
    return provider


class Ours(TracerProvider):
    """Notices when the application adds a processor: somebody then reads the attributes of spans."""

    def add_span_processor(self, span_processor: SpanProcessor) -> None:
        recorder.shared = recorder.shared or span_processor is not recorder
        super().add_span_processor(span_processor)


class Rate(Sampler):
    """The share of traces that the settings say; a span under another follows that one."""

    def __init__(self) -> None:
        self._read()
        on_change(self._read)

    def _read(self) -> None:
        self._now = ParentBased(TraceIdRatioBased(settings().trace_sample_rate))

    def should_sample(  # noqa: PLR0917  # the interface's
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        return self._now.should_sample(parent_context, trace_id, name, kind, attributes, links, trace_state)

    def get_description(self) -> str:
        return f"ParentBased{{{settings().trace_sample_rate}}}"
