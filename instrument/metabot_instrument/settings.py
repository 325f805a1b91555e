"""The settings, and the environment variables that they are read from: ours, and those of earlier systems beside them.

Standard library only.
"""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from os import PathLike, fspath
from typing import Any, Final, Literal, get_args

from metabot_instrument.boundary import count

Overflow = Literal["wait", "drop_oldest", "drop_newest"]
Level = Literal["debug", "info", "warn"]
Capture = Literal["text", "hashes", "none"]

_shown: Final = reprlib.Repr()
_shown.maxstring = _shown.maxother = 100  # characters of a value that will not do


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Paths count from the process's working folder."""

    service_name: str = "unknown_service"
    events_path: str = ".metabot/events.jsonl"
    events_buffered: bool = False
    events_buffer_size: int = 1000  # lines that may be lost when the process is killed
    events_flush_seconds: float = 0.5  # the longest that a line waits in the buffer
    events_overflow: Overflow = "wait"
    events_types: tuple[str, ...] = ("*",)  # globs of the types that are written
    rotate_bytes: int = 64 * 1024 * 1024  # of a file of events or traces; 0 never rotates
    rotate_keep: int = 5  # rotated files that are kept
    trace: bool = False
    trace_level: Level = "info"
    trace_path: str = ".metabot/trace.jsonl"
    trace_console: bool = False
    trace_sample_rate: float = 1.0
    endpoint: str = ""  # of an OTLP receiver; "" exports nothing
    protocol: Literal["http", "grpc"] = "http"
    capture: Capture = "hashes"  # what is recorded of prompts and answers
    metrics_interval_seconds: float = 60.0  # between two pushes of the metrics to the endpoint; 0 pushes none


@dataclass(frozen=True, slots=True)
class Variable:
    """One setting: its environment variables, the first that is set wins, and its rule.

    `parse` takes a text or a value of the field's own type; its ValueError or TypeError says what would do.
    """

    field: str
    names: tuple[str, ...]
    parse: Callable[[object], Any]


def _text(value: object) -> str:
    said = fspath(value) if isinstance(value, PathLike) else value
    if not isinstance(said, str):
        raise TypeError("say a text")
    return said


def _flag(value: object) -> bool:
    word = str(int(value)) if isinstance(value, int) else _text(value).strip().lower()
    if word in ("1", "true", "yes", "on"):
        return True
    if word in ("", "0", "false", "no", "off"):
        return False
    raise ValueError("say 1 or 0")


def _one_of(kind: object) -> Callable[[object], str]:
    def parse(value: object) -> str:
        word = _text(value).strip().lower()
        if word not in get_args(kind):
            raise ValueError(f"say one of {', '.join(get_args(kind))}")
        return word

    return parse


def _protocol(value: object) -> str:
    """OpenTelemetry's word for protobuf over HTTP is taken for ours."""
    return _one_of(Literal["http", "grpc"])("http" if value == "http/protobuf" else value)


def _number(
    number: Callable[[str | float], float], least: float, most: float = float("inf")
) -> Callable[[object], float]:
    what = "whole number" if number is _whole else "number"
    bounds = f"of at least {least}" if most == float("inf") else f"between {least} and {most}"

    def parse(value: object) -> float:
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            with suppress(ValueError, OverflowError):
                read = number(value)
                if least <= read <= most:
                    return read
        raise ValueError(f"say a {what} {bounds}")

    return parse


def _whole(value: str | float) -> int:
    if isinstance(value, float) and not value.is_integer():
        raise ValueError
    return int(value)


def _globs(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(glob for part in value.split(",") if (glob := part.strip())) or ("*",)
    if isinstance(value, list | tuple | set | frozenset) and all(isinstance(glob, str) for glob in value):
        return tuple(value)
    raise ValueError("say globs of event types, as a list or parted by commas")


VARIABLES: Final = (
    Variable("service_name", ("METABOT_SERVICE_NAME", "OTEL_SERVICE_NAME"), _text),
    Variable("events_path", ("METABOT_EVENTS_PATH", "AGI_LEDGER_PATH"), _text),
    Variable("events_buffered", ("METABOT_EVENTS_BUFFERED", "AGI_EVENT_ASYNC"), _flag),
    Variable("events_buffer_size", ("METABOT_EVENTS_BUFFER_SIZE", "AGI_EVENT_BUFFER_SIZE"), _number(_whole, 1)),
    Variable(
        "events_flush_seconds",
        ("METABOT_EVENTS_FLUSH_SECONDS", "AGI_EVENT_FLUSH_INTERVAL"),
        _number(float, 0.001, 3600),
    ),
    Variable("events_overflow", ("METABOT_EVENTS_OVERFLOW",), _one_of(Overflow)),
    Variable("events_types", ("METABOT_EVENTS_TYPES",), _globs),
    Variable("rotate_bytes", ("METABOT_ROTATE_BYTES",), _number(_whole, 0)),
    Variable("rotate_keep", ("METABOT_ROTATE_KEEP",), _number(_whole, 1)),
    Variable("trace", ("METABOT_TRACE", "DOPEJAR_TRACE"), _flag),
    Variable("trace_level", ("METABOT_TRACE_LEVEL",), _one_of(Level)),
    Variable("trace_path", ("METABOT_TRACE_PATH",), _text),
    Variable("trace_console", ("METABOT_TRACE_CONSOLE",), _flag),
    Variable("trace_sample_rate", ("METABOT_TRACE_SAMPLE_RATE",), _number(float, 0, 1)),
    Variable("endpoint", ("METABOT_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"), _text),
    Variable("protocol", ("METABOT_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"), _protocol),
    Variable("capture", ("METABOT_CAPTURE",), _one_of(Capture)),
    Variable("metrics_interval_seconds", ("METABOT_METRICS_INTERVAL_SECONDS",), _number(float, 0, 86_400)),
)


def from_environment(environ: Mapping[str, str]) -> Settings:
    """A value that cannot be read is counted as a failure named `setting`, and the default holds."""
    read: dict[str, Any] = {}
    for variable in VARIABLES:
        name = next((name for name in variable.names if environ.get(name)), None)
        if name is not None:
            read |= _read(variable, name, environ[name])
    return Settings(**read)


def from_keywords(given: Mapping[str, object]) -> dict[str, Any]:
    """Those of the values that will do, as they are kept; any other is counted as a failure named `setting`."""
    read: dict[str, Any] = {}
    for variable in VARIABLES:
        if variable.field in given:
            read |= _read(variable, variable.field, given[variable.field])
    return read


def _read(variable: Variable, name: str, value: object) -> dict[str, Any]:
    try:
        return {variable.field: variable.parse(value)}
    except (TypeError, ValueError) as error:
        count("setting", f"{name}={_shown.repr(value)}: {error}")
        return {}


UNNAMED: Final = Settings().service_name
FIELDS: Final = frozenset(field.name for field in fields(Settings))
