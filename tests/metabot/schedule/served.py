"""A scheduler with jobs of its own, every so many tenths of a second: python served.py FOLDER CATCH_UP_SECONDS JOBS

JOBS is JSON: name, seconds between two times, most seconds of one run, and a command for sh in which $0 is FOLDER.
"""

from __future__ import annotations

import json
import math
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from metabot.cli.serve import ending_signals, log_lines
from metabot.errors import StoreError
from metabot.schedule.cron import Times
from metabot.schedule.jobs import Job
from metabot.schedule.service import Place, serve


class Every(Times):
    """Due on the grid of so many seconds since 1970."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.time_zone = seconds, "UTC"

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        steps = math.floor((previous or now).timestamp() / self.seconds + 0.5 if previous else now.timestamp())
        return datetime.fromtimestamp((steps + 1) * self.seconds if previous else steps + 1, UTC)

    def open_at(self, moment: datetime) -> bool:
        return True

    def __getstate__(self) -> dict[str, float]:
        return {"seconds": self.seconds}

    def __str__(self) -> str:
        return f"every {self.seconds} s"


def main(folder: Path, catch_up: float, described: list[dict[str, object]]) -> int:
    jobs = [
        Job(
            name=one["name"],
            times=Every(one["every"]),
            command=("sh", "-c", one["command"], str(folder)),
            environment=os.environ,
            seconds=one["seconds"],
        )
        for one in described
    ]
    place = Place(ledger=folder / "ledger.sqlite", state=folder)
    log_lines()
    try:
        serve(jobs, place, catch_up=timedelta(seconds=catch_up), calls=ending_signals())
    except StoreError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), float(sys.argv[2]), json.loads(sys.argv[3])))
