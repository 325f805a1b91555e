"""A client of the openai package whose model calls are recorded.

What the application gets stays what the client made: the same objects, chunks and exceptions.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final, TypeVar

from metabot_instrument.boundary import contained
from metabot_instrument.current import settings

C = TypeVar("C")

_OURS: Final = "metabot_instrument_inner"  # the attribute of a method of ours that holds the client's own
_COPIES: Final = ("copy", "with_options")


def openai(client: C) -> C:
    """The client itself, of any class of the openai package; from here on its model calls are recorded.

    They are where tracing is on or an endpoint is set. So are those of the clients that it is copied to.
    """
    _instrument(client)
    return client


@contained("model_call", None)
def uninstrument(client: Any) -> None:
    """The client's calls are recorded no more; those of its copies are."""
    for name in ("request", *_COPIES):
        if hasattr(vars(client).get(name), _OURS):
            delattr(client, name)


@contained("model_call", None)
def _instrument(client: Any) -> None:
    if hasattr(vars(client).get("request"), _OURS):
        return
    recorded = _recorded_asynchronously if hasattr(type(client), "__aenter__") else _recorded
    for name in _COPIES:
        _replace(client, name, _copied)
    _replace(client, "request", functools.partial(recorded, client))


def _replace(client: Any, name: str, outer: Callable[[Any], Any]) -> None:
    inner = getattr(client, name)
    method = functools.wraps(inner)(outer(inner))
    setattr(method, _OURS, inner)
    setattr(client, name, method)


def _copied(inner: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args, **named: openai(inner(*args, **named))


def _recorded(client: Any, inner: Callable[..., Any]) -> Callable[..., Any]:
    def request(cast_to: Any, options: Any, **named: Any) -> Any:
        call = _begun(client, options)
        if call is None:
            return inner(cast_to, options, **named)
        try:
            with call.current():
                result = inner(cast_to, options, **named)
        except BaseException as error:
            call.failed(error)
            raise
        call.came(result)
        return result

    return request


def _recorded_asynchronously(client: Any, inner: Callable[..., Any]) -> Callable[..., Any]:
    async def request(cast_to: Any, options: Any, **named: Any) -> Any:
        call = _begun(client, options)
        if call is None:
            return await inner(cast_to, options, **named)
        try:
            with call.current():
                result = await inner(cast_to, options, **named)
        except BaseException as error:
            call.failed(error)
            raise
        call.came(result)
        return result

    return request


def _begun(client: Any, options: Any) -> Any:
    now = settings()
    if not (now.trace or now.endpoint):
        return None
    return _begin(client, options)


@contained("model_call", None)
def _begin(client: Any, options: Any) -> Any:
    from metabot_instrument.model_calls.call import begun  # noqa: PLC0415  # OpenTelemetry only where calls are recorded

    return begun(client, options)
