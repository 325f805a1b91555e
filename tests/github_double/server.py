"""The double's HTTP server on the loopback."""

from __future__ import annotations

import json
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

from github_double import api, git_http
from github_double.answers import Answer
from github_double.bare import Bare
from github_double.called import Called, secret_of
from github_double.double import Double
from github_double.state import ENOUGH, Asked, Role

_PEOPLE: Final[Mapping[str, Role]] = {
    "ada": "admin",
    "ben": "write",
    "tim": "triage",
    "rea": "read",
    "stranger": "none",
    "ghost": "none",
}


@contextmanager
def github(
    folder: Path,
    files: Mapping[str, str] | None = None,
    *,
    name: str = "acme/desk",
    private: bool = True,
) -> Iterator[Double]:
    """GitHub with one repository, whose `main` holds `files`. Leaving it asserts that metabot kept to the rules."""
    double = Double(name=name, bare=Bare(folder / "github" / f"{name}.git"), private=private)
    double.join(double.owner, "admin", "Organization")
    double.join("metabot-bot", "write")
    for login, role in _PEOPLE.items():
        double.join(login, role)
    double.new_token("enough", ENOUGH)
    double.push_as("ada", "main", {"README.md": "An application.\n", **(files or {})}, message="Begin")
    with _serving(double):
        yield double
    double.end()


@contextmanager
def _serving(double: Double) -> Iterator[None]:
    http = _Server(double)
    double.web = f"http://127.0.0.1:{http.server_address[1]}"
    threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.004}, daemon=True).start()
    try:
        yield
    finally:
        http.shutdown()
        http.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, double: Double) -> None:
        self.double = double
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that was ended is none; everything else is the double's own."""
        if not isinstance(sys.exception(), ConnectionError):
            self.double.broken.append(traceback.format_exc())


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave together

    def do_GET(self) -> None:
        self._any()

    def do_POST(self) -> None:
        self._any()

    def do_PATCH(self) -> None:
        self._any()

    def do_PUT(self) -> None:
        self._any()

    def do_DELETE(self) -> None:
        self._any()

    def _any(self) -> None:
        double, called = self.server.double, self._called()
        fault = double.faults.take(called.method, called.path)
        time.sleep(fault.seconds)
        answer = fault.answer() if fault.answer else None
        fault.happens("before")
        with double.lock:
            if answer is None and fault.cut != "before":
                answer = _carried_out(double, called)
            answer = None if fault.cut else answer
            double.asked.append(_asked(double, called, answer))
        fault.happens("after")
        if answer is None:
            self.close_connection = True
        else:
            self._send(answer)

    def _called(self) -> Called:
        headers = {key.lower(): value for key, value in self.headers.items()}
        return Called(self.command, self.path, headers, self._content(headers), f"http://{headers['host']}")

    def _content(self, headers: Mapping[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(headers.get("content-length", 0)))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def _send(self, answer: Answer) -> None:
        content = _written(answer.body)
        headers = {"Content-Type": "application/json; charset=utf-8", **answer.headers}
        self.send_response(answer.status)
        for key, value in headers.items():
            self.send_header(key, value)
        if answer.status not in (204, 304):
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string(self.server.double.now().timestamp() if timestamp is None else timestamp)

    def log_message(self, *_: object) -> None:
        """Silent."""


def _carried_out(double: Double, called: Called) -> Answer:
    return git_http.answered(double, called) if git_http.is_git(called.path) else api.answered(double, called)


def _written(body: object) -> bytes:
    if body is None:
        return b""
    if isinstance(body, bytes):
        return body
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


def _asked(double: Double, called: Called, answer: Answer | None) -> Asked:
    secret = secret_of(called.headers)
    token = next((token.name for token in double.tokens if token.secret == secret), None)
    status = 0 if answer is None else answer.status
    return Asked(called.method, called.path, status, token, free=status == 304)
