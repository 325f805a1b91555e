"""How long the proof of each of the demo's changes takes, and where the time goes: `python -m benchmarks.proof`.

Runs `metabot demo` in a temporary folder, as a process of its own, and prints what `metabot proposal show` tells of
each change. Seconds of wall-clock time from the first look to the verdict; those of the runs are sums, and as several
runs go on beside each other these come to more than the whole. `rest` is the time in which none ran. The first change
bears the runs at the base as well, which serve all three. `demo` is the command as a whole: the application's
environment, its 60 tickets, the analysis, the proofs and the pull requests; not the installation of metabot.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from metabot.cli.proposal_times import covered

_KINDS: Final = ("tests", "new test", "measurement")


def main() -> None:
    argparse.ArgumentParser(description=__doc__.partition("\n")[0]).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        metabot("demo", cwd=Path(folder))
        seconds = time.monotonic() - began
        print(f"{'change':48} seconds  tests  new test  measurement  rest")
        for one in sorted(told("list", cwd=Path(folder))["proposals"], key=lambda each: each["tried_ns"]):
            print(line(told("show", one["id"], cwd=Path(folder))))
    print(f"\ndemo          {seconds:.1f} s")


def told(*arguments: str, cwd: Path) -> dict[str, Any]:
    given = ("proposal", *arguments, "--config", "demo/config.toml", "--format", "json")
    found: dict[str, Any] = json.loads(metabot(*given, cwd=cwd))
    return found


def metabot(*arguments: str, cwd: Path) -> str:
    command = [sys.executable, "-m", "metabot.cli.main", *arguments]
    return subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, text=True, check=True).stdout


def line(shown: dict[str, Any]) -> str:
    own = [run for run in shown["runs"] if not run["earlier"]]
    sums = {kind: sum(run["seconds"] for run in own if run["what"] == kind) for kind in _KINDS}
    running = covered([(run["started"], run["started"] + run["seconds"]) for run in own])
    rest = max(shown["seconds"] - running, 0.0)
    tests, new_test, measurement = sums.values()
    return (
        f"{shown['title'][:48]:48} {shown['seconds']:7.1f} {tests:6.1f} {new_test:9.1f} {measurement:12.1f} {rest:5.1f}"
    )


if __name__ == "__main__":
    main()
