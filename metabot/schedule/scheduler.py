"""APScheduler, which remembers in a file when each job is next due, so that a time missed while down is made up once.

The file holds times and cron expressions alone. What a job runs is looked up by its name when it is due.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from apscheduler.executors.pool import ThreadPoolExecutor  # type: ignore[import-untyped]
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore  # type: ignore[import-untyped]
from apscheduler.schedulers.background import BackgroundScheduler  # type: ignore[import-untyped]
from sqlalchemy import URL, create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from metabot.errors import StoreError
from metabot.schedule.jobs import Job

Due = Callable[[str, datetime], None]
"""Runs the job of this name, which was due then, in a thread of its own, and comes back when it has ended."""

_ENGINE: Final = {"connect_args": {"timeout": 30}}  # seconds to wait for the file, where another program has it


_DAY: Final = timedelta(days=1)


def _now() -> datetime:
    return datetime.now(UTC)


@contextlib.contextmanager
def scheduled(
    file: Path,
    jobs: Sequence[Job],
    due: Due,
    *,
    failed: Callable[[StoreError], None],
    clock: Callable[[], datetime] = _now,
) -> Iterator[Schedule]:
    """The jobs run by their times while this is entered, and afterwards none of them runs any more.

    `failed` hears, in another thread, that nothing more will run because the file cannot be written. Raises
    `StoreError` where it cannot be read.
    """
    schedule = Schedule(file, len(jobs), due, failed, clock)
    try:
        try:
            schedule.begin(jobs)
        except SQLAlchemyError as error:
            raise _unusable(file, error) from error
        yield schedule
    finally:
        schedule.end()


class Schedule:
    def __init__(
        self, file: Path, jobs: int, due: Due, failed: Callable[[StoreError], None], clock: Callable[[], datetime]
    ) -> None:
        self._clock = clock
        self._scheduler = _Scheduler(
            jobstores={"default": SQLAlchemyJobStore(_address(file), engine_options=_ENGINE)},
            executors={"default": _Threads(due, jobs)},
            timezone=UTC,
        )
        self._scheduler.failed = lambda error: failed(_unusable(file, error))

    def begin(self, jobs: Sequence[Job]) -> None:
        """A job whose times are still the same keeps what it was due for; others begin anew from now on."""
        self._scheduler.start(paused=True)
        for job in jobs:
            known = self._scheduler.get_job(job.name)
            if known is None or known.name != _name(job):
                self._scheduler.add_job(
                    waits,
                    job.times,
                    id=job.name,
                    name=_name(job),
                    coalesce=True,
                    misfire_grace_time=None,
                    max_instances=1,
                    replace_existing=True,
                )
        for known in self._scheduler.get_jobs():
            if known.id not in {job.name for job in jobs}:
                known.remove()
        self._mend()
        self._scheduler.resume()

    def look(self) -> None:
        """Look at the clock again: it may have been set, or have gone on while the machine slept."""
        try:
            self._mend()
        except SQLAlchemyError as error:
            self._scheduler.failed(error)
        else:
            self._scheduler.wakeup()

    def _mend(self) -> None:
        """What is due later than it could be by a clock that was set back a day goes by the clock of now.

        Else a machine that began with a wrong year would wait for it.
        """
        now = self._clock()
        for known in self._scheduler.get_jobs():
            if known.next_run_time > known.trigger.after(now + _DAY):
                known.modify(next_run_time=known.trigger.after(now))

    def pause(self) -> None:
        """Begin nothing more."""
        self._scheduler.pause()

    def end(self) -> None:
        """Waits for what still runs."""
        if self._scheduler.running:
            self._scheduler.shutdown()


def _name(job: Job) -> str:
    """It changes with the times."""
    return f"{job.name} {job.times}"


def remembered(file: Path) -> dict[str, datetime]:
    """When each job is next due, as the file says; a time that has passed was missed. Raises `StoreError`."""
    if not file.exists():
        return {}
    engine = create_engine(_address(file), **_ENGINE)
    try:
        with engine.connect() as connection:
            rows = connection.execute(text("SELECT id, next_run_time FROM apscheduler_jobs")).all()
    except SQLAlchemyError as error:
        raise _unusable(file, error) from error
    finally:
        engine.dispose()
    return {name: datetime.fromtimestamp(due, UTC) for name, due in rows}


def waits() -> None:
    """Stands in the file in place of what a job runs."""


class _Scheduler(BackgroundScheduler):  # type: ignore[misc]  # APScheduler comes without types
    """Tells of an error of the file, of which APScheduler's thread would die without a word.

    Nor does it look for jobs once more while it shuts down: what is due then would be taken for begun.
    """

    failed: Callable[[SQLAlchemyError], None]

    def _process_jobs(self) -> float | None:
        if not self.running:
            return None
        try:
            wait_seconds: float | None = super()._process_jobs()
        except SQLAlchemyError as error:
            self.failed(error)
            return None
        return wait_seconds


class _Threads(ThreadPoolExecutor):  # type: ignore[misc]
    """Runs `due` with a job's name and time, where APScheduler would call what its file holds."""

    def __init__(self, due: Due, workers: int) -> None:
        super().__init__(workers)
        self._due = due

    def _do_submit_job(self, job: Any, run_times: list[datetime]) -> None:
        self._pool.submit(self._due, job.id, run_times[-1]).add_done_callback(partial(self._came_back, job.id))

    def _came_back(self, name: str, done: Future[None]) -> None:
        error = done.exception()
        if error is None:
            self._run_job_success(name, [])
        else:
            self._run_job_error(name, error, error.__traceback__)


def _address(file: Path) -> URL:
    return URL.create("sqlite", database=str(file))


def _unusable(file: Path, error: SQLAlchemyError) -> StoreError:
    cause = getattr(error, "orig", None) or error
    return StoreError(
        f"{file}: the schedule cannot be read or written: {cause}.\n"
        "  Make its folder writable and make room; if the file is damaged, remove it: only what was missed is lost."
    )
