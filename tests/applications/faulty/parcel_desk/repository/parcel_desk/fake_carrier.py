"""A carrier for trying things out. It takes its time, as the real one does."""

import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HUBS = ("Lyon", "Basel", "Ulm", "Graz", "Pilsen")


class Carrier(BaseHTTPRequestHandler):
    def do_GET(self):
        path, _, number = self.path.partition("?number=")
        time.sleep(0.08 if path == "/position" else 0.07)
        known = sum(map(ord, number))
        body = (
            {"hub": HUBS[known % 5], "shelf": known} if path == "/position" else {"euro": known % 40, "form": known * 3}
        )
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format, *args):
        pass


def carrier():
    return ThreadingHTTPServer(("127.0.0.1", 0), Carrier)
