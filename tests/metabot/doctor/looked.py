"""What a check says of settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from metabot import config
from metabot.config import Settings
from metabot.doctor.line import Check, State

ROOT = Path(__file__).parents[3]
HOUR = 3_600 * 10**9


def made(root: Path, **sections: Any) -> Settings:
    return config.parse(sections, name="config.toml", root=root)


def lines(check: Check, settings: Settings) -> list[tuple[State, str]]:
    """What it says, with what to do; every problem and every warning says that."""
    found = list(check(settings))
    assert all(bool(line.todo) == (line.state != "ok") for line in found)
    return [(line.state, f"{line.said} → {line.todo}") for line in found]


def only(check: Check, settings: Settings) -> tuple[State, str]:
    (found,) = lines(check, settings)
    return found


def export(folder: Path, *, ns: int, service: str = "desk") -> None:
    span = {"traceId": "ab" * 16, "spanId": "cd" * 8, "name": "chat", "startTimeUnixNano": str(ns)}
    span["endTimeUnixNano"] = str(ns + 10)
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]}
    folder.mkdir(exist_ok=True)
    text = json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": [span]}]}]})
    (folder / f"{service}.json").write_text(text)
