"""The ledger on real files, with real processes beside it."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from analyzers.finding import Fingerprint
from metabot.errors import StoreError
from metabot.generate.proposal import Prediction
from metabot.ledger.encoding import encode
from metabot.ledger.ledger import Ledger
from metabot.ledger.people import Decision
from metabot.picture.picture import Picture
from metabot.publish.pull_request import PullRequest
from metabot.stopped import Stopped
from metabot.verify.measured import Evaluated
from tests.proposals import FINGERPRINT, UNIT, finding, verified
from tests.tried import tried

ROOT = Path(__file__).parents[3]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "ledger.sqlite"


def stop(reason: str = "no sandbox") -> Stopped:
    return Stopped(finding=FINGERPRINT, stage="sound", reason="no sandbox", detail=reason)


def pull_request(state: str = "open") -> PullRequest:
    return PullRequest(
        number=1,
        fingerprint=FINGERPRINT,
        state=state,  # type: ignore[arg-type]  # one of the three words
        branch="metabot/x",
        head_revision="b" * 40,
        title="t",
        draft=True,
        where="1.md",
        prediction=Prediction(unit=UNIT, observed=2.0, expected=1.0),
    )


def picture(left_out: int = 0) -> Picture:
    return Picture(traces=(), calls=(), calls_left_out=left_out, parting=None, durations=None)


def test_keeps_the_latest_picture(path: Path) -> None:
    """What a finding is drawn from is what the last pass that drew it saw."""
    ledger = Ledger(path)
    ledger.record_findings(ledger.begin_pass(), [finding()], {FINGERPRINT: picture(1)})
    ledger.record_findings(ledger.begin_pass(), [finding()], {FINGERPRINT: picture(2)})
    ledger.record_findings(ledger.begin_pass(), [finding()])
    (entry,) = ledger.find(FINGERPRINT)
    assert entry.picture == picture(2)


OLD = """CREATE TABLE proposals (id INTEGER PRIMARY KEY, pass_id INTEGER NOT NULL, fingerprint VARCHAR NOT NULL,
verified TEXT NOT NULL);"""


def sides() -> tuple[Evaluated, ...]:
    """One evaluation of each revision, as version 2 had them."""
    measured = verified().measured
    return measured.base[0], measured.head[0]


def as_version_2() -> str:
    kept = json.loads(encode(verified()))
    del kept["measured"]["evaluations"]
    kept["measured"]["base"], kept["measured"]["head"] = (json.loads(encode(side)) for side in sides())
    return json.dumps(kept)


def test_a_ledger_from_before_there_were_trials_keeps_its_proposals(path: Path) -> None:
    """Each becomes a trial that was better, as of its pass; what nobody kept is unknown."""
    Ledger(path).record_findings(Ledger(path).begin_pass(), [finding()])
    Ledger(path).record_pull_request(1, pull_request())
    with sqlite3.connect(path) as older:
        older.executescript(f"DROP TABLE tried; {OLD} UPDATE schema_version SET version = 2;")
        row = (1, FINGERPRINT, as_version_2())
        older.execute("INSERT INTO proposals (pass_id, fingerprint, verified) VALUES (?, ?, ?)", row)
    ledger = Ledger(path)
    (entry,) = ledger.proposals()
    assert (entry.fingerprint, entry.title, entry.stop) == (FINGERPRINT, verified().proposal.title, None)
    assert entry.opened == (1, "open")
    kept = ledger.tried(entry)
    assert (kept.proposal, kept.base_revision) == (verified().proposal, verified().base_revision)
    assert kept.measured == replace(verified().measured, evaluations=sides())
    assert [run.revision for run in kept.runs] == ["base", "head", "base", "head", "head", "head", "base", "head"]
    assert (kept.runs_before, kept.threshold, kept.seconds, kept.end) == ((), None, None, None)
    assert Ledger(path).proposals() == [entry]


def test_a_ledger_from_before_there_were_pictures_gets_them(path: Path) -> None:
    """An older file is taken over with all that it holds."""
    Ledger(path).record_findings(Ledger(path).begin_pass(), [finding()])
    with sqlite3.connect(path) as connection:
        connection.executescript(f"DROP TABLE pictures; DROP TABLE tried; {OLD} UPDATE schema_version SET version = 1;")
    ledger = Ledger(path)
    assert ledger.find(FINGERPRINT)[0].picture is None
    ledger.record_findings(ledger.begin_pass(), [finding()], {FINGERPRINT: picture()})
    assert Ledger(path).find(FINGERPRINT)[0].picture == picture()


def test_a_ledger_from_before_there_was_a_model_gets_its_table(path: Path) -> None:
    """With all that it holds."""
    Ledger(path).record_findings(Ledger(path).begin_pass(), [finding()])
    with sqlite3.connect(path) as connection:
        connection.executescript("DROP TABLE model_calls; UPDATE schema_version SET version = 3;")
    ledger = Ledger(path)
    assert ledger.model_calls(FINGERPRINT) == []
    assert ledger.find(FINGERPRINT)[0].finding == finding()


def test_a_ledger_from_before_people_and_jobs_gets_their_tables(path: Path) -> None:
    """With all that it holds."""
    Ledger(path).record_findings(Ledger(path).begin_pass(), [finding()])
    with sqlite3.connect(path) as connection:
        connection.executescript("DROP TABLE decisions; DROP TABLE job_runs; UPDATE schema_version SET version = 4;")
    ledger = Ledger(path)
    assert (ledger.decisions(), ledger.job_runs()) == ([], [])
    assert ledger.find(FINGERPRINT)[0].finding == finding()


def test_keeps_what_people_decided_in_order_and_once(path: Path) -> None:
    """What is read from a comment again is the same decision."""
    declined = Decision(
        fingerprint=FINGERPRINT, kind="decline", reason="we like it slow", decided_by="ada", decided_ns=2, number=7
    )
    revived = replace(declined, kind="revive", decided_ns=5)
    for decision in (revived, declined, declined):
        Ledger(path).record_decision(decision)
    assert Ledger(path).decisions() == [declined, revived]


def test_keeps_the_runs_of_jobs_newest_first(path: Path) -> None:
    """One that did not end, because its process was killed, has no end."""
    ledger = Ledger(path)
    ended = ledger.begin_job("run", 5)
    ledger.end_job(ended, "failed", "exit code 5")
    ledger.begin_job("watch", 6)
    watch, run = Ledger(path).job_runs()
    assert (run.job, run.due_ns, run.result, run.detail) == ("run", 5, "failed", "exit code 5")
    assert run.started_ns <= (run.ended_ns or 0)
    assert (watch.job, watch.ended_ns, watch.result) == ("watch", None, None)
    assert ledger.job_runs(newest=1) == [watch]


def test_keeps_everything_about_a_finding(path: Path) -> None:
    """The finding, where it stopped, the proposal with all its runs, and the pull request come back equal."""
    ledger = Ledger(path)
    number = ledger.begin_pass()
    ledger.record_findings(number, [finding()])
    ledger.record_tried(number, tried())
    ledger.record_pull_request(number, pull_request())
    ledger.record_stop(number, stop())
    ledger.end_pass(number, "done")
    (entry,) = Ledger(path).find(FINGERPRINT)
    assert entry.finding == finding()
    assert ledger.tried(entry.proposals[0]) == tried()
    assert entry.pull_request == pull_request()
    assert entry.stop == stop()
    assert entry.passes == 1


def test_a_pass_counts_once_and_the_latest_form_stays(path: Path) -> None:
    """Two passes saw it; what they said last is what is shown."""
    ledger = Ledger(path)
    for problem in ("first", "second"):
        number = ledger.begin_pass()
        ledger.record_findings(number, [finding(problem=problem)] * 2)
    (entry,) = ledger.find(FINGERPRINT)
    assert (entry.passes, entry.finding.candidate.problem) == (2, "second")
    assert entry.first_seen_ns < entry.last_seen_ns


def test_a_stop_is_overtaken_by_a_later_pull_request(path: Path) -> None:
    """What stopped it in an earlier pass is no longer true; a stop of a later pass is."""
    ledger = Ledger(path)
    ledger.record_findings(first := ledger.begin_pass(), [finding()])
    ledger.record_stop(first, stop())
    ledger.record_pull_request(second := ledger.begin_pass(), pull_request())
    assert ledger.find(FINGERPRINT)[0].stop is None
    ledger.record_stop(second, stop("again"))
    assert ledger.find(FINGERPRINT)[0].stop == stop("again")


def test_a_pull_request_is_known_that_no_pass_opened(path: Path) -> None:
    """As a new ledger finds it; a state that people gave it does not make it newer than a stop."""
    ledger = Ledger(path)
    ledger.record_pull_request(None, pull_request())
    assert ledger.pull_requests() == [pull_request()]
    ledger.record_findings(number := ledger.begin_pass(), [finding()])
    ledger.record_stop(number, stop())
    ledger.record_pull_request(None, pull_request("closed"))
    assert ledger.find(FINGERPRINT)[0].stop == stop()
    assert ledger.pull_requests() == [pull_request("closed")]


def test_a_pull_request_changes_its_state(path: Path) -> None:
    """There is one of each number."""
    ledger = Ledger(path)
    number = ledger.begin_pass()
    ledger.record_findings(number, [finding()])
    for state in ("open", "closed"):
        ledger.record_pull_request(number, pull_request(state))
    assert ledger.find(FINGERPRINT)[0].pull_request == pull_request("closed")


@pytest.mark.parametrize(
    ("beginning", "found"),
    [
        ("aa", ["aa0000000000", "aab000000000"]),
        ("AAB", ["aab000000000"]),
        ("aab000000000", ["aab000000000"]),
        ("b", []),
        ("%", []),
        ("a_0", []),
        ("", ["aa0000000000", "aab000000000"]),
    ],
)
def test_finds_by_the_beginning(path: Path, beginning: str, found: list[str]) -> None:
    """All that begin so, in order; a pattern's characters mean themselves."""
    ledger = Ledger(path)
    ledger.record_findings(ledger.begin_pass(), [finding("aab000000000"), finding("aa0000000000")])
    assert [entry.finding.fingerprint for entry in ledger.find(beginning)] == [Fingerprint(one) for one in found]


