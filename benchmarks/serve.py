"""How much memory serving holds after so many passes: `python -m benchmarks.serve --passes 2000`.

Three jobs that do nothing are due five times a second; what is printed is the resident memory of the process that
serves, without theirs, and how long a run took from its beginning to its record.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Final

from metabot.ledger.ledger import Ledger
from tests.metabot.schedule.serving import job, logged, serving

_JOBS: Final = ("load", "run", "watch")
_LOOK_SECONDS: Final = 0.1


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--passes", type=int, default=2_000)
    chosen = arguments.parse_args()
    looks = sorted({20, 200, chosen.passes // 2, chosen.passes})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(f"{'passes':>8} {'MB resident':>12}")
        with serving(folder, *(job(one, "true", every=0.2) for one in _JOBS)) as process:
            for count in looks:
                while logged(folder).count(": done after") < count:
                    if process.poll() is not None:
                        raise SystemExit(logged(folder))
                    time.sleep(_LOOK_SECONDS)
                print(f"{count:8,} {_resident(process.pid) / 1e6:12.1f}", flush=True)
        runs = Ledger(folder / "ledger.sqlite").job_runs(newest=200)
        took = [run.ended_ns - run.started_ns for run in runs if run.ended_ns is not None]
        print(f"median of the last {len(took)} runs: {statistics.median(took) / 1e6:.0f} ms")


def _resident(pid: int) -> int:
    """Bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main()
