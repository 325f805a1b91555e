"""What an application says so that scrapes are not among its own traces, as docs/widget.md has it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from metabot_instrument.serving import router

PAGE = Path(__file__).parents[3] / "docs/widget.md"


@pytest.mark.parametrize("apart", [False, True])
def test_requests_to_the_routes_can_be_left_out_of_the_traces(apart: bool) -> None:
    """FastAPI traces them like any request, unless it is told not to."""
    (said,) = re.findall(r"`FastAPI\(telemetry=\{\"exclude\": (lambda scope: .*?)\}\)`", PAGE.read_text("utf-8"))
    seen, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(seen))
    app = FastAPI(telemetry={"tracer_provider": provider, **({"exclude": eval(said)} if apart else {})})
    app.include_router(router(token_variable=None), prefix="/ops")
    with TestClient(app) as client:
        assert client.get("/ops/metrics").status_code == 200
    assert bool(seen.get_finished_spans()) is not apart
