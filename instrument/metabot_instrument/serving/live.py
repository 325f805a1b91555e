"""The snapshot over WebSocket, again and again, to everyone who may listen."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from fastapi import WebSocket, WebSocketDisconnect
from fastapi.concurrency import run_in_threadpool

from metabot_instrument.monitor.performance_monitor import PerformanceMonitor
from metabot_instrument.serving.door import Door, Refusal
from metabot_instrument.serving.snapshot import as_snapshot

_CLIENTS: Final = 100
_SILENT: Final = 100  # that have not said the token yet; beyond, the one that is silent longest goes
_HEARD: Final = 4096  # characters of a client's message
_TOKEN_SECONDS: Final = 5.0  # to say the token
_SEND_SECONDS: Final = 10.0  # one that takes no snapshot for so long is cut off
_FOREIGN: Final = 1008
_UNREADABLE: Final = (1011, "the monitor could not be read: metabot_instrument.failures() counts it")
_FULL: Final = (1013, f"{_CLIENTS} listen already")
_REASON: Final = 120  # bytes: a frame that closes has room for few more
_STATUS: Final = 4000  # and an HTTP status is the code of one that is refused


@dataclass(eq=False, slots=True)
class Live:
    """Those who listen to one monitor. Each snapshot is taken when the one before it was sent: nothing piles up."""

    monitor: PerformanceMonitor
    door: Door
    refresh_seconds: float
    _listening: set[WebSocket] = field(default_factory=set)
    _silent: deque[asyncio.Timeout] = field(default_factory=deque)

    async def listen(self, socket: WebSocket) -> None:
        """As long as one client listens. A page of another site is not even answered."""
        if not self.door.welcomes(socket.headers.get("origin"), socket.headers.get("host", "")):
            await socket.close(_FOREIGN)
            return
        await socket.accept()
        with suppress(WebSocketDisconnect, TimeoutError):
            await socket.close(*await self._answer(socket, await self._asked(socket)))

    async def _answer(self, socket: WebSocket, authorization: list[str]) -> tuple[int, str]:
        """Gives why it ended. Only who may listen takes one of the places."""
        if refusal := self.door.refusal(authorization):
            return _ended(refusal)
        if len(self._listening) >= _CLIENTS:
            return _FULL
        self._listening.add(socket)
        try:
            return await self._speak(socket, authorization)
        finally:
            self._listening.discard(socket)

    async def _asked(self, socket: WebSocket) -> list[str]:
        """The `Authorization` of a client: its headers, or what a browser, which cannot send any, says first."""
        given = socket.headers.getlist("authorization")
        refusal = self.door.refusal(given)
        if given or refusal is None or refusal.status is not HTTPStatus.UNAUTHORIZED:
            return given
        with suppress(TimeoutError):
            async with asyncio.timeout(_TOKEN_SECONDS) as patience:
                with self._among_the_silent(patience):
                    return [f"Bearer {_token(await socket.receive())}"]
        return []

    @contextmanager
    def _among_the_silent(self, patience: asyncio.Timeout) -> Iterator[None]:
        if len(self._silent) >= _SILENT:
            with suppress(RuntimeError):  # its time is over as it is
                self._silent.popleft().reschedule(0)
        self._silent.append(patience)
        try:
            yield
        finally:
            with suppress(ValueError):  # it had to go
                self._silent.remove(patience)

    async def _speak(self, socket: WebSocket, authorization: list[str]) -> tuple[int, str]:
        """The token is looked at again before each snapshot, since it may have been changed."""
        left = asyncio.create_task(_until_gone(socket))
        try:
            while (refusal := self.door.refusal(authorization)) is None:
                if (said := await run_in_threadpool(as_snapshot, self.monitor)) is None:
                    return _UNREADABLE
                await asyncio.wait_for(socket.send_text(said), _SEND_SECONDS)
                if (await asyncio.wait([left], timeout=self.refresh_seconds))[0]:
                    raise WebSocketDisconnect
            return _ended(refusal)
        finally:
            left.cancel()


def _ended(refusal: Refusal) -> tuple[int, str]:
    return _STATUS + refusal.status, refusal.why.encode()[:_REASON].decode(errors="ignore")


async def _until_gone(socket: WebSocket) -> None:
    """What a client says here has no meaning and is dropped."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass


def _token(message: Mapping[str, Any]) -> str:
    """Of `{"token": …}`; nothing that could be one where the message is something else. Raises where it left."""
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect
    text = message.get("text")
    if not isinstance(text, str) or len(text) > _HEARD:
        return ""
    with suppress(ValueError, RecursionError):
        said = json.loads(text)
        if isinstance(said, dict) and isinstance(said.get("token"), str):
            return str(said["token"]).encode(errors="replace").decode("latin-1")
    return ""
