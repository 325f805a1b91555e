"""`metabot schedule`, and the exit codes that a scheduler reads."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

from metabot import errors
from metabot.ledger.ledger import Ledger
from metabot.lock import held
from metabot.schedule.cron import Times
from metabot.schedule.jobs import Job
from metabot.schedule.scheduler import scheduled
from tests.metabot.cli.command import metabot

ROOT = Path(__file__).parents[3]
SETTINGS = """[target]
repository = "."
[schedule]
load = ""
run = "30 5 * * mon-fri"
time_zone = "Europe/Zurich"
"""


def settle(folder: Path) -> Path:
    (folder / "config.toml").write_text(SETTINGS)
    return folder / ".metabot"


def ran(state: Path, job: str, result: str, detail: str = "") -> None:
    ledger = Ledger(state / "ledger.sqlite")
    ledger.end_job(ledger.begin_job(job, 1_795_240_800 * 10**9), result, detail)


def test_shows_when_each_job_runs_and_how_it_went(tmp_path: Path) -> None:
    """In words and in the zone of the settings; a job that has no time is not there; nobody serves yet."""
    state = settle(tmp_path)
    ran(state, "run", "failed", "exit code 5: the remote is not there.")
    done = metabot("schedule", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "nobody serves: metabot serve runs these"
    assert lines[2] == "run       At 05:30, Monday through Friday  (30 5 * * mon-fri Europe/Zurich)"
    assert re.match(r"  last    failed after \S+ m?s, began \w{3} \d{4}-\d\d-\d\d \d\d:\d\d:\d\d CE", lines[3])
    assert "exit code 5: the remote is not there." in " ".join(done.stdout.split())
    assert re.search(r"^  next    (Mon|Tue|Wed|Thu|Fri) \d{4}-\d\d-\d\d 05:30:00 CES?T$", done.stdout, re.MULTILINE)
    assert "watch     Every 10 minutes" in done.stdout
    assert "load " not in done.stdout
    assert max(map(len, lines)) <= 80


def test_json_holds_the_same_in_nanoseconds(tmp_path: Path) -> None:
    """As docs/json.md says; what never ran is null."""
    ran(settle(tmp_path), "watch", "done")
    values = json.loads(metabot("schedule", "--format", "json", cwd=tmp_path).stdout)
    assert (values["schema"], values["served_by"]) == ("metabot.schedule/1", None)
    run, watch = values["jobs"]
    assert (run["job"], run["cron"], run["last"], run["missed_ns"]) == ("run", "30 5 * * mon-fri", None, None)
    assert run["next_ns"] > datetime.now(UTC).timestamp() * 1e9
    assert set(watch["last"]) == {"due_ns", "started_ns", "ended_ns", "result", "detail"}
    page = (ROOT / "docs/json.md").read_text().partition("## metabot schedule")[2]
    assert {key for key in (*run, *watch["last"]) if f"`{key}`" not in page} == set()


def test_says_who_serves_and_what_runs(tmp_path: Path) -> None:
    """Process and since when. What has no end runs while somebody serves, and was killed where nobody does."""
    state = settle(tmp_path)
    Ledger(state / "ledger.sqlite").begin_job("run", 0)
    with held(state / "serve", purpose="metabot serve", waiting=lambda _: None):
        done = metabot("schedule", cwd=tmp_path)
    assert re.match(r"served by metabot serve, pid \d+, since ", done.stdout)
    assert re.search(r"^  last    began .*, and runs$", done.stdout, re.MULTILINE)
    assert re.search(r"^  last    began .*, and was killed$", metabot("schedule", cwd=tmp_path).stdout, re.MULTILINE)


def test_does_not_say_how_long_a_lost_run_took(tmp_path: Path) -> None:
    """Nobody saw its end: what is recorded is when it was noticed."""
    ran(settle(tmp_path), "run", "lost", "the process that ran it was killed")
    assert re.search(r"^  last    lost, began ", metabot("schedule", cwd=tmp_path).stdout, re.MULTILINE)


def test_says_what_was_missed_while_nobody_served(tmp_path: Path) -> None:
    """It runs when somebody serves, and until then it is said."""
    state = settle(tmp_path)
    state.mkdir()
    job = Job(name="watch", times=Times("*/10 * * * *", "UTC"), command=(), environment={}, seconds=1)
    with scheduled(state / "schedule.sqlite", [job], lambda *_: None, failed=lambda _: None) as schedule:
        schedule.pause()
        schedule._scheduler.modify_job("watch", next_run_time=datetime(2026, 1, 2, 3, 40, tzinfo=UTC))
    done = metabot("schedule", cwd=tmp_path)
    assert "  missed  Fri 2026-01-02 04:40:00 CET; made up once when somebody serves" in done.stdout


def test_a_wrong_expression_is_told_with_what_to_write(tmp_path: Path) -> None:
    """Exit code 2, the setting's name and an example."""
    (tmp_path / "config.toml").write_text('[schedule]\nrun = "at six"\n')
    done = metabot("schedule", cwd=tmp_path)
    assert done.returncode == 2
    assert '[schedule] run = "at six": needs five fields' in done.stderr
    assert 'as "30 6 * * mon-fri"' in done.stderr


def test_the_exit_codes_of_a_pass_are_those_of_the_page(tmp_path: Path) -> None:
    """docs/schedule.md and `metabot run --help` name every code that a failure has, and no other."""
    page = (ROOT / "docs/schedule.md").read_text().partition("<!-- exit codes -->")[2].partition("<!-- end of")[0]
    documented = set(map(int, re.findall(r"^\| (\d+) \|", page, re.MULTILINE)))
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    assert documented == {0, *(kind.exit_code for kind in kinds)}
    told = " ".join(metabot("run", "--help", cwd=tmp_path).stdout.replace("│", " ").split())
    assert set(map(int, re.findall(r"(\d+) (?:is done|wrong|no sandbox|store)", told))) == documented
