"""The shop's look-ups over HTTP: `python -m support_desk.service --port 0`.

It behaves as the real ones do: customers and orders take 60 to 90 ms, and the search of articles, which belongs to
another company and has a quota, answers 429 now and then. Both are drawn from a seed by the order of the requests,
so that requests one after the other always meet the same. `--speed` divides the delays and what `Retry-After` asks for,
for those who would rather not wait.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from support_desk.shop import Shop

REFUSED_SHARE = 0.15  # of the article searches, before "never twice in a row" takes its part
RECORD_SECONDS = (0.060, 0.090)
SEARCH_SECONDS = (0.010, 0.020)
RETRY_SECONDS = 1


class Weather:
    """The seeded delays and refusals. Safe to use from many threads."""

    def __init__(self, seed: int, speed: float = 1.0) -> None:
        self._speed = speed
        self._delays = random.Random(f"delays {seed}")
        self._refusals = random.Random(f"refusals {seed}")
        self._refused_before = False
        self._lock = threading.Lock()

    def delay(self, between: tuple[float, float]) -> float:
        """Seconds until the next answer."""
        with self._lock:
            return self._delays.uniform(*between) / self._speed

    def retry_after(self) -> int:
        """Whole seconds, as HTTP has them."""
        return int(RETRY_SECONDS / self._speed)

    def refuses(self) -> bool:
        """Whether the next article search meets the quota."""
        with self._lock:
            drawn = self._refusals.random() < REFUSED_SHARE
            self._refused_before = drawn and not self._refused_before
            return self._refused_before


class LookupService(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, seed: int, speed: float = 1.0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.shop = Shop()
        self.weather = Weather(seed, speed)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    wbufsize = -1  # headers and body leave together
    server: LookupService

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        given = {name: values[0] for name, values in parse_qs(address.query).items()}
        shop, weather = self.server.shop, self.server.weather
        match address.path, given:
            case "/customers", {"email": email}:
                time.sleep(weather.delay(RECORD_SECONDS))
                self._found(shop.customer(email))
            case "/orders", {"order_id": order_id}:
                time.sleep(weather.delay(RECORD_SECONDS))
                self._found(shop.order(order_id))
            case "/articles", {"query": query}:
                time.sleep(weather.delay(SEARCH_SECONDS))
                if weather.refuses():
                    refusal = {"error": "too many searches, try again"}
                    self._send(HTTPStatus.TOO_MANY_REQUESTS, refusal, retry_after=weather.retry_after())
                else:
                    self._found(shop.articles(query))
            case _:
                self._send(HTTPStatus.BAD_REQUEST, {"error": "unknown path, or its parameter is missing"})

    def _found(self, record: dict[str, Any] | None) -> None:
        if record is None:
            self._send(HTTPStatus.NOT_FOUND, {"error": "there is no such record"})
        else:
            self._send(HTTPStatus.OK, record)

    def _send(self, status: HTTPStatus, body: dict[str, Any], *, retry_after: int | None = None) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        if retry_after is not None:
            self.send_header("Retry-After", str(retry_after))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the standard library's own name
        """Silent: the callers trace their own requests."""


def _end_with_stdin(service: LookupService) -> None:
    sys.stdin.read()
    service.shutdown()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m support_desk.service", description=__doc__)
    parser.add_argument("--port", type=int, default=8085, help="on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--seed", type=int, default=4, help="of the delays and refusals")
    parser.add_argument("--speed", type=float, default=1.0, help="how many times as fast as the real ones")
    parser.add_argument("--until-stdin-closes", action="store_true", help="end with the process that started it")
    options = parser.parse_args()
    service = LookupService(options.port, options.seed, options.speed)
    print(service.url, flush=True)
    if options.until_stdin_closes:
        threading.Thread(target=_end_with_stdin, args=(service,), daemon=True).start()
    service.serve_forever(poll_interval=0.05)


if __name__ == "__main__":
    main()
