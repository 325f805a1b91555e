"""Writes golden/events.jsonl: a task's events, an alert, an unknown type and a free one, with counted times and writer.

python -m tests.instrument.events.golden
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

ROOT: Final = Path(__file__).parents[3]
GOLDEN: Final = ROOT / "tests/instrument/golden/events.jsonl"
_BEGUN: Final = 1768312800  # 2026-01-13T14:00:00Z
_AGENT: Final = """
import metabot_instrument as instrument
instrument.emit_event("session_start", {"channel": "web"}, session_id="s-1", persona_id="clerk")
instrument.emit_task_lifecycle("started", "t-1", goal="Wo ist meine Bestellung? 📦", session_id="s-1")
instrument.emit_event("rag_retrieval", {"query": "delivery times", "scores": [0.9, 0.7, None]}, task_id="t-1")
instrument.emit_event("eval", {"quality": 0.85, "passed": True}, task_id="t-1")
instrument.emit_task_lifecycle("completed", "t-1", quality=0.85)
instrument.emit_task_lifecycle("started", "t-2", goal="refund")
instrument.emit_task_lifecycle("failed", "t-2", error="no such order")
instrument.emit_alert("critical", "the order service is away", component="orders")
instrument.emit_monitoring_snapshot({"cpu_percent": 12.5, "queue": {"length": 4}})
instrument.emit_event("basket_emptied", {"items": 2})
instrument.append_event({"event_type": "evidence_added", "source": "search", "task_id": "t-1", "score": 0.5})
"""


def lines() -> Iterator[str]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "events.jsonl"
        environment = {"METABOT_EVENTS_PATH": str(path), "METABOT_SERVICE_NAME": "order-desk"}
        subprocess.run([sys.executable, "-c", _AGENT], cwd=ROOT, env=environment, check=True)
        found = [json.loads(line) for line in path.read_bytes().splitlines()]
    for number, line in enumerate(found, 1):
        at = datetime.fromtimestamp(_BEGUN + number, UTC).isoformat(timespec="microseconds")
        counted = {"timestamp": at, "unix_time": float(_BEGUN + number), "writer": "00000000"}
        yield json.dumps(line | counted, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    GOLDEN.write_text("".join(lines()), encoding="utf-8")
