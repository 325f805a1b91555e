"""The feeds of the city, for development: each answers after a while."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

SECONDS = 0.06
SKIES = ("rain", "sun", "fog", "wind", "snow")


class _Feeds(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        number = sum(map(ord, parse_qs(address.query)["city"][0]))
        time.sleep(SECONDS)
        body = json.dumps(_content(address.path.strip("/"), number)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


def _content(feed: str, number: int) -> dict[str, object]:
    if feed == "weather":
        return {"sky": SKIES[number % len(SKIES)], "degrees": number % 31}
    if feed == "air":
        return {"index": number % 97, "ozone": number % 53}
    return {"concerts": number % 7, "markets": number % 3}


@contextmanager
def feeds() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Feeds)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
