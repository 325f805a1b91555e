"""The HTTP side: `POST /v1/chat/completions` and `GET /v1/models` on the loopback interface."""

from __future__ import annotations

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, TextIO

from metabot.replay.chat_request import BadRequest
from metabot.replay.player import NotServed, Played, Player

_LONGEST_BODY: Final = 64 * 1024 * 1024  # bytes


class RequestLog:
    """One JSON line a request: its hash, the rule, the token counts and the milliseconds that were waited."""

    def __init__(self, file: TextIO | None) -> None:
        self._file = file
        self._lock = threading.Lock()

    def write(self, status: int, played: Played | None = None, waited: float = 0.0, error: str | None = None) -> None:
        if self._file is None:
            return
        row: dict[str, Any] = {"status": status, "error": error}
        if played is not None:
            row = {
                "status": status,
                "request": played.request.digest,
                "rule": played.rule,
                "prompt_tokens": played.completion.prompt_tokens,
                "cached_tokens": played.completion.cached_tokens,
                "completion_tokens": played.completion.completion_tokens,
                "waited_ms": round(waited * 1000, 3),
            }
        with self._lock:
            self._file.write(json.dumps(row) + "\n")
            self._file.flush()


class ReplayServer(ThreadingHTTPServer):
    """Listens from its construction on; answers from `serve_forever` on."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, port: int, player: Player, log: RequestLog) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.player = player
        self.log = log

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news; anything else shows its traceback."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # clients keep their connections
    disable_nagle_algorithm = True  # a delayed acknowledgement would add 40 ms to an answer
    wbufsize = -1  # headers and body leave together
    server: ReplayServer

    def do_GET(self) -> None:
        if self.path != "/v1/models":
            self._refuse(404, f"Invalid URL (GET {self.path})", "unknown_url")
            return
        model = {"id": self.server.player.script.model, "object": "model", "created": 0, "owned_by": "replay"}
        self._send(200, {"object": "list", "data": [model]})

    def do_POST(self) -> None:
        try:
            body = self._body()
            if self.path != "/v1/chat/completions":
                self._refuse(404, f"Invalid URL (POST {self.path})", "unknown_url")
                return
            played = self.server.player.play(body)
        except BadRequest as error:
            self._refuse(400, str(error), None, error.param)
        except NotServed as error:
            self._refuse(404, str(error), error.code, error.param)
        else:
            self._answer(played)

    def _answer(self, played: Played) -> None:
        started = time.monotonic()
        time.sleep(played.times.first_token)
        played.read_prompt()
        try:
            if played.request.stream:
                self._stream(played)
            else:
                time.sleep(played.times.output_token * max(0, played.completion.completion_tokens - 1))
                self._send(200, played.completion.whole())
        finally:
            self.server.log.write(200, played, time.monotonic() - started)

    def _stream(self, played: Played) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Connection", "close")  # the end of the connection is the end of the stream
        self.end_headers()
        self.close_connection = True
        for chunk in played.completion.chunks(include_usage=played.request.include_usage):
            self._event(json.dumps(chunk))
            time.sleep(played.times.output_token)
        self._event("[DONE]")

    def _event(self, data: str) -> None:
        self.wfile.write(f"data: {data}\n\n".encode())
        self.wfile.flush()

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()) or int(length) > _LONGEST_BODY:
            self.close_connection = True  # what follows on this connection cannot be told from a next request
            raise BadRequest(f"Content-Length must be given and be at most {_LONGEST_BODY} bytes.")
        return self.rfile.read(int(length))

    def _refuse(self, status: int, message: str, code: str | None, param: str | None = None) -> None:
        self.server.log.write(status, error=message)
        error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
        self._send(status, {"error": error})

    def _send(self, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the standard library's own name
        """Silent: the request log says what there is to say."""


def start(server: ReplayServer) -> None:
    """Answers requests in a thread of its own."""
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
