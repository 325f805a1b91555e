"""The line that says what a killed process lost: an event, whatever else the log holds."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime


def lost_line(writer: str, number: int) -> bytes:
    """`events_lost` with the dead writer and the number of its lines that never came into the log."""
    now = time.time()
    event = {
        "event": "events_lost",
        "timestamp": datetime.fromtimestamp(now, UTC).isoformat(timespec="microseconds"),
        "unix_time": now,
        "payload": {"count": number, "writer": writer},
    }
    return json.dumps(event, separators=(",", ":")).encode()
