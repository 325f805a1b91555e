"""HTTP calls of requests, httpx2 and urllib as CLIENT spans, after OpenTelemetry's conventions for HTTP."""

from __future__ import annotations

import functools
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.error import HTTPError

from opentelemetry import context, trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from filetrace.callers import caller

_QUIET = "filetrace-quiet"


@contextmanager
def _recorded(method: str, url: str, *, code: bool) -> Iterator[Span]:
    attributes: dict[str, Any] = {"http.request.method": method, "url.full": url}
    attributes |= caller() if code else {}
    tracer = trace.get_tracer("filetrace.http")
    with tracer.start_as_current_span(method, kind=SpanKind.CLIENT, attributes=attributes) as span:
        yield span


def _answered(span: Span, status: int) -> None:
    span.set_attribute("http.response.status_code", status)
    if status >= 400:
        span.set_attribute("error.type", str(status))
        span.set_status(Status(StatusCode.ERROR))


def _quiet() -> bool:
    return any(key.startswith(_QUIET) for key in context.get_current())


def instrument_requests(*, code: bool = False) -> None:
    import requests

    plain = requests.Session.send

    @functools.wraps(plain)
    def send(self: Any, request: Any, **options: Any) -> Any:
        with _recorded(request.method, request.url, code=code) as span:
            response = plain(self, request, **options)
            _answered(span, response.status_code)
            return response

    requests.Session.send = send


def instrument_httpx2(*, code: bool = False) -> None:
    import httpx2

    plain, coroutine = httpx2.Client.send, httpx2.AsyncClient.send

    @functools.wraps(plain)
    def send(self: Any, request: Any, **options: Any) -> Any:
        if _quiet():
            return plain(self, request, **options)
        with _recorded(request.method, str(request.url), code=code) as span:
            response = plain(self, request, **options)
            _answered(span, response.status_code)
            return response

    @functools.wraps(coroutine)
    async def send_async(self: Any, request: Any, **options: Any) -> Any:
        if _quiet():
            return await coroutine(self, request, **options)
        with _recorded(request.method, str(request.url), code=code) as span:
            response = await coroutine(self, request, **options)
            _answered(span, response.status_code)
            return response

    httpx2.Client.send, httpx2.AsyncClient.send = send, send_async


def instrument_urllib(*, code: bool = False) -> None:
    plain: Callable[..., Any] = urllib.request.OpenerDirector.open

    @functools.wraps(plain)
    def opened(self: Any, fullurl: Any, *arguments: Any, **options: Any) -> Any:
        request = fullurl if isinstance(fullurl, urllib.request.Request) else urllib.request.Request(fullurl)
        with _recorded(request.get_method(), request.full_url, code=code) as span:
            try:
                response = plain(self, fullurl, *arguments, **options)
            except HTTPError as error:
                _answered(span, error.code)
                raise
            _answered(span, response.status)
            return response

    urllib.request.OpenerDirector.open = opened
