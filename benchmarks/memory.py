"""How much memory a load needs for a file and for one ten times as large: `python -m benchmarks.memory`.

Each load is a process of its own into an empty store, with the processes that it starts; what is printed is the most
memory that they held together, looked at ten times a second.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import spans as generated
from benchmarks.resident import largest

_LOAD = "import sys; from pathlib import Path; from benchmarks.load import load; load(Path(sys.argv[1]), 'hashes')"


def peak_mb(path: Path) -> float:
    """What a process that loads this file holds at most, with those that it starts, in MB of 10⁶ bytes."""
    with subprocess.Popen([sys.executable, "-c", _LOAD, str(path)]) as child:
        found = largest(child)
    if child.returncode:
        raise SystemExit(f"loading {path} failed")
    return found / 1e6


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--spans", type=int, default=100_000)
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(f"{'file':30} {'MB of file':>10} {'MB of memory':>13}")
        for kind, suffix, write in (
            ("JSON lines", "jsonl", generated.json_lines),
            ("protobuf", "binpb", generated.protobuf),
        ):
            for spans in (chosen.spans, 10 * chosen.spans):
                path = folder / f"{spans}.{suffix}"
                write(path, spans)
                size = path.stat().st_size / 1e6
                print(f"{f'{kind}, {spans:,} spans':30} {size:10.0f} {peak_mb(path):13.0f}", flush=True)
                path.unlink()


if __name__ == "__main__":
    main()
