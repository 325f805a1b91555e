"""When jobs are run, by a clock that the test sets: a week, two nights, a machine that was off."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from metabot.errors import StoreError
from metabot.schedule.cron import Times
from metabot.schedule.jobs import Job
from metabot.schedule.scheduler import Schedule, remembered, scheduled

ZONE = "Europe/Zurich"
HOUR = timedelta(hours=1)
LOAD, RUN = "0 * * * *", "0 6 * * *"


class Clock:
    """The present, for the library that asks `datetime.now`; it counts how often it was asked."""

    def __init__(self, moment: datetime) -> None:
        self.moment, self.asked, self._changed = moment, 0, threading.Condition()

    def now(self, zone: object = None) -> datetime:
        with self._changed:
            self.asked += 1
            self._changed.notify_all()
            return self.moment

    def set(self, moment: datetime, schedule: Schedule, *, running: int = 0) -> None:
        """And comes back when what is due then was begun and no more than these run.

        It is asked before and after; twice, because a look at the earlier moment may still go on.
        """
        self.moment = moment
        for _ in range(2):
            with self._changed:
                before = self.asked
                schedule.look()
                assert self._changed.wait_for(lambda: self.asked >= before + 2, timeout=20)  # noqa: B023
        executor, until = schedule._scheduler._executors["default"], time.monotonic() + 20
        while sum(executor._instances.values()) > running and time.monotonic() < until:
            time.sleep(0.001)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    one = Clock(datetime(2026, 10, 22, 0, 30, tzinfo=UTC))  # a Thursday; the night to Sunday has 25 hours
    monkeypatch.setattr("apscheduler.schedulers.base.datetime", one)
    return one


class Log:
    """What was run, in order, with when it was due."""

    def __init__(self) -> None:
        self.runs: list[tuple[str, datetime]] = []

    def due(self, name: str, moment: datetime) -> None:
        self.runs.append((name, moment.astimezone(UTC)))

    def of(self, name: str) -> list[datetime]:
        return [moment for job, moment in self.runs if job == name]


def jobs(**expressions: str) -> list[Job]:
    return [
        Job(name=name, times=Times(expression, ZONE), command=(), environment={}, seconds=1)
        for name, expression in expressions.items()
    ]


@contextmanager
def serving(
    tmp_path: Path, clock: Clock, due: Callable[[str, datetime], None], **expressions: str
) -> Iterator[Schedule]:
    def failed(error: StoreError) -> None:
        raise error

    known = jobs(**expressions)
    with scheduled(tmp_path / "times.sqlite", known, due, failed=failed, clock=lambda: clock.moment) as schedule:
        yield schedule


@pytest.mark.slow
def test_each_time_of_a_week_comes_once(tmp_path: Path, clock: Clock) -> None:
    """Seven days of which one has 25 hours, a daily pass, and a clock that is set back by two hours in the middle."""
    log, start = Log(), clock.moment
    with serving(tmp_path, clock, log.due, load=LOAD, run=RUN) as schedule:
        for hours in range(169):
            clock.set(start + hours * HOUR, schedule)
            if hours == 50:
                clock.set(clock.moment - 2 * HOUR, schedule)
    first = start + HOUR / 2
    assert log.of("load") == [first + hours * HOUR for hours in range(168)]
    assert [f"{moment:%a %H:%M}" for moment in log.of("run")] == [
        "Thu 04:00", "Fri 04:00", "Sat 04:00", "Sun 05:00", "Mon 05:00", "Tue 05:00", "Wed 05:00",
    ]  # fmt: skip


def test_what_was_missed_while_down_is_made_up_once(tmp_path: Path, clock: Clock) -> None:
    """After three days off there is one run of each job at once, by the latest time missed, and then the next ones."""
    log, start = Log(), clock.moment
    with serving(tmp_path, clock, log.due, load=LOAD, run=RUN) as schedule:
        clock.set(start + HOUR, schedule)
    clock.moment = start + 72 * HOUR
    assert remembered(tmp_path / "times.sqlite")["run"] == datetime(2026, 10, 22, 4, tzinfo=UTC)
    with serving(tmp_path, clock, log.due, load=LOAD, run=RUN) as schedule:
        clock.set(clock.moment, schedule)
        clock.set(clock.moment + HOUR, schedule)
    on_sunday = datetime(2026, 10, 25, tzinfo=UTC)
    assert log.of("load") == [start + HOUR / 2, on_sunday, on_sunday + HOUR]
    assert log.of("run") == [datetime(2026, 10, 24, 4, tzinfo=UTC)]


def test_what_falls_due_at_the_end_is_not_taken_for_begun(tmp_path: Path, clock: Clock) -> None:
    """The library looks once more while it shuts down, when nothing can begin; the time stays to be made up."""
    log = Log()
    with serving(tmp_path, clock, log.due, load=LOAD):
        clock.moment += HOUR
    with serving(tmp_path, clock, log.due, load=LOAD) as schedule:
        clock.set(clock.moment, schedule)
    assert log.of("load") == [clock.moment - HOUR / 2]


@pytest.mark.parametrize("away", [pytest.param(True, id="while down"), pytest.param(False, id="while it serves")])
def test_a_clock_that_was_years_ahead_is_no_reason_to_wait_for_years(tmp_path: Path, clock: Clock, away: bool) -> None:
    """Of one that is set back by more than a day the times go on from the new one."""
    log, right = Log(), clock.moment
    clock.moment += timedelta(days=2_000)
    with serving(tmp_path, clock, log.due, load=LOAD) as schedule:
        clock.moment = right
        if not away:
            schedule.look()
            assert remembered(tmp_path / "times.sqlite") == {"load": right + HOUR / 2}
    with serving(tmp_path, clock, log.due, load=LOAD) as schedule:
        clock.set(right + HOUR, schedule)
    assert log.of("load") == [right + HOUR / 2]


def test_other_times_begin_anew_and_a_job_that_is_gone_is_forgotten(tmp_path: Path, clock: Clock) -> None:
    """What was missed by the old settings is not made up by the new ones."""
    log, start = Log(), clock.moment
    with serving(tmp_path, clock, log.due, load=LOAD, run=RUN):
        pass
    clock.moment = start + 72 * HOUR
    with serving(tmp_path, clock, log.due, run="30 7 * * *") as schedule:
        clock.set(clock.moment, schedule)
    assert log.runs == []
    assert list(remembered(tmp_path / "times.sqlite")) == ["run"]


def test_a_job_that_still_runs_is_not_run_beside_itself(tmp_path: Path, clock: Clock) -> None:
    """Its times are left out until it has ended; other jobs go on."""
    log, start, end, ended = Log(), clock.moment, threading.Event(), threading.Event()

    def due(name: str, moment: datetime) -> None:
        log.due(name, moment)
        if name == "run":
            end.wait(20)
            ended.set()

    with serving(tmp_path, clock, due, load=LOAD, run=LOAD) as schedule:
        for hours in range(1, 4):
            clock.set(start + hours * HOUR, schedule, running=1)
        assert (len(log.of("run")), len(log.of("load"))) == (1, 3)
        end.set()
        assert ended.wait(20)
        clock.set(start + 4 * HOUR, schedule)
    assert len(log.of("run")) == 2


def test_a_damaged_file_is_told_with_what_to_do(tmp_path: Path, clock: Clock) -> None:
    """It is no database, or none of ours: the message names it and says what removing it costs."""
    (tmp_path / "times.sqlite").write_bytes(b"not a database at all, and long enough to be looked at" * 20)
    with (
        pytest.raises(StoreError, match=r"times\.sqlite.*\n.*only what was missed is lost"),
        serving(tmp_path, clock, Log().due, run=RUN),
    ):
        pass
    with pytest.raises(StoreError, match="only what was missed is lost"):
        remembered(tmp_path / "times.sqlite")


def test_a_file_that_cannot_be_written_any_more_is_told(tmp_path: Path, clock: Clock) -> None:
    """The library's thread would end without a word; here whoever serves hears why."""
    heard: list[StoreError] = []
    told = threading.Event()

    def failed(error: StoreError) -> None:
        heard.append(error)
        told.set()

    file = tmp_path / "times.sqlite"
    with scheduled(file, jobs(load=LOAD), Log().due, failed=failed, clock=lambda: clock.moment) as schedule:
        refuse_writing(file)
        clock.moment += HOUR
        schedule.look()
        assert told.wait(20)
    assert "the schedule cannot be read or written" in str(heard[0])


def refuse_writing(file: Path) -> None:
    """As a full disk does, also to root."""
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(
            "CREATE TRIGGER full BEFORE UPDATE ON apscheduler_jobs BEGIN SELECT RAISE(FAIL, 'disk is full'); END;"
        )
