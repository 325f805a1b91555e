"""Every benchmark of speed, one after the other: `make bench`, or `python -m benchmarks --write`.

`--write` puts what they print into docs/performance.md, where the sections of those that did not run stay as they are.
Each runs in a process of its own.
"""

from __future__ import annotations

import argparse
import platform
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import duckdb
import polars

from benchmarks import analyze, instrument, load, memory, phoenix, proof

_PAGE = Path("docs/performance.md")
_VERSIONS = f"Python {platform.python_version()}, DuckDB {duckdb.__version__}, Polars {polars.__version__}"
_HEAD = f"""# Performance

Written by `make bench`. One run on a machine of two cores that is not always quiet: compare the figures of one table
with each other, and trust ratios more than digits. {_VERSIONS}.
"""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--write", action="store_true", help=f"put the answers into {_PAGE}")
    arguments.add_argument("--only", action="append", metavar="NAME", help="one of them, such as `instrument`")
    arguments.add_argument("--phoenix", help="the program `phoenix` of an environment of its own; else it is left out")
    chosen = arguments.parse_args()
    given: dict[ModuleType, list[str] | None] = {
        load: [],
        memory: [],
        analyze: ["--spans", "1000000"],
        phoenix: [chosen.phoenix] if chosen.phoenix else None,
        instrument: [],
        proof: [],
    }
    unknown = set(chosen.only or ()) - {_name(module) for module in given}
    if unknown:
        arguments.error(f"no benchmark {', '.join(sorted(unknown))}: take {', '.join(map(_name, given))}")
    kept = sections(_PAGE.read_text(encoding="utf-8")) if _PAGE.exists() else {}
    for module, how in given.items():
        if how is not None and (not chosen.only or _name(module) in chosen.only):
            kept[_title(module)] = _section(module, how)
    if chosen.write:
        page = [_HEAD, *(kept[_title(module)] for module in given if _title(module) in kept)]
        _PAGE.write_text("\n".join(page), encoding="utf-8")


def sections(page: str) -> dict[str, str]:
    """Each with its heading, by that heading."""
    parts = page.split("\n## ")[1:]
    return {part.partition("\n")[0]: f"## {part.rstrip()}\n" for part in parts}


def _name(module: ModuleType) -> str:
    return module.__name__.rpartition(".")[2]


def _title(module: ModuleType) -> str:
    return str(module.__doc__).partition("\n")[0]


def _section(module: ModuleType, given: list[str]) -> str:
    print(f"== {module.__name__}", flush=True)
    command = [sys.executable, "-m", module.__name__, *given]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    print(done.stdout, flush=True)
    text = str(module.__doc__).partition("\n")[2]
    return f"## {_title(module)}\n{text}\n```text\n{done.stdout.rstrip()}\n```\n"


if __name__ == "__main__":
    main()
