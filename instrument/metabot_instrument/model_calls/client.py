"""A client of the openai package whose model calls are recorded.

What the application gets stays what the client made: the same objects, chunks and exceptions.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final, TypeVar

from metabot_instrument.boundary import contained
from metabot_instrument.current import settings
from metabot_instrument.forks import setting_up
from metabot_instrument.model_calls import heard

C = TypeVar("C")

_OURS: Final = "metabot_instrument_inner"  # the attribute of a class of ours that holds the client's own class


def openai(client: C) -> C:
    """The client itself, of any class of the openai package; from here on its model calls are recorded.

    They are where tracing is on or an endpoint is set; a monitor hears of them wherever there is one. So are those of
    the clients that it is copied to.
    """
    _instrument(client)
    return client


@contained("model_call", None)
def uninstrument(client: Any) -> None:
    """The client's calls are recorded no more; those of its copies are."""
    client.__class__ = getattr(type(client), _OURS, type(client))


@contained("model_call", None)
def _instrument(client: Any) -> None:
    if not hasattr(type(client), _OURS):
        client.__class__ = _recording(type(client))  # type: ignore[arg-type]  # a class of classes has a hash


@functools.cache
def _recording(kind: Any) -> Any:
    """The class with a `request` that records. An attribute of the client would stay bound to it in a copy."""
    outer = _recorded_asynchronously if hasattr(kind, "__aenter__") else _recorded
    inner = kind.request
    members = {
        "request": functools.wraps(inner)(outer(inner)),
        _OURS: kind,
        **{name: getattr(kind, name) for name in ("__module__", "__qualname__", "__doc__")},
    }
    return type(kind)(kind.__name__, (kind,), members)


def _recorded(inner: Callable[..., Any]) -> Callable[..., Any]:
    def request(client: Any, cast_to: Any, options: Any, **named: Any) -> Any:
        call = _begun(client, options)
        if call is None:
            return inner(client, cast_to, options, **named)
        try:
            with call.current():
                result = inner(client, cast_to, options, **named)
        except BaseException as error:
            call.failed(error)
            raise
        call.came(result)
        return result

    return request


def _recorded_asynchronously(inner: Callable[..., Any]) -> Callable[..., Any]:
    async def request(client: Any, cast_to: Any, options: Any, **named: Any) -> Any:
        call = _begun(client, options)
        if call is None:
            return await inner(client, cast_to, options, **named)
        try:
            with call.current():
                result = await inner(client, cast_to, options, **named)
        except BaseException as error:
            call.failed(error)
            raise
        call.came(result)
        return result

    return request


def _begun(client: Any, options: Any) -> Any:
    now = settings()
    if not (now.trace or now.endpoint or heard.anybody()):
        return None
    return _begin(client, options)


@contained("model_call", None)
def _begin(client: Any, options: Any) -> Any:
    with setting_up:
        from metabot_instrument.model_calls.call import begun  # noqa: PLC0415  # OpenTelemetry where calls are recorded

    return begun(client, options)
