"""What `metabot analyze FILE` costs from a cold start to its last byte: `python -m benchmarks.analyze --spans 1000000`.

Writes spans as the collector's file exporter does (`benchmarks.spans`), then lets a process of its own analyze them
and prints what that process and those that it starts cost: wall time, CPU time and most memory, by what it said while
it worked: until the last file was loaded, and from there on. `--keep PATH` keeps the spans for another run. The child's
state, and with it the ledger, is in a temporary folder.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from benchmarks import spans as generated
from benchmarks.resident import largest


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    load_seconds: float | None  # None where the child never said that it had loaded something
    seconds: float
    cpu_seconds: float
    peak_bytes: int


def measured(path: Path, state: Path) -> Cost:
    """Of one child process. Raises `CalledProcessError` where it fails."""
    begun, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "metabot.cli.main", "analyze", str(path.resolve()), "--format", "json"]
    loaded = None
    with (
        ThreadPoolExecutor(1) as pool,
        subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd=state,  # no settings file
            env={**os.environ, "XDG_STATE_HOME": str(state)},
        ) as child,
    ):
        assert child.stderr is not None
        watching = pool.submit(largest, child)
        for line in child.stderr:
            print(f"  {line.rstrip()}", file=sys.stderr)
            if path.name in line:
                loaded = time.perf_counter() - begun
    seconds = time.perf_counter() - begun
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, command)
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(
        load_seconds=loaded,
        seconds=seconds,
        cpu_seconds=now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime,
        peak_bytes=watching.result(),
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--spans", type=int, default=1_000_000)
    arguments.add_argument("--keep", type=Path, help="where the spans are written, or read from if they are there")
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = chosen.keep or Path(folder, "spans.jsonl")
        if not path.exists():
            generated.json_lines(path, chosen.spans)
        state = Path(folder, "state")
        state.mkdir()
        cost = measured(path, state)
    if cost.load_seconds is not None:
        print(f"load      {cost.load_seconds:8.1f} s")
        print(f"analysis  {cost.seconds - cost.load_seconds:8.1f} s")
    print(
        f"together  {cost.seconds:8.1f} s, {cost.cpu_seconds:.1f} s of CPU time, peak {cost.peak_bytes / 1e6:,.0f} MB"
    )


if __name__ == "__main__":
    main()