def test_knows_the_last_pass(path: Path) -> None:
    """None before the first; without an end where it was killed."""
    ledger = Ledger(path)
    assert ledger.last_pass() is None
    ledger.end_pass(ledger.begin_pass(), "done")
    last = ledger.last_pass()
    assert last is not None
    assert (last.number, last.result) == (1, "done")
    ledger.begin_pass()
    killed = ledger.last_pass()
    assert killed is not None
    assert (killed.number, killed.ended_ns, killed.result) == (2, None, None)


def test_is_for_its_owner_alone(path: Path) -> None:
    """It holds text out of telemetry."""
    Ledger(path).begin_pass()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


WRITER = """
import sys
from pathlib import Path
from metabot.ledger.encoding import encode
from metabot.ledger.ledger import Ledger
from tests.proposals import finding
for _ in range(20):
    ledger = Ledger(Path(sys.argv[1]))
    ledger.record_findings(ledger.begin_pass(), [finding()])
"""


def test_two_processes_write_at_once(path: Path) -> None:
    """From the first moment, when there is no file yet: nothing is lost and nobody is refused."""
    command = [sys.executable, "-c", WRITER, str(path)]
    writers = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE) for _ in range(2)]
    assert [writer.communicate()[1] for writer in writers] == [b"", b""]
    last = Ledger(path).last_pass()
    assert last is not None
    assert last.number == 40
    assert Ledger(path).find(FINGERPRINT)[0].passes == 40


