"""Jobs by the clock until told to stop: what is run, recorded and logged, and how it ends."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final, NoReturn

from metabot.errors import MetabotError, StoreError
from metabot.ledger.ledger import Ledger
from metabot.lock import held
from metabot.schedule.child import Child, End
from metabot.schedule.jobs import Job
from metabot.schedule.scheduler import scheduled

_LOG: Final = logging.getLogger("metabot.schedule")
_LOOK_SECONDS: Final = 30.0  # a clock that is set, or a machine that wakes up, is noticed after so long
_PUNCTUAL: Final = timedelta(minutes=1)  # a window that closes within a second of the beginning was open
_LOCK: Final = "serve"

Calls = SimpleQueue[StoreError | None]
"""What ends serving: None, or the error that makes it senseless. Signal handlers may put into it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a scheduler keeps what it knows."""

    ledger: Path
    state: Path

    @property
    def lock(self) -> Path:
        return self.state / _LOCK

    @property
    def times(self) -> Path:
        return self.state / "schedule.sqlite"

    def log(self, job: str) -> Path:
        """What the job's last run printed."""
        return self.state / "jobs" / f"{job}.log"


def serve(jobs: Sequence[Job], place: Place, *, catch_up: timedelta, calls: Calls) -> None:
    """Runs the jobs by their times until `calls` holds something.

    StoreError: another process does this for the same folder, or ledger or schedule cannot be used.
    """
    with only_one(place) as ledger:
        service = Service(jobs, place, ledger, catch_up=catch_up)
        with scheduled(place.times, jobs, service.due, failed=calls.put) as schedule:
            _LOG.info("serving %s", ", ".join(f"{job.name} ({job.times})" for job in jobs))
            error = _called(calls, otherwise=schedule.look)
            schedule.pause()
            service.stop()
        if error is not None:
            raise error
        _LOG.info("ended")


def _called(calls: Calls, *, otherwise: Callable[[], None]) -> StoreError | None:
    while True:
        try:
            return calls.get(timeout=_LOOK_SECONDS)
        except Empty:
            otherwise()


@contextmanager
def only_one(place: Place) -> Iterator[Ledger]:
    """The ledger, for the one process that runs jobs in this folder; runs whose process was killed are recorded lost.

    StoreError: another process is the one, and which.
    """

    def refuse(who: str) -> NoReturn:
        raise StoreError(
            f"{place.state}: jobs are run here already by {who}.\n"
            "  End that one first, or give this one a folder of its own by [ledger] path."
        )

    with held(place.lock, purpose="metabot serve", waiting=refuse, setting="[ledger] path"):
        ledger = Ledger(place.ledger)
        for run in ledger.unfinished_jobs():
            _LOG.warning("%s: lost: the process that ran it was killed", run.job)
            ledger.end_job(run.number, "lost", "the process that ran it was killed")
        yield ledger


class Service:
    def __init__(self, jobs: Sequence[Job], place: Place, ledger: Ledger, *, catch_up: timedelta) -> None:
        self._jobs = {job.name: job for job in jobs}
        self._place, self._ledger, self._catch_up = place, ledger, catch_up
        self._children: set[Child] = set()
        self._stopping = False
        self._changing = threading.Lock()

    def due(self, name: str, moment: datetime) -> None:
        """Runs it and comes back when it has ended; what goes wrong is logged."""
        try:
            self.run(name, moment)
        except MetabotError as error:
            _LOG.error("%s: not recorded: %s", name, " ".join(str(error).split()))

    def run(self, name: str, moment: datetime) -> End | None:
        """How it ended. None: it was due too long ago. StoreError: the ledger cannot be written."""
        number = self._ledger.begin_job(name, int(moment.timestamp() * 1e9))
        missed = self._missed(self._jobs[name], datetime.now(UTC) - moment)
        if missed:
            _LOG.warning("%s: missed: %s", name, missed)
            self._ledger.end_job(number, "missed", missed)
            return None
        _LOG.info("%s: begins, due %s", name, moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC"))
        began = datetime.now(UTC)
        end = self._run(self._jobs[name])
        took = _rounded(datetime.now(UTC) - began)
        level = logging.INFO if end.result == "done" else logging.WARNING
        _LOG.log(level, "%s: %s after %s%s", name, end.result, took, f": {end.detail}" if end.detail else "")
        self._ledger.end_job(number, end.result, end.detail)
        return end

    def stop(self) -> None:
        """Ends what runs, and begins nothing more."""
        with self._changing:
            self._stopping = True
            running = tuple(self._children)
        for child in running:
            child.end()
        for child in running:
            child.make_sure()

    def _missed(self, job: Job, late: timedelta) -> str:
        """Why it does not run any more; empty where it does."""
        if late > self._catch_up:
            return f"it was due {_rounded(late)} ago"
        if late > _PUNCTUAL and not job.times.open_at(datetime.now(UTC)):
            return f"it was due {_rounded(late)} ago, and its windows are closed now"
        return ""

    def _run(self, job: Job) -> End:
        with self._changing:
            if self._stopping:
                return End("ended")
            try:
                child = Child(
                    job.command, environment=job.environment, seconds=job.seconds, log=self._place.log(job.name)
                )
            except OSError as error:
                return End("failed", f"it cannot be started: {error}")
            self._children.add(child)
        try:
            return child.wait()
        finally:
            with self._changing:
                self._children.discard(child)


def _rounded(length: timedelta) -> timedelta:
    return timedelta(seconds=round(length.total_seconds()))
