"""Writes golden/monitor/desk.json: a session of an agent with stamps of its own, settled times, memory and process.

python -m tests.instrument.monitor.golden_export
"""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

ROOT: Final = Path(__file__).parents[3]
GOLDEN: Final = ROOT / "tests/instrument/golden/monitor/desk.json"
_BEGUN: Final = 1768312800  # 2026-01-13T14:00:00Z
_MEGABYTE: Final = 2**20
_AGENT: Final = """
import json
from metabot_instrument import Bus, PerformanceMonitor

bus = Bus()
monitor = PerformanceMonitor(bus, session_id="s-1", persona_id="clerk", memory_limit_bytes=2**40)

def at(second, name, **data):
    bus.emit(name, data, timestamp=(1768312800 + second) * 1000)

def tool(second, name, ms, call, failed=False):
    at(second, "tool:start", toolName=name, callId=call)
    at(second + ms / 1000, "tool:error" if failed else "tool:end", toolName=name, callId=call)

def request(second, ms, call, model, tokens):
    at(second, "api:request:start", requestId=call, model=model)
    at(second + ms / 1000, "api:request:end", requestId=call, tokens=tokens)

for turn in range(6):
    begun = turn * 60
    at(begun, "agent:cycle:start")
    at(begun, "agent:state:change", newState="THINKING")
    tokens = {"input": 900 + turn, "output": 120, "cached": 512}
    request(begun + 1, 800 + 100 * turn, f"r-{turn}", "gpt-4.1-mini", tokens)
    at(begun + 4, "agent:state:exit", state="THINKING")
    at(begun + 4, "agent:state:change", newState="ACTING")
    tool(begun + 5, "search", 180 + 20 * turn, f"a-{turn}")
    tool(begun + 6, "search", 210, f"b-{turn}")
    tool(begun + 8, "refund", 1500, f"c-{turn}", failed=turn > 1)
    at(begun + 12, "agent:state:change", newState="IDLE")
request(400, 2500, "r-6", "gpt-4.1", {"prompt_tokens": 4000, "completion_tokens": 900,
                                      "prompt_tokens_details": {"cached_tokens": 1024}})
at(410, "api:request:start", requestId="r-7", model="gpt-4.1")
at(412, "api:request:error", requestId="r-7", error="timeout")
at(413, "artifact:created", path="answer.md")
at(414, "artifact:updated", path="answer.md")
at(415, "artifact:updated", path="answer.md")
at(416, "tool:end", toolName="search", callId="never")
at(417, "agent:state:exit", state="IDLE")
print(json.dumps(monitor.export()))
monitor.close()
"""


def export() -> dict[str, Any]:
    with TemporaryDirectory() as folder:
        named = {"METABOT_EVENTS_PATH": str(Path(folder, "events.jsonl")), "METABOT_SERVICE_NAME": "order-desk"}
        run = subprocess.run([sys.executable, "-c", _AGENT], cwd=ROOT, env=named, check=True, capture_output=True)
    found = json.loads(run.stdout)
    for alert in found["alerts"]:
        alert["timestamp"] = _iso(308)
    for off in found["switched_off"]:
        off["since"] = _iso(308)
    samples = [
        {
            "timestamp": _iso(30 * number),
            "rss_bytes": (200 + 8 * number) * _MEGABYTE,
            "percent": round(39.06 + 1.56 * number, 2),
        }
        for number in range(15)
    ]
    return {
        **found,
        "started_at": _iso(0),
        "exported_at": _iso(420),
        "uptime_seconds": 420.0,
        "memory": {"limit_bytes": 512 * _MEGABYTE, "samples": samples},
    }


def text() -> str:
    return json.dumps(export(), ensure_ascii=False, indent=1) + "\n"


def _iso(second: float) -> str:
    return datetime.fromtimestamp(_BEGUN + second, UTC).isoformat(timespec="milliseconds")


if __name__ == "__main__":
    GOLDEN.write_text(text(), encoding="utf-8")
