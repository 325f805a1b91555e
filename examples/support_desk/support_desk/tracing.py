"""The spans of the support desk, named after OpenTelemetry's conventions for HTTP, code and generative AI."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import requests
from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind

tracer = trace.get_tracer("support_desk")


def code_of(function: Callable[..., Any]) -> dict[str, str | int]:
    """The `code.*` attributes of a function of this application."""
    return {
        "code.file.path": inspect.getfile(function),
        "code.function.name": f"{function.__module__}.{function.__qualname__}",
        "code.line.number": function.__code__.co_firstlineno,
    }


@contextmanager
def http_client_span(url: str, caller: Callable[..., Any]) -> Iterator[Span]:
    """A CLIENT span around one GET. It carries the status of an answer that `raise_for_status` refuses."""
    attributes = {"http.request.method": "GET", "url.full": url, **code_of(caller)}
    with tracer.start_as_current_span("GET", kind=SpanKind.CLIENT, attributes=attributes) as span:
        try:
            yield span
        except requests.HTTPError as error:
            if error.response is not None:
                span.set_attribute("http.response.status_code", error.response.status_code)
                span.set_attribute("error.type", str(error.response.status_code))
            raise
