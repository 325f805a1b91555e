"""Collectors on loopback, over HTTP and gRPC, that decode what they are sent; one that hangs."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.trace.v1.trace_pb2 import Span

_KINDS: Final = {
    "trace": (ExportTraceServiceRequest, ExportTraceServiceResponse),
    "metrics": (ExportMetricsServiceRequest, ExportMetricsServiceResponse),
}


@dataclass
class Collector:
    """What arrived: requests of spans and of metrics."""

    endpoint: str = ""
    requests: list[Any] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    def spans(self) -> dict[str, Span]:
        return {
            span.name: span
            for one in self.requests
            if isinstance(one, ExportTraceServiceRequest)
            for of in one.resource_spans
            for scope in of.scope_spans
            for span in scope.spans
        }

    def metrics(self) -> dict[str, Metric]:
        """Of the last push."""
        pushed = [one for one in self.requests if isinstance(one, ExportMetricsServiceRequest)]
        return {
            metric.name: metric
            for of in pushed[-1].resource_metrics
            for scope in of.scope_metrics
            for metric in scope.metrics
        }

    def resource(self) -> dict[str, str]:
        """Of the last request."""
        last = self.requests[-1]
        of, *_ = last.resource_spans if isinstance(last, ExportTraceServiceRequest) else last.resource_metrics
        return attributes(of.resource)


def attributes(of: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value") or "string_value") for one in of.attributes}


@contextmanager
def over_http(status: int = 200) -> Iterator[Collector]:
    """`status` is what every request is answered with."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            body = gzip.decompress(body) if self.headers.get("content-encoding") == "gzip" else body
            request, _ = _KINDS["metrics" if self.path.endswith("/v1/metrics") else "trace"]
            collector.requests.append(request.FromString(body))
            collector.headers.append({name.lower(): value for name, value in self.headers.items()})
            collector.paths.append(self.path)
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    collector.endpoint = f"http://127.0.0.1:{server.server_port}"
    yield collector
    server.shutdown()
    server.server_close()
    thread.join()


@contextmanager
def over_grpc() -> Iterator[Collector]:
    import grpc

    collector = Collector()

    def handled(kind: str) -> grpc.GenericRpcHandler:
        request, response = _KINDS[kind]

        def take(one: Any, context: Any) -> Any:
            collector.requests.append(one)
            return response()

        method = grpc.unary_unary_rpc_method_handler(take, request.FromString, response.SerializeToString)
        service = f"opentelemetry.proto.collector.{kind}.v1.{kind.capitalize()}Service"
        return grpc.method_handlers_generic_handler(service, {"Export": method})

    server = grpc.server(ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers(tuple(map(handled, _KINDS)))
    collector.endpoint = f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    yield collector
    server.stop(0).wait()


@contextmanager
def that_hangs() -> Iterator[str]:
    """It takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def closed_port() -> str:
    """An endpoint where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return f"http://127.0.0.1:{listening.getsockname()[1]}"
