"""Runs of one unchanged program, for the tests: `python -m benchmarks.record_noise --runs 60 --write FILE`.

Every run is one of `benchmarks.workload`, in the sandbox. What is kept of each: the finding's metric, the median
duration of a trace, and the most memory. The recording in tests/metabot/verify/recorded/same_program.json was made so.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
from pathlib import Path
from typing import Any

from benchmarks.workload import Workload, workload
from metabot.verify.runner import BASE


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--runs", type=int, default=60)
    arguments.add_argument("--write", type=Path, help="the file for what was recorded")
    chosen = arguments.parse_args()
    with workload() as work:
        runs = [_recorded(work) for _ in range(chosen.runs)]
    for name in runs[0]:
        values = [run[name] for run in runs]
        spread = statistics.stdev(values) / statistics.fmean(values)
        print(f"{name:20} mean {statistics.fmean(values):14,.3f}   coefficient of variation {spread:7.1%}")
    if chosen.write:
        text = json.dumps({"python": platform.python_version(), "runs": runs}, indent=1)
        chosen.write.write_text(f"{text}\n", encoding="utf-8")


def _recorded(work: Workload) -> dict[str, Any]:
    done = work.run(BASE)
    if done.metric is None or done.counts is None or done.run.peak_memory_bytes is None:
        raise SystemExit(f"a run told nothing: {done.run.output}")
    return {
        "ms_per_trace": round(done.metric.value, 4),
        "trace_ms": round(done.counts.trace_ms or 0, 4),
        "peak_memory_bytes": done.run.peak_memory_bytes,
        "seconds": round(done.run.seconds, 3),
    }


if __name__ == "__main__":
    main()
