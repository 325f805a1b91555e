"""A server on the loopback that speaks OpenAI's chat completions as it is told to, well or badly."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

Way = Callable[["Answering"], None]


@dataclass
class Answering:
    """One request, and the connection to answer it on."""

    body: dict[str, Any]
    headers: Mapping[str, str]  # by names in lower case
    handler: BaseHTTPRequestHandler
    ended: threading.Event  # set when the test is over: nobody needs to wait any more

    def head(self, status: int, content_type: str, **headers: str) -> None:
        self.handler.send_response(status)
        self.handler.send_header("Content-Type", content_type)
        for name, value in headers.items():
            self.handler.send_header(name.replace("_", "-"), value)
        self.handler.send_header("Connection", "close")
        self.handler.end_headers()

    def event(self, data: Any) -> None:
        self.raw(f"data: {data if isinstance(data, str) else json.dumps(data)}\n\n".encode())

    def raw(self, data: bytes) -> None:
        self.handler.wfile.write(data)
        self.handler.wfile.flush()


@dataclass
class ModelServer:
    url: str
    ways: list[Way]  # one for each request; the last one for all that follow
    asked: list[Answering] = field(default_factory=list)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [one.body for one in self.asked]


@contextmanager
def serving(*ways: Way) -> Iterator[ModelServer]:
    ended = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answering = Answering(body, headers, self, ended)
            server.asked.append(answering)
            self.close_connection = True
            way = server.ways[min(len(server.asked), len(server.ways)) - 1]
            try:
                way(answering)
            except (BrokenPipeError, ConnectionResetError):
                return

        def log_message(self, *_: object) -> None:
            """Silent."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    server = ModelServer(f"http://127.0.0.1:{http.server_address[1]}/v1", list(ways))
    threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield server
    finally:
        ended.set()
        http.shutdown()
        http.server_close()


def chunk(text: str | None = None, *, finish: str | None = None, **more: Any) -> dict[str, Any]:
    delta = {} if text is None else {"content": text}
    return {"choices": [{"index": 0, "delta": {**delta, **more}, "finish_reason": finish}]}


def usage(read: int, written: int) -> dict[str, Any]:
    return {"choices": [], "usage": {"prompt_tokens": read, "completion_tokens": written}}


def says(text: str, *, finish: str | None = "stop", counts: tuple[int, int] | None = (100, 20), **delta: Any) -> Way:
    """A stream in pieces of ten characters."""

    def way(answering: Answering) -> None:
        answering.head(200, "text/event-stream")
        for at in range(0, len(text), 10):
            answering.event(chunk(text[at : at + 10]))
        answering.event(chunk(finish=finish, **delta))
        if counts is not None:
            answering.event(usage(*counts))
        answering.event("[DONE]")

    return way


def says_whole(text: str, counts: tuple[int, int] = (100, 20)) -> Way:
    """No stream, though one was asked for."""

    def way(answering: Answering) -> None:
        answering.head(200, "application/json")
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        answering.raw(json.dumps({"choices": [choice], "usage": usage(*counts)["usage"]}).encode())

    return way


def refuses(status: int, message: str = "no", *, param: str = "", code: str = "", **headers: str) -> Way:
    def way(answering: Answering) -> None:
        answering.head(status, "application/json", **headers)
        answering.raw(json.dumps({"error": {"message": message, "param": param, "code": code}}).encode())

    return way


def sends(raw: bytes, content_type: str = "text/event-stream", **headers: str) -> Way:
    def way(answering: Answering) -> None:
        answering.head(200, content_type, **headers)
        answering.raw(raw)

    return way


def stalls(before: str = "", *, dripping: Literal["", ": wait\n\n"] = "") -> Way:
    """Says so much, then nothing, or comments for ever."""

    def way(answering: Answering) -> None:
        answering.head(200, "text/event-stream")
        answering.event(chunk(before))
        while not answering.ended.wait(0.05):
            if dripping:
                answering.raw(dripping.encode())

    return way


def drips_headers(answering: Answering) -> None:
    """A header that never ends, a byte now and then."""
    answering.raw(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not answering.ended.wait(0.05):
        answering.raw(b"a")


def hangs_up(answering: Answering) -> None:
    """Says nothing at all."""


def streams(pieces: Sequence[bytes], times: int) -> Way:
    def way(answering: Answering) -> None:
        answering.head(200, "text/event-stream")
        for _ in range(times):
            for piece in pieces:
                answering.raw(piece)

    return way
