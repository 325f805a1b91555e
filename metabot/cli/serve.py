"""`metabot serve`: jobs by the clock, until it is told to end."""

from __future__ import annotations

import logging
import signal
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import SimpleQueue

from metabot.cli.console import settings_at
from metabot.config import DEFAULT_FILE
from metabot.errors import MetabotError, SettingsError
from metabot.schedule.jobs import Job, jobs_of
from metabot.schedule.service import Calls, Place, Service, only_one, serve


def serve_jobs(*, once: str | None, config: Path | None) -> None:
    settings = settings_at(config)
    jobs = jobs_of(settings, config or DEFAULT_FILE)
    place = Place(ledger=settings.ledger.path, state=settings.state)
    catch_up = timedelta(hours=settings.schedule.catch_up_hours)
    log_lines()
    if once is not None:
        sys.exit(_run(_named(once, jobs), place, catch_up))
    serve(jobs, place, catch_up=catch_up, calls=ending_signals())


def ending_signals() -> Calls:
    """What hears of the first signal that ends serving. One that was told to be ignored, as by nohup, is."""
    calls: Calls = SimpleQueue()  # may be put into by a signal handler, unlike what has a lock of Python's
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda *_: calls.put(None))
    return calls


def log_lines() -> None:
    """One line on standard error for each beginning and end, with the time in UTC."""
    line = logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%SZ")
    line.converter = time.gmtime
    handler = logging.StreamHandler()
    handler.setFormatter(line)
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("apscheduler").setLevel(logging.WARNING)


def _named(name: str, jobs: Sequence[Job]) -> Job:
    for job in jobs:
        if job.name == name:
            return job
    raise SettingsError(
        f"{name} has no time or nothing to do by these settings.\n"
        f"  Give [schedule] {name} a cron expression; load needs [[sources]], watch [target] repository."
    )


def _run(job: Job, place: Place, catch_up: timedelta) -> int:
    with only_one(place) as ledger:
        end = Service([job], place, ledger, catch_up=catch_up).run(job.name, datetime.now(UTC))
    return 0 if end is not None and end.result == "done" else MetabotError.exit_code
