"""The routes that an application mounts."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from importlib.resources import files
from typing import Final

from fastapi import APIRouter, Depends, HTTPException, Request, Response

from metabot_instrument.metrics.exposition import exposition
from metabot_instrument.monitor.performance_monitor import PerformanceMonitor
from metabot_instrument.serving.door import Door, Refusal
from metabot_instrument.serving.live import Live
from metabot_instrument.serving.snapshot import as_export, as_snapshot, start_anew

TOKEN_VARIABLE: Final = "METABOT_METRICS_TOKEN"  # noqa: S105  # the name of a variable
_HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_PAGE_HEADERS: Final = {
    **_HEADERS,
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}
_FASTEST, _SLOWEST = 0.1, 5.0  # seconds; the widget takes eight of silence for a connection that is lost
_NO_WEIGHT: Final = re.compile(r"\s*q\s*=\s*0(\.0*)?\s*", re.IGNORECASE)
_UNREADABLE: Final = Refusal(
    HTTPStatus.SERVICE_UNAVAILABLE, "could not be read: metabot_instrument.failures() counts it, and its log says why"
)
_FOREIGN: Final = Refusal(
    HTTPStatus.FORBIDDEN, "a page of another site may not do this; name its origin to router(origins=[…])"
)


def router(
    monitor: PerformanceMonitor | None = None,
    *,
    token_variable: str | None = TOKEN_VARIABLE,
    origins: Sequence[str] = (),
    refresh_seconds: float = 2.0,
) -> APIRouter:
    """`GET /metrics`, and with a monitor everything below `/monitor`, for `application.include_router(router(…))`.

    Whoever asks bears the token that the environment variable `token_variable` holds; where it holds none, nobody may
    in. None lets everybody in who reaches the application. `origins` are those of other sites' pages that may reset the
    monitor and listen to it. Raises `ValueError` where one of these cannot be meant.
    """
    if not _FASTEST <= refresh_seconds <= _SLOWEST:
        raise ValueError(
            f"router: refresh_seconds={refresh_seconds!r} is no pace of a live view.\n"
            f"  Say a number between {_FASTEST} and {_SLOWEST}."
        )
    door = Door(token_variable, tuple(origins))
    routes = APIRouter(include_in_schema=False)
    _add_metrics(routes, _bearer(door))
    if monitor is not None:
        _add_monitor(routes, monitor, door)
        _add_files(routes)
        routes.add_api_websocket_route("/monitor/live", Live(monitor, door, refresh_seconds).listen)
    return routes


def _bearer(door: Door) -> Callable[[Request], None]:
    def demand(request: Request) -> None:
        if refusal := door.refusal(request.headers.getlist("authorization")):
            raise _refused(refusal)

    return demand


def _refused(refusal: Refusal) -> HTTPException:
    challenge = {"WWW-Authenticate": "Bearer"} if refusal.status is HTTPStatus.UNAUTHORIZED else {}
    return HTTPException(refusal.status, refusal.why, {**_HEADERS, **challenge})


def _add_metrics(routes: APIRouter, demand: Callable[[Request], None]) -> None:
    @routes.get("/metrics", dependencies=[Depends(demand)])
    def metrics(request: Request) -> Response:
        body, content_type = exposition(", ".join(request.headers.getlist("accept")) or None)
        if not body:  # Prometheus must not take it for an answer
            raise _refused(_UNREADABLE)
        headers = {**_HEADERS, "Content-Type": content_type, "Vary": "Accept, Accept-Encoding"}
        if _takes_gzip(request.headers.get("accept-encoding", "")):
            return Response(gzip.compress(body, 6, mtime=0), headers=headers | {"Content-Encoding": "gzip"})
        return Response(body, headers=headers)


def _takes_gzip(accepted: str) -> bool:
    """By its name, with a weight that is not zero."""
    for part in accepted.split(","):
        name, _, weight = part.partition(";")
        if name.strip().lower() == "gzip":
            return not _NO_WEIGHT.fullmatch(weight)
    return False


def _add_monitor(routes: APIRouter, monitor: PerformanceMonitor, door: Door) -> None:
    demand = _bearer(door)

    def at_home(request: Request) -> None:
        if not door.welcomes(request.headers.get("origin"), request.headers.get("host", "")):
            raise _refused(_FOREIGN)

    @routes.get("/monitor", dependencies=[Depends(demand)])
    def now() -> Response:
        return _json(as_snapshot(monitor))

    @routes.get("/monitor/export", dependencies=[Depends(demand)])
    def export() -> Response:
        name = f"metabot-monitor-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
        return _json(as_export(monitor), {"Content-Disposition": f'attachment; filename="{name}"'})

    @routes.post("/monitor/reset", dependencies=[Depends(at_home), Depends(demand)], status_code=HTTPStatus.NO_CONTENT)
    def reset() -> Response:
        if not start_anew(monitor):
            raise _refused(_UNREADABLE)
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=_HEADERS)


def _json(body: str | None, more: Mapping[str, str] | None = None) -> Response:
    if body is None:
        raise _refused(_UNREADABLE)
    return Response(body, headers={**_HEADERS, **(more or {})}, media_type="application/json")


def _add_files(routes: APIRouter) -> None:
    """They hold no data, so that a browser gets them without a token."""
    here = files("metabot_instrument.serving")
    script = (here / "performance_monitor_widget.js").read_bytes()
    page = (here / "page.html").read_bytes()

    @routes.get("/monitor/widget.js")
    def widget() -> Response:
        headers = {**_HEADERS, "Cache-Control": "no-cache"}
        return Response(script, headers=headers, media_type="text/javascript; charset=utf-8")

    @routes.get("/monitor/page")
    def bare_page() -> Response:
        return Response(page, headers=_PAGE_HEADERS, media_type="text/html; charset=utf-8")
