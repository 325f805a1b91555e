"""Serving, with real processes and jobs of tenths of seconds."""

from __future__ import annotations

import os
import signal
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from metabot.schedule.child import End
from metabot.schedule.cron import Times
from metabot.schedule.jobs import Job
from metabot.schedule.service import Place, Service, only_one
from tests.metabot.schedule.serving import ended, job, logged, runs, serving, until
from tests.metabot.schedule.test_scheduler import refuse_writing
from tests.metabot.schedule.test_supervisor import STRAY, gone, pids

# What a pass does on which day of the week: $0 is the folder, and each pass adds a line to a file.
WEEK = """echo pass >> "$0/passes"
case $(wc -l < "$0/passes") in
  2) echo "error: the remote is not there." >&2; exit 5;;
  4) setsid sh -c 'echo $$ >> "$0/pids"; exec sleep 300' "$0" & sleep 300;;
esac"""


@pytest.mark.slow
def test_a_week_with_a_failure_an_overrun_and_a_night_off(tmp_path: Path) -> None:
    """Each day's pass runs once; the one that fails and the one that hangs are told and ended, and the next goes on.

    Other jobs run meanwhile. After a stop of several days one pass makes up for them.
    """
    jobs = [job("run", WEEK, every=1, seconds=2.5), job("watch", "true", every=0.5)]
    with serving(tmp_path, *jobs) as process:
        until(lambda: len(ended(tmp_path, "run")) >= 6)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    before = len(runs(tmp_path, "run"))
    time.sleep(2)
    with serving(tmp_path, *jobs):
        until(lambda: len(ended(tmp_path, "run")) >= before + 2)
    week = runs(tmp_path, "run")
    assert [run.result for run in week[:6]] == ["done", "failed", "done", "overrun", "done", "done"]
    assert week[1].detail == "exit code 5: the remote is not there."
    assert gone(pids(tmp_path, 1))
    days = [run.due_ns for run in week]
    assert len(set(days)) == len(days)
    last, made_up, next_one = week[before - 1 : before + 2]
    assert made_up.due_ns - last.due_ns >= 3e9
    assert next_one.due_ns > made_up.started_ns
    assert all(one.ended_ns <= other.started_ns for one, other in pairwise(week) if one.ended_ns)
    assert len(ended(tmp_path, "watch")) > 6


@pytest.mark.slow
def test_sigterm_ends_what_runs_and_the_lock(tmp_path: Path) -> None:
    """Exit code 0 within seconds, nothing left of the job, its run recorded as ended; the folder is free again."""
    with serving(tmp_path, job("run", STRAY.replace('"$0"', '"$0/pids"').replace('"$1"', '"$0"') + "sleep 300")) as one:
        found = pids(tmp_path, 1)
        one.send_signal(signal.SIGTERM)
        assert one.wait(10) == 0
    assert gone(found)
    assert ended(tmp_path, "run") == ["ended"]
    with only_one(Place(ledger=tmp_path / "ledger.sqlite", state=tmp_path)) as ledger:
        assert ledger.unfinished_jobs() == []


@pytest.mark.slow
def test_sigkill_ends_its_jobs_too_and_the_next_start_records_them_as_lost(tmp_path: Path) -> None:
    """Nothing of a job outlives the process that ran it, however that ended; then the schedule goes on."""
    script = 'echo $$ >> "$0/pids"; if [ $(wc -l < "$0/pids") = 1 ]; then sleep 300; fi'
    with serving(tmp_path, job("run", script)) as process:
        found = pids(tmp_path, 1)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert gone(found)
    with serving(tmp_path, job("run", script)):
        until(lambda: ended(tmp_path, "run")[1:2] == ["done"])
    assert ended(tmp_path, "run")[0] == "lost"
    assert "run: lost: the process that ran it was killed" in logged(tmp_path)


@pytest.mark.slow
def test_only_one_serves_a_folder(tmp_path: Path) -> None:
    """The second says who is first and ends with exit code 5, and no job ran twice."""
    count = job("run", 'echo pass >> "$0/passes"')
    with serving(tmp_path, count) as first:
        until(lambda: len(ended(tmp_path, "run")) >= 1)
        with serving(tmp_path, count) as second:
            assert second.wait(20) == 5
        assert f"jobs are run here already by metabot serve, pid {first.pid}, since" in logged(tmp_path)
    due = [run.due_ns for run in runs(tmp_path, "run")]
    assert len(set(due)) == len(due)


@pytest.mark.slow
def test_a_disk_that_is_full_ends_serving_with_the_reason(tmp_path: Path) -> None:
    """Exit code 5 and what to do, in place of a process that is there and runs nothing."""
    with serving(tmp_path, job("run", "true")) as process:
        until(lambda: ": done after" in logged(tmp_path))
        refuse_writing(tmp_path / "schedule.sqlite")
        assert process.wait(20) == 5
    assert "schedule.sqlite: the schedule cannot be read or written" in logged(tmp_path)
    assert "Make its folder writable and make room" in logged(tmp_path)


