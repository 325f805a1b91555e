"""The formats that are read, by name, and how a file's format is recognised by what it holds."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import Final

from metabot.errors import InputError, SettingsError
from metabot.telemetry import jaeger_json, otlp_json
from metabot.telemetry.record import Reader

READERS: Final[dict[str, Reader]] = {
    "otlp-json": otlp_json.read,
    "jaeger-json": jaeger_json.read,
}

_PREFIX: Final = 1 << 20  # bytes of a file that are looked at


def _keys(*names: str) -> re.Pattern[bytes]:
    """One of these as a key of JSON; inside a string its quotes would be escaped."""
    return re.compile(rb'(?<!\\)"(?:' + "|".join(names).encode() + rb')"\s*:')


_OTLP: Final = _keys("resourceSpans", "resourceLogs", "resourceMetrics")
_TEMPO: Final = (_keys("batches"), _keys("scopeSpans", "instrumentationLibrarySpans"))
_JAEGER: Final = (_keys("traceID"), _keys("spans", "spanID"))
_JAEGER_EMPTY: Final = re.compile(rb'\s*\{\s*"data"\s*:\s*(?:\[\s*\]|null)')
_COMPRESSED: Final = {
    b"\x1f\x8b": "gzip", b"(\xb5/\xfd": "Zstandard", b"PK\x03\x04": "a ZIP archive", b"PAR1": "Parquet",
}  # fmt: skip
_SEEMS: Final[tuple[tuple[str, tuple[re.Pattern[bytes], ...]], ...]] = (
    ("a Langfuse export", (_keys("trace"), _keys("observations"))),
    ("a Claude Code session", (_keys("parentUuid"), _keys("sessionId"))),
    ("spans as the OpenTelemetry console exporter prints them", (_keys("context"), _keys("trace_id"))),
    ("OTLP/JSON with field names in snake case", (_keys("resource_spans"),)),
)


def reader(name: str) -> Reader:
    """The reader of a format, or the function that a dotted path names. Raises `SettingsError`."""
    if name in READERS:
        return READERS[name]
    module, dot, function = name.rpartition(".")
    if not dot:
        raise SettingsError(
            f'format "{name}" is not one that metabot reads.\n'
            f"  Use one of {', '.join(READERS)}, auto, or the dotted path of your own reader."
        )
    try:
        found = getattr(import_module(module), function)
    except (ImportError, AttributeError, ValueError) as missing:
        raise SettingsError(
            f'format "{name}": there is no such function ({missing}).\n'
            "  Name a function that takes a file's bytes in chunks and yields records, in a module on the import path."
        ) from missing
    return found  # type: ignore[no-any-return]


def recognise(path: Path) -> str:
    """The name of the file's format, by its first megabyte; an empty file is in any. Raises `InputError`."""
    try:
        with path.open("rb") as file:
            start = file.read(_PREFIX)
    except OSError as problem:
        raise InputError(
            f"{path}: cannot be read: {problem.strerror}.\n  Check its name and its permissions."
        ) from problem
    if not start.strip() or _OTLP.search(start) or all(key.search(start) for key in _TEMPO):
        return "otlp-json"
    if all(key.search(start) for key in _JAEGER) or _JAEGER_EMPTY.match(start):
        return "jaeger-json"
    raise InputError(
        f"{path}: {_seems(start)}, which metabot does not read yet.\n"
        "  Export the traces as OTLP/JSON (the collector's file exporter) or as Jaeger's JSON, or give the source the\n"
        "  dotted path of a reader of your own as its format."
    )


def _seems(start: bytes) -> str:
    for magic, name in _COMPRESSED.items():
        if start.startswith(magic):
            return f"is compressed or packed ({name})"
    for name, keys in _SEEMS:
        if all(key.search(start) for key in keys):
            return f"seems to be {name}"
    if start.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        return "is JSON of an unknown shape"
    return "is no JSON"
