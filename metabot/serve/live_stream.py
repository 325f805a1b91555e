"""The live stream: what is written to an event log, to everyone who listens over WebSocket.

Nobody who listens can hold up the log or the others: a client for whom more than a mebibyte waits is dropped. Browsers
are kept out unless their page's origin is named, since any page may open a WebSocket to this machine.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response
from websockets.typing import Origin

from metabot.errors import SettingsError
from metabot.serve.door import Door, asked
from metabot_instrument.events.reading import follow, selected

_ROOM: Final = 1 << 20  # characters that may wait for one client
_BATCH: Final = 1 << 16  # characters that are put before the clients at once
_HEARD: Final = 1024  # bytes of a message from a client, which has nothing to say
_POLL_SECONDS: Final = 0.1
_GOODBYE_SECONDS: Final = 2.0
_TOO_SLOW: Final = (1013, "too slow: more than 1 MiB waits")
_NOTHING_TO_SAY: Final = (1008, "this stream only speaks")

Event = Mapping[str, Any]


@dataclass(slots=True)
class Counts:
    """What the stream did."""

    events: int = 0
    clients: int = 0
    refused: int = 0
    dropped: int = 0  # clients that were too slow


class _Client:
    """What waits for one client."""

    def __init__(self, connection: ServerConnection) -> None:
        query = asked(connection.request)
        self.connection = connection
        self.dropped = asyncio.Event()
        self._types = tuple(query.get("type", ["*"]))
        self._task, self._session = (query.get(name, [None])[-1] for name in ("task", "session"))
        self._waiting: deque[str] = deque()
        self._size = 0
        self._more = asyncio.Event()

    def wants(self, event: Event) -> bool:
        return any(True for _ in selected([event], types=self._types, task_id=self._task, session_id=self._session))

    def put(self, line: str) -> bool:
        """False where there is no room left."""
        if self._size and self._size + len(line) > _ROOM:
            return False
        self._waiting.append(line)
        self._size += len(line)
        self._more.set()
        return True

    async def send(self) -> None:
        while True:
            await self._more.wait()
            self._more.clear()
            while self._waiting:
                await self.connection.send(self._waiting[0])
                self._size -= len(self._waiting.popleft())


class LiveStream:
    """Those who listen now. `said` hears of each that comes or is dropped; `as_line` writes an event."""

    def __init__(self, door: Door, said: Callable[[str], None], as_line: Callable[[Event], str]) -> None:
        self.counts = Counts()
        self._door, self._said, self._as_line = door, said, as_line
        self._clients: set[_Client] = set()

    async def run(self, log: Path, stop: asyncio.Event, ready: Callable[[int], None]) -> None:
        """Streams what is written to `log` from now on until `stop` is set, then says goodbye.

        `ready` hears the port. Raises `SettingsError` where the address cannot be listened on, and `OSError` where the
        log cannot be read.
        """
        begun, ended = threading.Event(), threading.Event()
        async with await self._open() as server:
            reading = asyncio.create_task(asyncio.to_thread(self._read, log, begun, ended, asyncio.get_running_loop()))
            stopping = asyncio.create_task(stop.wait())
            await asyncio.to_thread(begun.wait)
            ready(next(iter(server.sockets)).getsockname()[1])
            await asyncio.wait([reading, stopping], return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            ended.set()
            await reading

    def _read(self, log: Path, begun: threading.Event, ended: threading.Event, loop: asyncio.AbstractEventLoop) -> None:
        """In a thread of its own. What is read is given before more is, so that nothing piles up in between."""
        batch: list[tuple[Event, str]] = []
        size = 0

        def hand_over() -> None:
            if batch:
                asyncio.run_coroutine_threadsafe(self._give(batch), loop).result()
                batch.clear()

        def stopped() -> bool:
            begun.set()  # the reader stands at the end of the log now
            hand_over()
            return ended.is_set()

        try:
            for event in follow(log, poll=_POLL_SECONDS, stopped=stopped):
                line = self._as_line(event)
                batch.append((event, line))
                size += len(line)
                if size > _BATCH:
                    hand_over()
                    size = 0
        finally:
            begun.set()

    async def _open(self) -> Server:
        door = self._door
        try:
            return await serve(
                self._listen,
                door.host,
                door.port,
                origins=[None, *map(Origin, door.origins)],
                process_request=self._let_in,
                compression=None,
                max_size=_HEARD,
                close_timeout=_GOODBYE_SECONDS,
            )
        except OSError as error:
            raise SettingsError(
                f"{door.host}:{door.port}: cannot be listened on: {error.strerror or error}.\n"
                "  Choose another --host or --port, or end what listens there."
            ) from error

    async def _give(self, batch: Sequence[tuple[Event, str]]) -> None:
        self.counts.events += len(batch)
        for client in list(self._clients):
            if not all(client.put(line) for event, line in batch if client.wants(event)):
                self._drop(client)

    def _drop(self, client: _Client) -> None:
        self._clients.discard(client)
        self.counts.dropped += 1
        self._said(f"{_address(client.connection)} is dropped: it was too slow")
        client.dropped.set()

    async def _listen(self, connection: ServerConnection) -> None:
        """As long as one client listens: until it leaves, says something, or is too slow."""
        client = _Client(connection)
        self._clients.add(client)
        self.counts.clients += 1
        self._said(f"{_address(connection)} listens")
        ends = [asyncio.create_task(end) for end in (client.send(), connection.recv(), client.dropped.wait())]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._clients.discard(client)
            for end in ends:
                end.cancel()
            await asyncio.gather(*ends, return_exceptions=True)
        if client.dropped.is_set():
            connection.transport.abort()  # its buffers are full: no goodbye would arrive
        else:
            await connection.close(*_NOTHING_TO_SAY)

    def _let_in(self, connection: ServerConnection, request: Request) -> Response | None:
        refusal = self._door.refusal(request, len(self._clients))
        if refusal is None:
            return None
        self.counts.refused += 1
        status, why = refusal
        answer = connection.respond(status, why + "\n")
        if status is HTTPStatus.UNAUTHORIZED:
            answer.headers["WWW-Authenticate"] = "Bearer"
        return answer


def _address(connection: ServerConnection) -> str:
    return ":".join(map(str, (connection.remote_address or ("a client",))[:2]))