def test_a_killed_writer_leaves_the_ledger_whole(path: Path) -> None:
    """Killed within a transaction: it never was, and the next one is not locked out."""
    Ledger(path).begin_pass()
    code = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); c.execute('BEGIN IMMEDIATE'); "
        "c.execute('INSERT INTO passes (started_ns) VALUES (1)'); print('now', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "now\n"
        with pytest.raises(StoreError, match=r"locked.*\n.*Another metabot is writing"):
            Ledger(path, wait_seconds=0.01).begin_pass()
        writer.kill()
    assert Ledger(path).begin_pass() == 2


def test_says_what_to_do_with_a_file_that_is_no_database(path: Path) -> None:
    """It is left as it was."""
    path.parent.mkdir()
    path.write_bytes(b"notes of mine, " * 100)
    with pytest.raises(StoreError, match=r"not a database.*\n.*Move it away"):
        Ledger(path)
    assert path.read_bytes().startswith(b"notes of mine")


def test_says_what_to_do_with_a_damaged_file(path: Path) -> None:
    """Pages overwritten behind a good header."""
    ledger = Ledger(path)
    for number in range(50):
        ledger.record_findings(ledger.begin_pass(), [finding(f"{number:012x}")])
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    with pytest.raises(StoreError, match=r"malformed.*\n.*backup"):
        Ledger(path).find("")


