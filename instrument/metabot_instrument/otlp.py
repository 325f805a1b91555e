"""The exporters of OpenTelemetry, by the settings; what they log of a collector that is away is said once."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from metabot_instrument.boundary import count
from metabot_instrument.settings import Settings

Signal = Literal["traces", "metrics"]

_HTTP: Final = "opentelemetry.exporter.otlp.proto.http"
_GRPC: Final = "opentelemetry.exporter.otlp.proto.grpc"
_FOLDERS: Final = {"traces": "trace_exporter", "metrics": "metric_exporter"}
_CLASSES: Final = {"traces": "OTLPSpanExporter", "metrics": "OTLPMetricExporter"}
_LOGGERS: Final = (f"{_HTTP}.trace_exporter", f"{_HTTP}.metric_exporter", f"{_GRPC}.exporter")
_SIGNAL: Final = re.compile(r"/v1/(traces|metrics|logs)$")
_here: Final = threading.local()


def exporter(now: Settings, signal: Signal) -> Any | None:
    """An exporter to the settings' endpoint; None, counted, where its package is missing."""
    kind, extra = (_GRPC, "grpc") if now.protocol == "grpc" else (_HTTP, "otlp")
    try:
        made = getattr(import_module(f"{kind}.{_FOLDERS[signal]}"), _CLASSES[signal])
    except ImportError as error:
        count("export", f"an endpoint is set, but {error.name} is missing: pip install 'metabot-instrument[{extra}]'")
        return None
    _quieten()
    if now.protocol == "grpc":
        return made(endpoint=now.endpoint, insecure=not now.endpoint.startswith("https"))
    return made(endpoint=_url(now.endpoint, signal))


@contextmanager
def exporting() -> Iterator[None]:
    """What the exporters log inside is said once."""
    _here.exporting = True
    try:
        yield
    finally:
        _here.exporting = False


def _url(endpoint: str, signal: Signal) -> str:
    """The endpoint of all signals or of one, as this one's."""
    given = urlsplit(endpoint)
    return given._replace(path=f"{_SIGNAL.sub('', given.path.rstrip('/'))}/v1/{signal}").geturl()


class _Once(logging.Filter):
    """Lets through what others log, and of our exporters' messages the first: the rest is in the counts."""

    said = False

    def filter(self, record: logging.LogRecord) -> bool:  # noqa: ARG002  # the interface's
        if not getattr(_here, "exporting", False):
            return True
        said, self.said = self.said, True
        return not said


def _quieten() -> None:
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(each, _Once) for each in logger.filters):
            logger.addFilter(_Once())
