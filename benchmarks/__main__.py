"""Every benchmark of telemetry, one after the other: `make bench`, or `python -m benchmarks --write`.

`--write` puts what they print into docs/performance.md. Each runs in a process of its own.
"""

from __future__ import annotations

import argparse
import platform
import subprocess
import sys
from pathlib import Path

import duckdb
import polars

from benchmarks import analyze, instrument, load, memory, phoenix

_PAGE = Path("docs/performance.md")
_VERSIONS = f"Python {platform.python_version()}, DuckDB {duckdb.__version__}, Polars {polars.__version__}"
_HEAD = f"""# Performance

Written by `make bench`. One run on a machine of two cores that is not always quiet: compare the figures of one table
with each other, and trust ratios more than digits. {_VERSIONS}.
"""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--write", action="store_true", help=f"put the answers into {_PAGE}")
    arguments.add_argument("--phoenix", help="the program `phoenix` of an environment of its own; else it is left out")
    chosen = arguments.parse_args()
    runs: list[tuple[object, list[str]]] = [
        (load, []),
        (memory, []),
        (analyze, ["--spans", "1000000"]),
        (instrument, []),
    ]
    if chosen.phoenix:
        runs.append((phoenix, [chosen.phoenix]))
    parts = [_HEAD, *(_section(module, given) for module, given in runs)]
    if chosen.write:
        _PAGE.write_text("\n".join(parts), encoding="utf-8")


def _section(module: object, given: list[str]) -> str:
    name = getattr(module, "__name__", "")
    print(f"== {name}", flush=True)
    done = subprocess.run([sys.executable, "-m", name, *given], stdout=subprocess.PIPE, text=True, check=True)
    print(done.stdout, flush=True)
    title, _, text = str(module.__doc__).partition("\n")
    return f"## {title}\n{text}\n```text\n{done.stdout.rstrip()}\n```\n"


if __name__ == "__main__":
    main()
