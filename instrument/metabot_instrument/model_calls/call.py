"""One model call on its way: the span that records it, from the request to the last that comes of the answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Final

from opentelemetry.context import get_current
from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanKind,
    Status,
    StatusCode,
    Tracer,
    TracerProvider,
    get_current_span,
    use_span,
)

from metabot_instrument import __version__
from metabot_instrument.boundary import contained
from metabot_instrument.current import settings
from metabot_instrument.model_calls import answer, caller, captured, heard, request, server
from metabot_instrument.model_calls.hearers import Hearers
from metabot_instrument.model_calls.streamed import Answered, answered
from metabot_instrument.model_calls.values import Body, body, whole
from metabot_instrument.model_calls.watched import Bytes, watch
from metabot_instrument.told_errors import described
from metabot_instrument.traces.ancestry import step_of
from metabot_instrument.traces.provider import tracer_provider
from metabot_instrument.vocabulary import attributes as names
from metabot_instrument.vocabulary import layers

SCOPE: Final = names.MODEL_CALLS
_NOTHING: Final[Body] = {}
_NANO: Final = 1_000_000_000

_tracers: dict[int, tuple[TracerProvider, Tracer]] = {}  # of the provider that was asked last


def _tracer() -> Tracer:
    provider = tracer_provider()
    known = _tracers.get(id(provider))
    if known is None:
        known = provider, provider.get_tracer(SCOPE, __version__)
        _tracers.clear()
        _tracers[id(provider)] = known
    return known[1]


@contained("model_call", None)
def begun(client: Any, options: Any) -> Call | None:
    """The span of what is posted; None where it is no model call, or is not sampled and nobody hears of it."""
    operation = request.OPERATIONS.get(options.url) if options.method.lower() == "post" else None
    if operation is None:
        return None
    asked = {**body(options.json_data), **body(options.extra_json)}
    told = {
        names.OPERATION: operation,
        **server.attributes(client),
        **request.parameters(asked),
        **caller.attributes(),
        **_session(),
    }
    began = time.time_ns()
    span = _span(told, began)
    if span.is_recording() or heard.anybody():
        return Call(span, began, operation, asked, options)
    return None


def _span(told: dict[str, Any], began: int) -> Span:
    """One that records, or where nothing is to be recorded one that stands for the span around the call."""
    now = settings()
    if now.trace or now.endpoint:
        name = " ".join(filter(None, (told[names.OPERATION], told[names.REQUEST_MODEL])))
        span = _tracer().start_span(name, kind=SpanKind.CLIENT, attributes=_known(told), start_time=began)
        if span.is_recording():
            return span
    return NonRecordingSpan(get_current_span().get_span_context())


def _session() -> dict[str, Any]:
    """Of the step of `tracer` that the call is made in."""
    step = step_of(get_current())
    return {layers.SESSION: step.session_id or None, layers.TASK: step.task_id or None} if step else {}


class Call:
    def __init__(self, span: Span, began: int, operation: str, asked: Body, options: Any) -> None:
        self._span = span
        self._began = began
        self._capture = settings().capture if span.is_recording() else "none"
        self._hearers = Hearers(asked, began)
        self._speaks = operation != "embeddings"  # what is embedded and the vectors are no conversation
        self._parsed: Any = None
        self._ask(asked, options)

    @contained("model_call", None)
    def _ask(self, asked: Body, options: Any) -> None:
        if callable(options.post_parser):
            options.post_parser = self._before(options.post_parser)
        if self._speaks:
            self._tell(captured.of_request(request.conversation(asked), self._capture))

    def _before(self, parse: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """`parse` may raise because of what it reads; the call was answered all the same."""

        def parsing(came: Any) -> Any:
            self._parsed = came
            return parse(came)

        return parsing

    def current(self) -> AbstractContextManager[Span]:
        """Within it, the spans of others are below this one."""
        return use_span(self._span, end_on_exit=False, record_exception=False, set_status_on_exception=False)

    @contained("model_call", None)
    def came(self, result: Any) -> None:
        """The client's result: an answer, or an HTTP response or a stream that the application has yet to read."""
        if hasattr(result, "to_dict"):
            self._end(self._told(self._parsed or result))
            return
        response = getattr(result, "http_response", None) or getattr(result, "response", None)
        if response is None:
            self._end({})
        elif response.is_closed:
            self._end(_assembled(response).whole)
        else:
            watch(response, self._streamed)

    @contained("model_call", None)
    def failed(self, error: BaseException) -> None:
        self._end(self._told(self._parsed), error=error)

    def _told(self, result: Any) -> Body:
        if self._speaks:
            return _as_dict(result)
        return {"model": getattr(result, "model", None), "usage": _as_dict(getattr(result, "usage", None))}

    def _streamed(self, seen: Bytes, error: BaseException | None) -> None:
        came = _assembled(seen)
        if came.first is not None:
            self._tell({names.FIRST_CHUNK: max(0, seen.time_ns(came.first) - self._began) / _NANO})
        broken = ValueError("a chunk is no JSON") if came.broken else None
        self._end(came.whole, error=error or broken, end_ns=None if error else seen.last_ns)

    def _end(self, came: Body, *, error: BaseException | None = None, end_ns: int | None = None) -> None:
        try:
            self._tell(answer.figures(came))
            if self._speaks:
                self._tell(captured.of_answer(answer.messages(came), self._capture))
            code = answer.error_in(came)
            if error is not None:
                status = whole(getattr(error, "status_code", None))
                told = {names.ERROR_TYPE: type(error).__name__, names.HTTP_STATUS: status}
                self._fail(told, described(error, self._capture))
            elif code is not None:
                self._fail({names.ERROR_TYPE: code}, code)
        finally:
            self._span.end(end_ns)
            self._hearers.end(came, failed=error is not None, end_ns=end_ns)

    def _fail(self, told: dict[str, Any], description: str) -> None:
        self._tell(told)
        self._span.set_status(Status(StatusCode.ERROR, description))

    def _tell(self, told: dict[str, Any]) -> None:
        self._span.set_attributes(_known(told))


@contained("model_call", Answered({}, None, broken=False))
def _assembled(read: Any) -> Answered:
    return answered(read.content)


@contained("model_call", _NOTHING)
def _as_dict(result: Any) -> Body:
    """Of the openai package's objects; of anything else nothing."""
    return body(result.to_dict(mode="python", warnings=False)) if hasattr(result, "to_dict") else {}


def _known(told: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if value is not None}
