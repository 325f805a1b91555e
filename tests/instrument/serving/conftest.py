"""An application that serves a monitor, and a browser that looks at it."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI

from metabot_instrument.monitor.performance_monitor import PerformanceMonitor
from metabot_instrument.serving import router
from metabot_instrument.signals.bus import Bus

TOKEN = "s3cret-of-this-test"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-quic", "--no-first-run")


@dataclass
class Served:
    """What listens at `url`. `asked` are the paths of all requests, with those of WebSockets."""

    url: str = ""
    asked: list[str] = field(default_factory=list)
    open_sockets: int = 0


class Noting:
    """Notes what the application is asked."""

    def __init__(self, application: FastAPI, served: Served) -> None:
        self.application, self.served = application, served

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        socket = scope["type"] == "websocket"
        if scope["type"] != "lifespan":
            self.served.asked.append(scope["path"])
        self.served.open_sockets += socket
        try:
            await self.application(scope, receive, send)
        finally:
            self.served.open_sockets -= socket


@contextmanager
def serve(application: FastAPI, port: int = 0) -> Iterator[Served]:
    served = Served()
    told = uvicorn.Config(
        Noting(application, served), host="127.0.0.1", port=port, log_config=None, ws="websockets-sansio"
    )
    server = uvicorn.Server(told)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            thread.join(0.01)
        served.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        yield served
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def monitor(bus: Bus) -> Iterator[PerformanceMonitor]:
    """Of a session in which each kind of thing was counted."""
    made = PerformanceMonitor(bus, session_id="s-1", memory_limit_bytes=2**40, thresholds={"tokens": 5000})
    bus.emit("agent:state:change", {"agent": "a", "state": "planning"})
    bus.emit("agent:state:change", {"agent": "a", "state": "acting"})
    for name in ("search_docs", "<img src=x onerror=\"document.title='broken'\">"):
        bus.emit("tool:start", {"tool": name, "call_id": name})
        bus.emit("tool:end", {"tool": name, "call_id": name})
    bus.emit("api:request:start", {"request_id": "r-1", "model": "gpt-4.1-mini"})
    bus.emit("api:request:end", {"request_id": "r-1", "tokens": {"input": 1200, "output": 80}})
    bus.emit("artifact:created", {"path": "notes.md"})
    yield made
    made.close()


@pytest.fixture
def token(monkeypatch: pytest.MonkeyPatch) -> str:
    """The token, where the routes look for it."""
    monkeypatch.setenv("METABOT_METRICS_TOKEN", TOKEN)
    return TOKEN


@pytest.fixture
def application(monitor: PerformanceMonitor, token: str) -> FastAPI:
    """The routes below /ops, refreshed five times a second."""
    made = FastAPI()
    made.include_router(router(monitor, refresh_seconds=0.2), prefix="/ops")
    return made


@pytest.fixture
def served(application: FastAPI) -> Iterator[Served]:
    with serve(application) as served:
        yield served


@pytest.fixture
def serving() -> Any:
    """`serve`, for tests that begin and end it themselves."""
    return serve


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium."""
    found = os.environ.get("METABOT_CHROMIUM") or shutil.which("chromium")
    if not found:
        pytest.skip("no Chromium: METABOT_CHROMIUM names none, and none is on PATH")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=list(FLAGS))
        yield browser
        browser.close()