def test_says_what_to_do_with_another_programs_database(path: Path) -> None:
    """Its tables are not added to."""
    path.parent.mkdir()
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE notes (text)")
    other.close()
    with pytest.raises(StoreError, match="another program's database"):
        Ledger(path)


def test_says_what_to_do_with_another_version(path: Path) -> None:
    """A newer metabot's ledger is not written to by an older one."""
    Ledger(path)
    with sqlite3.connect(path) as newer:
        newer.execute("UPDATE schema_version SET version = 99")
    newer.close()
    with pytest.raises(StoreError, match=r"version 99.*\n.*newer"):
        Ledger(path)


def test_says_what_to_do_with_a_value_of_another_shape(path: Path) -> None:
    """What an older or a newer metabot kept is named, not guessed at."""
    ledger = Ledger(path)
    ledger.record_findings(ledger.begin_pass(), [finding()])
    with sqlite3.connect(path) as other:
        other.execute("UPDATE findings SET finding = '{}'")
    other.close()
    with pytest.raises(StoreError, match=f"about {FINGERPRINT} is no Finding"):
        ledger.find("")


def test_says_what_to_do_with_a_read_only_file(path: Path) -> None:
    """Also for root, whom modes do not hold: byte 18 of the header is the version that writing needs."""
    Ledger(path)
    content = bytearray(path.read_bytes())
    content[18] = 9
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"readonly.*\n.*writable"):
        Ledger(path).begin_pass()


@pytest.mark.parametrize(
    "where", ["/proc/ledger.sqlite", "/proc/metabot/ledger.sqlite", "/dev/null/ledger.sqlite", "/tmp"]
)
def test_says_what_to_do_where_no_file_can_be(where: str) -> None:
    """A folder that takes no files, or a folder in the file's place."""
    with pytest.raises(StoreError, match=r"ledger can.*\n.*\[ledger\] path"):
        Ledger(Path(where))
    assert os.path.isdir("/tmp")  # noqa: PTH112  nothing was removed to make room


def test_tells_the_newest_run_of_each_job_and_what_has_not_ended(path: Path) -> None:
    """A job that runs often does not hide one that runs once a day; a run without an end is found again."""
    ledger = Ledger(path)
    daily = ledger.begin_job("run", 1)
    ledger.end_job(daily, "done")
    for due in range(3):
        often = ledger.begin_job("load", due)
    assert {run.job: run.number for run in ledger.latest_jobs()} == {"run": daily, "load": often}
    assert [run.due_ns for run in ledger.unfinished_jobs()] == [2, 1, 0]
