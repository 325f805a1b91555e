"""A small agent whose trace is written into golden/trace.jsonl: every layer, every status, steps of others between."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from opentelemetry import trace

from metabot_instrument import tracer


@tracer.span("reasoning", "classify", "classifier.py", "where is order 17?")
def classify() -> str:
    tracer.current().set_output("order question", confidence=0.93)
    return "order question"


@tracer.span("reasoning", "tokens")
def tokens() -> Iterator[str]:
    yield "on "
    yield "its way"


def remember(text: str) -> None:
    with tracer.span("memory", "write", "store.py", "altitude.session") as span:
        span.set_output("written", tokens_saved=45, tier="warm", keys=["session", {"of": text}])


def look_up() -> None:
    with tracer.span("memory", "read", "store.py", "orders.17"):
        raise KeyError("orders.17")


def answer() -> None:
    """Two traces: an answer, and what the system does by itself."""
    with tracer.span("alt", "transition", "altitude.py", "L3→L2", session_id="s-1", task_id="t-1") as transition:
        classify()
        with tracer.span("focus", "gate_check", "gates.py", "WriteApprovalGate") as gate:
            gate.set_output("allowed", user_consent=True)
            remember('Grüße, \u202e"quoted"\n')
        known = {"http.response.status_code": 200}
        asked = trace.get_tracer("http.client").start_as_current_span("GET", attributes=known)
        with asked, contextlib.suppress(KeyError):
            look_up()
        with tracer.span("focus", "consent_check", "consent.py", "delete orders") as consent:
            consent.blocked("no consent")
        "".join(tokens())
        tracer.event("learning", "pattern_match", "patterns.py", "order question", "P-7", task_id="of metadata")
        transition.set_output("success", reason="user requested tactical")
    tracer.event("system", "health_check", "health.py", output="slow", status="error", queue=12)
