"""Writes golden/trace.jsonl: the agent's lines with ids, times and writer replaced by counted ones.

python -m tests.instrument.traces.golden
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

ROOT: Final = Path(__file__).parents[3]
GOLDEN: Final = ROOT / "tests/instrument/golden/trace.jsonl"
_BEGUN: Final = 1768312800  # 2026-01-13T14:00:00Z
_AGENT: Final = "from tests.instrument.traces.agent import answer\nanswer()\n"


def lines() -> Iterator[str]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "trace.jsonl"
        environment = {"METABOT_TRACE": "1", "METABOT_TRACE_PATH": str(path), "METABOT_SERVICE_NAME": "order-desk"}
        subprocess.run([sys.executable, "-c", _AGENT], cwd=ROOT, env=environment, check=True)
        found = [json.loads(line) for line in path.read_bytes().splitlines()]
    began = {line["otel_span_id"]: number for number, line in enumerate(sorted(found, key=_start), 1)}
    traces = {trace: number for number, trace in enumerate(dict.fromkeys(line["otel_trace_id"] for line in found), 1)}
    for line in found:
        yield json.dumps(_counted(line, began, traces), ensure_ascii=False) + "\n"


def _start(line: dict[str, Any]) -> tuple[str, bool]:
    return line["timestamp"], line["parent_id"] is not None


def _counted(line: dict[str, Any], began: dict[str, int], traces: dict[str, int]) -> dict[str, Any]:
    number = began[line["otel_span_id"]]
    changed = {
        "trace_id": _line_id(line["trace_id"], began),
        "parent_id": line["parent_id"] and _line_id(line["parent_id"], began),
        "timestamp": datetime.fromtimestamp(_BEGUN + number, UTC).isoformat(timespec="microseconds"),
        "duration_ms": line["duration_ms"] and 1000.0 * (len(began) + 1 - number) + 0.25,
        "otel_trace_id": f"{traces[line['otel_trace_id']]:032x}",
        "otel_span_id": f"{number:016x}",
        "writer": "00000000",
    }
    if "code_file" in line:
        changed["code_file"] = str(Path(line["code_file"]).relative_to(ROOT))
    return line | changed


def _line_id(text: str, began: dict[str, int]) -> str:
    short, _, span = text.split("_")
    return f"{short}_{_BEGUN + began[span]}_{began[span]:016x}"


if __name__ == "__main__":
    GOLDEN.write_text("".join(lines()), encoding="utf-8")
