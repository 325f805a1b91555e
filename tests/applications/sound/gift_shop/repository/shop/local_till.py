"""A till on this machine. Every fourth payment finds it busy, after the money was taken or before: nobody knows."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Till(BaseHTTPRequestHandler):
    payments = 0

    def do_POST(self):
        wish = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        Till.payments += 1
        status = 503 if Till.payments % 4 == 0 else 200
        data = json.dumps({"receipt": f"R{wish['cents']}"}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format, *args):
        pass


def till():
    return ThreadingHTTPServer(("127.0.0.1", 0), Till)
