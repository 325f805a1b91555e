"""What was asked and how it was answered, for people and tests."""

from __future__ import annotations

import json
import threading
from typing import Any, TextIO

from metabot.replay.played import Played


class RequestLog:
    """One JSON line a request: its hash, how it was answered, token counts and the milliseconds that were waited."""

    def __init__(self, file: TextIO | None) -> None:
        self._file = file
        self._lock = threading.Lock()

    def write(self, status: int, played: Played | None = None, waited: float = 0.0, error: str | None = None) -> None:
        if self._file is None:
            return
        row: dict[str, Any] = {"status": status, "error": error}
        if played is not None:
            row = {"status": status, **played.row, "waited_ms": round(waited * 1000, 3)}
        with self._lock:
            self._file.write(json.dumps(row) + "\n")
            self._file.flush()
