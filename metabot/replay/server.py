"""The HTTP side, on the loopback interface: `/v1/chat/completions`, `/v1/models`, and tools under `/tools/`.

An answer is due a recorded or modelled time after its request came. What the replay itself takes is a part of that
time and is not added to it.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Literal

from metabot.replay import tool_request
from metabot.replay.asked import HEADERS
from metabot.replay.cassette_player import CassettePlayer
from metabot.replay.chat_request import BadRequest
from metabot.replay.completion import Completion
from metabot.replay.played import NotServed, Played, Way
from metabot.replay.player import Player
from metabot.replay.request_log import RequestLog
from metabot.replay.summary import Summary

_LONGEST_BODY: Final = 64 * 1024 * 1024  # bytes
MARK: Final = "X-Metabot-Replay"
MATCH: Final = "X-Metabot-Match"


class ReplayServer(ThreadingHTTPServer):
    """Listens from its construction on; answers from `serve_forever` on."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(
        self,
        port: int,
        player: Player | CassettePlayer,
        log: RequestLog,
        *,
        marked: bool = True,
        called: Literal["127.0.0.1", "localhost"] = "127.0.0.1",
    ) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.player = player
        self.log = log
        self.summary = Summary()
        self.marked = marked
        self.called = called

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news; anything else shows its traceback."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    @property
    def origin(self) -> str:
        return f"http://{self.called}:{self.server_address[1]}"

    @property
    def url(self) -> str:
        return f"{self.origin}/v1"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # clients keep their connections
    disable_nagle_algorithm = True  # a delayed acknowledgement would add 40 ms to an answer
    wbufsize = -1  # headers and body leave together
    server: ReplayServer

    def parse_request(self) -> bool:
        """Called as soon as a request's first line is read."""
        self._came = time.monotonic()
        return super().parse_request()

    def do_GET(self) -> None:
        if self.path != "/v1/models":
            self._answered()
            return
        shared = {"object": "model", "created": 0, "owned_by": "replay"}
        self._send(200, {"object": "list", "data": [{"id": name, **shared} for name in self.server.player.models]})

    def do_POST(self) -> None:
        self._answered()

    def do_PUT(self) -> None:
        self._answered()

    def do_PATCH(self) -> None:
        self._answered()

    def do_DELETE(self) -> None:
        self._answered()

    def _answered(self) -> None:
        try:
            played = self._played(self._body())
        except BadRequest as error:
            self.server.summary.malformed()
            self._refuse(400, str(error), None, error.param)
        except NotServed as error:
            self.server.summary.missing()
            self._refuse(404, str(error), error.code, error.param)
        else:
            self.server.summary.answered(played)
            self._answer(played)

    def _played(self, body: bytes) -> Played:
        headers = {name: said for name in HEADERS if (said := self.headers[name]) is not None}
        if self.command == "POST" and self.path == "/v1/chat/completions":
            self.server.summary.asked()
            return self.server.player.chat(body, headers)
        if self.path.startswith("/tools/"):
            return self.server.player.tool(tool_request.read(self.command, self.path, body), headers)
        raise NotServed(f"Invalid URL ({self.command} {self.path})", code="unknown_url", param=None)

    def _answer(self, played: Played) -> None:
        completion = played.completion
        try:
            if completion is None:
                self._whole(played, played.body)
                return
            behind = self._await(played.due.first_token)
            played.read_prompt()
            if played.stream:
                self.server.summary.begun(behind)
                self._stream(played, completion)
            else:
                self._whole(played, completion.whole())
        finally:
            self.server.log.write(played.status, played, time.monotonic() - self._came)

    def _whole(self, played: Played, body: Any) -> None:
        self.server.summary.begun(self._await(played.due.whole))
        self._send(played.status, body, played.way)

    def _stream(self, played: Played, completion: Completion) -> None:
        self._head(200, "text/event-stream; charset=utf-8", played.way)
        self.send_header("Connection", "close")  # the end of the connection is the end of the stream
        self.end_headers()
        self.close_connection = True
        for number, chunk in enumerate(completion.chunks(include_usage=played.include_usage)):
            self._await(min(played.due.first_token + number * played.due.token, played.due.whole))
            self._event(json.dumps(chunk))
        self._await(played.due.whole)
        self._event("[DONE]")

    def _await(self, due: float) -> float:
        """Waits until so many seconds after the request came, and returns by how much it is later than that."""
        left = self._came + due - time.monotonic()
        if left > 0:
            time.sleep(left)
        return time.monotonic() - self._came - due

    def _event(self, data: str) -> None:
        self.wfile.write(f"data: {data}\n\n".encode())
        self.wfile.flush()

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "0" if self.command == "GET" else "")
        if not (length.isascii() and length.isdigit()) or int(length) > _LONGEST_BODY:
            self.close_connection = True  # what follows on this connection cannot be told from a next request
            raise BadRequest(f"Content-Length must be given and be at most {_LONGEST_BODY} bytes.")
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise ConnectionAbortedError("the client went away while it sent its request")
        return body

    def _refuse(self, status: int, message: str, code: str | None, param: str | None = None) -> None:
        self.server.log.write(status, error=message)
        error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
        self._send(status, {"error": error})

    def _send(self, status: int, body: Any, way: Way | None = None) -> None:
        """A text goes out as it is, anything else as JSON."""
        text = body if isinstance(body, str) else json.dumps(body)
        data = text.encode("utf-8", "replace")
        plain = isinstance(body, str) and body.lstrip()[:1] not in ("{", "[")
        self._head(status, "text/plain; charset=utf-8" if plain else "application/json", way)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        self.wfile.flush()

    def _head(self, status: int, content_type: str, way: Way | None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        if self.server.marked:
            self.send_header(MARK, "1")
        if self.server.marked and way is not None:
            self.send_header(MATCH, way)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the standard library's own name
        """Silent: the request log says what there is to say."""


def start(server: ReplayServer) -> None:
    """Answers requests in a thread of its own."""
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
