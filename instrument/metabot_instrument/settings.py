"""The settings, and the environment variables that they are read from: ours, and those of earlier systems beside them.

Standard library only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, Literal, get_args

from metabot_instrument.boundary import count

Overflow = Literal["wait", "drop_oldest", "drop_newest"]
Level = Literal["debug", "info", "warn"]
Capture = Literal["text", "hashes", "none"]


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


@dataclass(frozen=True, slots=True)
class Variable:
    """One setting's environment variables, the first that is set wins."""

    field: str
    names: tuple[str, ...]
    parse: Callable[[str], Any]


def _flag(value: str) -> bool:
    word = value.strip().lower()
    if word in ("1", "true", "yes", "on"):
        return True
    if word in ("", "0", "false", "no", "off"):
        return False
    raise ValueError("say 1 or 0")


def _one_of(kind: object) -> Callable[[str], str]:
    def parse(value: str) -> str:
        word = value.strip().lower()
        if word not in get_args(kind):
            raise ValueError(f"say one of {', '.join(get_args(kind))}")
        return word

    return parse


def _at_least(least: float, number: Callable[[str], float], most: float = float("inf")) -> Callable[[str], float]:
    def parse(value: str) -> float:
        read = number(value)
        if not least <= read <= most:
            raise ValueError(f"{value} is not between {least} and {most}")
        return read

    return parse


def _globs(value: str) -> tuple[str, ...]:
    return tuple(glob for part in value.split(",") if (glob := part.strip())) or ("*",)


VARIABLES: Final = (
    Variable("service_name", ("METABOT_SERVICE_NAME", "OTEL_SERVICE_NAME"), str),
    Variable("events_path", ("METABOT_EVENTS_PATH", "AGI_LEDGER_PATH"), str),
    Variable("events_buffered", ("METABOT_EVENTS_BUFFERED", "AGI_EVENT_ASYNC"), _flag),
    Variable("events_buffer_size", ("METABOT_EVENTS_BUFFER_SIZE", "AGI_EVENT_BUFFER_SIZE"), _at_least(1, int)),
    Variable(
        "events_flush_seconds", ("METABOT_EVENTS_FLUSH_SECONDS", "AGI_EVENT_FLUSH_INTERVAL"), _at_least(0.001, float)
    ),
    Variable("events_overflow", ("METABOT_EVENTS_OVERFLOW",), _one_of(Overflow)),
    Variable("events_types", ("METABOT_EVENTS_TYPES",), _globs),
    Variable("rotate_bytes", ("METABOT_ROTATE_BYTES",), _at_least(0, int)),
    Variable("rotate_keep", ("METABOT_ROTATE_KEEP",), _at_least(1, int)),
    Variable("trace", ("METABOT_TRACE", "DOPEJAR_TRACE"), _flag),
    Variable("trace_level", ("METABOT_TRACE_LEVEL",), _one_of(Level)),
    Variable("trace_path", ("METABOT_TRACE_PATH",), str),
    Variable("trace_console", ("METABOT_TRACE_CONSOLE",), _flag),
    Variable("trace_sample_rate", ("METABOT_TRACE_SAMPLE_RATE",), _at_least(0, float, 1)),
    Variable("endpoint", ("METABOT_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"), str),
    Variable("protocol", ("METABOT_OTLP_PROTOCOL",), _one_of(Literal["http", "grpc"])),
    Variable("capture", ("METABOT_CAPTURE",), _one_of(Capture)),
)


def from_environment(environ: Mapping[str, str]) -> Settings:
    """A value that cannot be read is counted as a failure named `setting`, and the default holds."""
    read: dict[str, Any] = {}
    for variable in VARIABLES:
        name = next((name for name in variable.names if environ.get(name)), None)
        if name is None:
            continue
        try:
            read[variable.field] = variable.parse(environ[name])
        except ValueError as error:
            count("setting", f"{name}={environ[name]!r}: {error}")
    return Settings(**read)


UNNAMED: Final = Settings().service_name
FIELDS: Final = frozenset(field.name for field in fields(Settings))