@pytest.mark.slow
def test_memory_stays_the_same_over_two_hundred_passes(tmp_path: Path) -> None:
    """After the 200th run the process holds at most 1.1 times what it held after the 20th."""
    jobs = [job(name, "true", every=0.2) for name in ("load", "run", "watch")]

    def finished(count: int) -> bool:
        return logged(tmp_path).count(": done after") >= count

    with serving(tmp_path, *jobs) as process:
        until(lambda: finished(20), seconds=60)
        early = resident(process.pid)
        until(lambda: finished(200), seconds=300)
        late = resident(process.pid)
    assert late <= 1.1 * early
    assert {result for one in jobs for result in ended(tmp_path, one["name"])} == {"done"}


def resident(pid: int) -> int:
    """Bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(ledger=tmp_path / "ledger.sqlite", state=tmp_path)


@contextmanager
def service(place: Place, script: str | None, *, times: Times | None = None) -> Iterator[Service]:
    """One that runs a single job `run`, in this process; without a script, a program that is not there."""
    command = ("sh", "-c", script, str(place.state)) if script is not None else ("/nowhere/absent",)
    one = Job(name="run", times=times or Times("* * * * *", "UTC"), command=command, environment=os.environ, seconds=20)
    with only_one(place) as ledger:
        yield Service([one], place, ledger, catch_up=timedelta(hours=1))


def now() -> datetime:
    return datetime.now(UTC)


def test_a_failure_is_kept_with_its_last_words_without_secrets(place: Place) -> None:
    """The line that words the error, not those after it; what looks like a key is taken out, and a terminal is safe."""
    token = "ghp_" + "a1B2c3D4e5F6g7H8i9J0" * 2
    script = f"echo begins; printf 'error: refused \\007{token}\\n  Mend it.\\n' >&2; exit 5"
    with service(place, script) as one:
        end = one.run("run", now())
    assert end is not None
    assert end.result == "failed"
    assert end.detail.startswith("exit code 5: refused ")
    assert token not in end.detail
    assert end.detail.isprintable()
    assert runs(place.state, "run")[0].detail == end.detail


def test_a_program_that_is_not_there_is_a_failure(place: Place) -> None:
    """Told by what the supervisor says of it."""
    with service(place, None) as one:
        end = one.run("run", now())
    assert end == End("failed", "exit code 127: /nowhere/absent: No such file or directory")


def test_a_failure_without_its_log_is_still_a_failure(place: Place) -> None:
    """Somebody cleaned up meanwhile."""
    with service(place, 'rm -r "$0/jobs"; exit 5') as one:
        end = one.run("run", now())
    assert end == End("failed", "exit code 5: its log cannot be read: No such file or directory")


def test_a_log_that_cannot_be_written_is_a_failure(place: Place) -> None:
    """The job is not run, and the ledger says why."""
    (place.state / "jobs").write_text("a file where the folder should be")
    with service(place, "true") as one:
        end = one.run("run", now())
    assert end is not None
    assert end.detail.startswith("it cannot be started: ")


def test_what_a_job_printed_is_its_owner_s_alone(place: Place) -> None:
    """Both streams of the last run, in a file that others cannot read."""
    with service(place, "echo found; echo told >&2") as one:
        one.run("run", now())
        one.run("run", now())
    assert place.log("run").read_text() == "found\ntold\n"
    assert stat.S_IMODE(place.log("run").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("late", "said"),
    [
        pytest.param(timedelta(hours=2), "it was due 2:00:00 ago", id="too long ago"),
        pytest.param(
            timedelta(minutes=30), "it was due 0:30:00 ago, and its windows are closed now", id="outside its windows"
        ),
    ],
)
def test_what_is_not_made_up_is_recorded_as_missed(place: Place, late: timedelta, said: str) -> None:
    """It was due too long ago, or its windows have closed since."""
    other_day = (now() + timedelta(days=3)).strftime("%a")
    with service(place, "true", times=Times("* * * * *", "UTC", (other_day,))) as one:
        assert one.run("run", now() - late) is None
    kept = runs(place.state, "run")[0]
    assert (kept.result, kept.detail) == ("missed", said)
    assert not place.log("run").exists()


def test_a_ledger_that_cannot_be_written_does_not_end_serving(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    """It is logged in one line, and the job is not run without a record."""
    with service(place, "true") as one:
        place.ledger.write_bytes(b"no database any more" * 100)
        one.due("run", now())
    assert "run: not recorded: " in caplog.text
    assert len(caplog.records) == 1
    assert not place.log("run").exists()


def test_nothing_begins_after_the_end(place: Place) -> None:
    """A time that comes while everything is being ended is recorded as ended, and starts no process."""
    with service(place, "true") as one:
        one.stop()
        assert one.run("run", now()) == End("ended")
    assert not place.log("run").exists()
