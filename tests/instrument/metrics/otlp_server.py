"""Collectors of metrics on loopback, over HTTP and gRPC, that decode what they are sent."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric


@dataclass
class Collector:
    """What arrived."""

    endpoint: str = ""
    requests: list[ExportMetricsServiceRequest] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    def metrics(self) -> dict[str, Metric]:
        """Of the last push."""
        return {
            metric.name: metric
            for of in self.requests[-1].resource_metrics
            for scope in of.scope_metrics
            for metric in scope.metrics
        }

    def resource(self) -> dict[str, str]:
        return {one.key: one.value.string_value for one in self.requests[-1].resource_metrics[0].resource.attributes}


@contextmanager
def over_http(status: int = 200) -> Iterator[Collector]:
    """`status` is what every request is answered with."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            collector.requests.append(ExportMetricsServiceRequest.FromString(body))
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

    def take(request: ExportMetricsServiceRequest, context: Any) -> ExportMetricsServiceResponse:
        collector.requests.append(request)
        return ExportMetricsServiceResponse()

    method = grpc.unary_unary_rpc_method_handler(
        take, ExportMetricsServiceRequest.FromString, ExportMetricsServiceResponse.SerializeToString
    )
    service = "opentelemetry.proto.collector.metrics.v1.MetricsService"
    server = grpc.server(ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, {"Export": method}),))
    collector.endpoint = f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    yield collector
    server.stop(0).wait()
