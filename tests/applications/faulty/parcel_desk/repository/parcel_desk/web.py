"""The desk over HTTP: GET /parcels/NUMBER."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.trace import SpanKind

from parcel_desk.desk import status
from parcel_desk.tracing import tracer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        kind, _, number = self.path.strip("/").partition("/")
        if kind != "parcels" or not number.isalnum():
            self.answer(404, {"error": "no such page"})
            return
        with tracer.start_as_current_span("GET /parcels/{number}", kind=SpanKind.SERVER):
            self.answer(200, status(number))

    def answer(self, code, body):
        data = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format, *args):
        pass


def server(port=0):
    return ThreadingHTTPServer(("127.0.0.1", port), Handler)
