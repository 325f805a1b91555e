"""How much of a run was answered how: counted while it runs, written when it ends."""

from __future__ import annotations

import json
import threading
from collections import Counter
from pathlib import Path
from typing import Any, Final, get_args

from metabot.replay.played import Played, Way

SCHEMA: Final = "metabot.replay-summary/1"
_TOKENS: Final = ("prompt_tokens", "cached_tokens", "completion_tokens")
_LATE: Final = 0.005  # seconds after which an answer is called late: about what a thread waits for its turn


class Summary:
    """Safe to use from many threads."""

    def __init__(self) -> None:
        self._ways: Counter[str] = Counter()
        self._asked = 0
        self._tokens: Counter[str] = Counter()
        self._failures = 0
        self._missing = 0
        self._malformed = 0
        self._late = 0
        self._latest = 0.0
        self._lock = threading.Lock()

    def asked(self) -> None:
        """A request to the model came, whatever answers it."""
        with self._lock:
            self._asked += 1

    def answered(self, played: Played) -> None:
        with self._lock:
            if played.completion is not None:
                self._tokens.update(played.completion.counts())
            self._ways[played.way] += 1
            self._failures += played.status >= 400

    def begun(self, behind: float) -> None:
        """An answer's first byte left so many seconds after it was due."""
        with self._lock:
            self._late += behind > _LATE
            self._latest = max(self._latest, behind)

    def missing(self) -> None:
        with self._lock:
            self._missing += 1

    def malformed(self) -> None:
        with self._lock:
            self._malformed += 1

    def values(self) -> dict[str, Any]:
        with self._lock:
            return {
                "schema": SCHEMA,
                "requests": self._ways.total() + self._missing + self._malformed,
                "matched": {way: self._ways[way] for way in get_args(Way)},
                "missing": self._missing,
                "malformed": self._malformed,
                "failures": self._failures,
                "model": {"requests": self._asked, **{name: self._tokens[name] for name in _TOKENS}},
                "late": {"answers": self._late, "worst_ms": round(self._latest * 1000, 3)},
            }

    def line(self) -> str:
        """For people: requests: 9 by hash, 2 by sequence, 1 by nearest, 0 missing, 0 malformed."""
        values = self.values()
        ways = ", ".join(f"{count} by {way}" for way, count in values["matched"].items() if way != "rule" or count)
        late = values["late"]
        behind = f"; {late['answers']} late, by up to {late['worst_ms']:.0f} ms" if late["answers"] else ""
        return f"requests: {ways}, {values['missing']} missing, {values['malformed']} malformed{behind}"

    def write(self, path: Path) -> None:
        """Whole or not at all, to a file of its own whatever lies there. OSError: it cannot be written."""
        written = path.with_name(path.name + ".part")
        written.unlink(missing_ok=True)
        with written.open("x", encoding="ascii") as file:
            file.write(json.dumps(self.values()) + "\n")
        written.replace(path)
