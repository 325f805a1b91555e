"""A model that gives the answers it was told to, and one ticket's conversation with it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from support_desk.tickets import Ticket

TICKET = Ticket(
    id="T-1",
    sender="Ada Lindqvist",
    email="ada.lindqvist@example.com",
    subject="Where is it?",
    body="Where is my order HP-10417?",
)
ANSWER = {
    "category": "order_status",
    "priority": "normal",
    "summary": "Asks where the order is.",
    "needs_human": False,
    "reply": "Hello Ada Lindqvist,\n\nIt is on its way.",
}


def calls(*wanted: tuple[str, dict[str, str]]) -> dict[str, Any]:
    return {
        "tool_calls": [
            {"id": f"{name}-id", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
            for name, arguments in wanted
        ]
    }


LOOKUPS = calls(("lookup_customer", {"email": TICKET.email}), ("lookup_order", {"order_id": "HP-10417"}))
SEARCH = calls(("search_articles", {"query": "delivery times tracking"}))


class ScriptedModel(ThreadingHTTPServer):
    """Gives its answers one after the other and keeps the requests."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: list[dict[str, Any]] = []
        self.requests: list[dict[str, Any]] = []


class _Handler(BaseHTTPRequestHandler):
    server: ScriptedModel

    def do_POST(self) -> None:
        self.server.requests.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        message = {"role": "assistant", "content": None} | self.server.answers.pop(0)
        reason = "tool_calls" if "tool_calls" in message else "stop"
        body = {
            "id": f"answer-{len(self.server.requests)}",
            "object": "chat.completion",
            "created": 0,
            "model": "scripted",
            "choices": [{"index": 0, "message": message, "finish_reason": reason}],
            "usage": {
                "prompt_tokens": 100,
                "completion_tokens": 10,
                "total_tokens": 110,
                "prompt_tokens_details": {"cached_tokens": 64},
            },
        }
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the standard library's own name
        """Silent."""


@contextmanager
def serving(server: ThreadingHTTPServer) -> Iterator[None]:
    """Answers until the end of the block."""
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    with server:
        yield
        server.shutdown()
