"""`metabot events emit` and `metabot events types`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from itertools import groupby
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from metabot.cli.console import out, printable, remark, wrapped
from metabot.cli.quantities import counted
from metabot.errors import SettingsError, StoreError
from metabot_instrument.boundary import failures
from metabot_instrument.current import configure, settings
from metabot_instrument.events.emit import emit_event
from metabot_instrument.events.log import LOST
from metabot_instrument.vocabulary.event_types import EVENT_TYPES, EventType

TYPES: Final = "metabot.event-types/1"


def log_path(given: Path | None) -> Path:
    """The log that is named, else the one of the environment."""
    return Path(settings().events_path) if given is None else given


@contextmanager
def writing_to(path: Path) -> Iterator[None]:
    """Inside, events of any type go into this log at once. Raises `StoreError` where one could not be written."""
    before, lost = settings(), failures().get(LOST, 0)
    configure(events_path=str(path), events_buffered=False, events_types=("*",))
    try:
        yield
    finally:
        configure(**{name: getattr(before, name) for name in ("events_path", "events_buffered", "events_types")})
    lost = failures().get(LOST, 0) - lost
    if lost:
        raise StoreError(
            f"{path}: {counted(lost, 'event')} could not be written; the reason stands above.\n"
            "  Let metabot write there, or name another log."
        )


def emit(
    kind: str,
    values: list[str],
    *,
    task_id: str | None,
    session_id: str | None,
    persona_id: str | None,
    log: Path | None,
) -> None:
    if not kind.strip():
        raise SettingsError("TYPE is empty.\n  Name one of those that metabot events types lists, or one of your own.")
    payload = dict(map(_member, values))
    with writing_to(log_path(log)):
        emit_event(kind, payload, task_id=task_id, session_id=session_id, persona_id=persona_id)
    if kind not in EVENT_TYPES:
        near = get_close_matches(kind, EVENT_TYPES, 1)
        remark(
            f"{kind} is no declared type: written and marked as unknown"
            + (f"; did you mean {near[0]}?" if near else "; metabot events types lists those that are.")
        )


def types(*, output: Literal["table", "json"]) -> None:
    declared = EVENT_TYPES.values()
    if output == "json":
        values = {"schema": TYPES, "types": [_values(one) for one in declared]}
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(values), indent=2) + b"\n")
        return
    for group, members in groupby(declared, key=lambda one: one.group):
        out(group)
        for one in members:
            out("\n".join(_lines(one)))


def _member(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise SettingsError(f"{printable(text)}: is no KEY=VALUE.\n  Write for example severity=warning or share=0.25.")
    return name, _value(value)


def _value(text: str) -> Any:
    """JSON where it is some, else the text itself."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _lines(one: EventType) -> Iterator[str]:
    yield from wrapped(one.says, first=f"  {one.name:22} ", indent=" " * 25)
    if one.fields:
        yield from wrapped(", ".join(one.fields), first=" " * 25 + "holds ", indent=" " * 31)
    if one.closed_by:
        yield from wrapped(" or ".join(one.closed_by), first=" " * 25 + "until ", indent=" " * 31)


def _values(one: EventType) -> dict[str, Any]:
    return {
        "type": one.name,
        "group": one.group,
        "says": one.says,
        "severity": one.severity,
        "fields": dict(one.fields),
        "closed_by": one.closed_by,
    }
