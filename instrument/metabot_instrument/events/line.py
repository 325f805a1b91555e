"""One event as the JSON object of a line: its type, its time, what it belongs to, and what the caller says of it."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from metabot_instrument.events.payloads import payload_json
from metabot_instrument.vocabulary.event_types import EVENT_TYPES

_IDS: Final = ("task_id", "session_id", "persona_id", "trace_id", "span_id")
_OURS: Final = ("timestamp", "unix_time", "service")
_RENAMED: Final = {"writer": "given_writer", "seq": "given_seq"}  # the ends of a line are ours


def event_line(kind: str, payload: Any, service: str, ids: Mapping[str, Any]) -> bytes:
    """The line of `emit_event`; absent values are left out."""
    second, micros = divmod(time.time_ns() // 1000, 1_000_000)
    said, cut = payload_json({} if payload is None else payload)
    cut_mark = f',"cut_bytes":{cut}' if cut else ""
    belongs = f"{_members(ids)}{_members(_span())}{cut_mark}"
    times = f'"timestamp":"{_second(second)}.{micros:06d}+00:00","unix_time":{second}.{micros:06d}'
    head = f"{_head(kind, service)},{times}{belongs}"
    return b'%b,"payload":%b}' % (head.encode(), said)


def free_line(kind: str, given: Mapping[str, Any], service: str) -> bytes:
    """The line of `append_event`: the caller's own keys stand at the top level, what is missing is added."""
    ours: dict[str, Any] = {"event": kind, **_times(given), "service": service, **_span()}
    if kind not in EVENT_TYPES:
        ours["unknown_type"] = True
    theirs = {name: given[name] for name in (*_OURS, *_IDS) if given.get(name) is not None}
    head = {**ours, **theirs, "event": kind}
    rest = {_RENAMED.get(name, name): value for name, value in given.items() if name not in {*head, *_IDS}}
    said, cut = payload_json(rest)
    text = _members(head | {"cut_bytes": cut or None})[1:].encode()
    return b"{%b%b%b" % (text, b"," if rest else b"", said[1:])


@lru_cache(1024)
def _head(kind: str, service: str) -> str:
    unknown = "" if kind in EVENT_TYPES else ',"unknown_type":true'
    return f'{{"event":{_json(kind)},"service":{_json(service)}{unknown}'


def _members(values: Mapping[str, Any]) -> str:
    return "".join(f',"{name}":{_json(value)}' for name, value in values.items() if value is not None)


def _json(value: Any) -> str:
    return payload_json(value)[0].decode()


@lru_cache(2)
def _second(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds")


def _times(given: Mapping[str, Any]) -> dict[str, Any]:
    """Both times, each from the other where the caller gave one; a time without a zone has no Unix time."""
    iso, unix = given.get("timestamp"), given.get("unix_time")
    if iso is None and unix is None:
        now = time.time()
        return {"timestamp": _iso(now), "unix_time": now}
    if iso is None and isinstance(unix, int | float):
        return {"timestamp": _from_unix(unix), "unix_time": unix}
    return {"timestamp": iso, "unix_time": _from_iso(iso) if unix is None else unix}


def _from_unix(unix: float) -> str | None:
    try:
        return _iso(unix)
    except (ValueError, OverflowError, OSError):
        return None


def _from_iso(iso: object) -> float | None:
    try:
        at = iso if isinstance(iso, datetime) else datetime.fromisoformat(iso) if isinstance(iso, str) else None
    except ValueError:
        return None
    return None if at is None or at.tzinfo is None else at.timestamp()


def _span() -> dict[str, str]:
    """The ids of the current OpenTelemetry span, if the application has loaded OpenTelemetry and is within one."""
    current = getattr(sys.modules.get("opentelemetry.trace"), "get_current_span", None)
    if current is None:
        return {}
    context = current().get_span_context()
    if not context.is_valid:
        return {}
    return {"trace_id": f"{context.trace_id:032x}", "span_id": f"{context.span_id:016x}"}
