"""What an application calls when something happens: one line of the event log each; nothing here ever raises."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from metabot_instrument.boundary import contained
from metabot_instrument.current import settings
from metabot_instrument.events.line import event_line, free_line
from metabot_instrument.events.log import LOST
from metabot_instrument.events.outlets import outlets
from metabot_instrument.events.reading import type_of
from metabot_instrument.events.subscriptions import tell


@contained(LOST, None)
def emit_event(
    type: str,  # noqa: A002  # the field's own word
    payload: Mapping[str, Any] | None = None,
    *,
    task_id: str | None = None,
    session_id: str | None = None,
    persona_id: str | None = None,
) -> None:
    """Writes one event; `type` is one of `EVENT_TYPES`, any other is written and marked as unknown.

    When it returns, the event is in the log; with `events_buffered`, it is there within `events_flush_seconds`. What
    JSON cannot say is written as text, a payload over 256 kB is cut. What cannot be written is counted in `failures()`.
    """
    log = outlets.of(type)
    if log is None:
        return
    ids = {"task_id": task_id, "session_id": session_id, "persona_id": persona_id}
    line = event_line(type, payload, settings().service_name, ids)
    log.write(line)
    tell(type, line)


@contained(LOST, None)
def append_event(event: Mapping[str, Any]) -> None:
    """Writes an event in the caller's own form: its keys stand at the top level, `event` or `event_type` names it.

    Time, service and span are added where they are missing; keys named `writer` and `seq` get the prefix `given_`.
    """
    kind = type_of(event) or "unnamed"
    log = outlets.of(kind)
    if log is None:
        return
    line = free_line(kind, event, settings().service_name)
    log.write(line)
    tell(kind, line)


append_ledger = append_event  # its name in earlier systems


@contained(LOST, None)
def emit_task_lifecycle(
    state: str, task_id: str, /, *, session_id: str | None = None, persona_id: str | None = None, **payload: Any
) -> None:
    """`state` is started, completed or failed."""
    emit_event(f"task_{state}", payload, task_id=task_id, session_id=session_id, persona_id=persona_id)


@contained(LOST, None)
def emit_alert(severity: str, message: str, /, **payload: Any) -> None:
    """An `alert_triggered`; `severity` is info, warning, error or critical. Ids in `payload` are the event's."""
    _emit("alert_triggered", {"severity": severity, "message": message}, payload)


@contained(LOST, None)
def emit_system_event(kind: str, description: str, /, **payload: Any) -> None:
    """`kind` is an event type of the system or its infrastructure: system_startup, migration, deployment, …"""
    _emit(kind, {"description": description}, payload)


@contained(LOST, None)
def emit_monitoring_snapshot(metrics: Mapping[str, Any], /, **ids: Any) -> None:
    """A `performance_metric` with figures by name."""
    _emit("performance_metric", metrics, ids)


def _emit(kind: str, said: Mapping[str, Any], more: dict[str, Any]) -> None:
    task_id, session_id, persona_id = (more.pop(name, None) for name in ("task_id", "session_id", "persona_id"))
    emit_event(kind, {**said, **more}, task_id=task_id, session_id=session_id, persona_id=persona_id)
