"""The bank as it is on a bad day: one answer in a while does not come."""

import contextlib
import json
import os
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

RATES = {"USD": 0.93, "GBP": 1.18, "CHF": 1.06, "SEK": 0.087, "NOK": 0.085, "PLN": 0.24, "CZK": 0.041}
STUCK = 13  # the number of the request that waits
SECONDS = 2.5


class Bank(BaseHTTPRequestHandler):
    asked = 0

    def do_GET(self):
        Bank.asked += 1
        if Bank.asked == STUCK:
            time.sleep(SECONDS)
        data = json.dumps({"rate": RATES[self.path.rpartition("/")[2]]}).encode()
        with contextlib.suppress(ConnectionError):
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    def log_message(self, format, *args):
        pass


@contextlib.contextmanager
def bank():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Bank)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    os.environ.setdefault("BANK_URL", f"http://127.0.0.1:{server.server_address[1]}")
    yield
    server.shutdown()
