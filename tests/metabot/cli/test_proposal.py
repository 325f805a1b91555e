"""`metabot proposal …` on a ledger that holds proposals of every kind of end."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from analyzers.untrusted import Name
from metabot.generate.proposal import NewTest, Proposal
from metabot.ledger.ledger import Ledger
from metabot.stopped import Reason, Stage, Stopped
from metabot.verify.measured import Rechecked
from metabot.verify.tested import Coverage, TestReport
from metabot.verify.tried import Tried, id_of
from tests.metabot.cli.command import Done, metabot
from tests.metabot.ledger.test_ledger import pull_request
from tests.proposals import FINGERPRINT, finding, proposal
from tests.tried import tried

PAGE = (Path(__file__).parents[3] / "docs/json.md").read_text()
OTHER = "ba0000000000"
BETTER = tried()


def another(fingerprint: str = OTHER, test: str = "tests/test_other.py") -> Proposal:
    made = proposal(finding(fingerprint), "a" * 40)
    return replace(made, new_test=NewTest(path=test, text="def test_it() -> None: ...\n"))


def stopped(stage: Stage, reason: Reason, **changes: Any) -> Tried:
    return replace(tried(another(), stop=(stage, reason)), **changes)


def keep(folder: Path, *kept: Tried) -> None:
    ledger = Ledger(folder / ".metabot/ledger.sqlite")
    for one in kept:
        number = ledger.begin_pass()
        ledger.record_tried(number, one)
        if one.end is not None:
            ledger.record_stop(number, one.end)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One proposal with a pull request, one stopped by a red suite; one finding that was never placed."""
    (tmp_path / "config.toml").write_text('[ledger]\npath = ".metabot/ledger.sqlite"\n')
    keep(tmp_path, BETTER, stopped("sound", "head is red"))
    ledger = Ledger(tmp_path / ".metabot/ledger.sqlite")
    ledger.record_pull_request(1, pull_request())
    ledger.record_findings(2, [finding("c" * 12)])
    ledger.record_stop(2, Stopped(finding=finding("c" * 12).fingerprint, stage="placed", reason="not found", detail=""))
    return tmp_path


def said(*arguments: str, cwd: Path) -> str:
    done = metabot("proposal", *arguments, cwd=cwd)
    assert (done.returncode, done.stderr) == (0, "")
    assert max(map(len, done.stdout.splitlines())) <= 80
    return done.stdout


def test_lists_the_funnel_and_every_proposal(folder: Path) -> None:
    """Each step with its count and why the others did not come to it; each proposal with how it ended."""
    text = said("list", cwd=folder)
    rows = dict(re.findall(r"^  (\w+) +(\d+.*)$", text, re.MULTILINE))
    assert rows["found"] == "3"
    assert re.fullmatch(r"2 +1 not found", rows["placed"])
    assert re.fullmatch(r"1 +1 head is red", rows["sound"])
    assert rows["opened"] == "1"
    assert "better, opened as #1 (open)" in text
    assert "stopped at sound: head is red" in text
    assert text.index(id_of(another())) < text.index(id_of(BETTER.proposal)), "newest first"


def test_an_empty_ledger_says_what_makes_proposals(tmp_path: Path) -> None:
    """Nothing was tried yet."""
    (tmp_path / "config.toml").write_text('[ledger]\npath = ".metabot/ledger.sqlite"\n')
    assert "metabot run writes them" in said("list", cwd=tmp_path)


def test_shows_all_about_a_proposal(folder: Path) -> None:
    """The change, the new test, every run with its command, the figures with their runs, and where the time went."""
    text = said("show", id_of(BETTER.proposal)[:5], cwd=folder)
    assert "+PRICE = 2" in text
    assert "+def test_prefix():" in text
    assert len(re.findall(r"^ +\d  (?:tests|new test) +(?:base|head) +\d +1\.50", text, re.MULTILINE)) == 6
    assert re.search(r"1  tests +base +0 +1\.50  .*made for an earlier proposal", text)
    assert "python -m pytest -q" in text
    assert re.search(r"Input tokens +80,000 +80,000 +real", text)
    assert "time          12.5 s" in text
    assert re.search(r"the rest +setup, sandbox, copies +5\.00 s +40\.0%", text)
    assert "output of run" not in text


def test_shows_what_commands_printed_where_asked(folder: Path) -> None:
    """Each run's end of output, and nothing in it acts on the terminal."""
    hostile = replace(BETTER.runs[0], output="ok\n\x1b[31m<b> \u202e")
    keep(folder, replace(BETTER, runs=(hostile,)))
    text = said("show", id_of(BETTER.proposal), "--output", cwd=folder)
    assert "output of run 2\n  ok\n" in text
    assert not set("\x1b\u202e") & set(text)


def test_shows_what_the_tests_reported(folder: Path) -> None:
    """Counts of each run, flaky and lost tests by name, and how much of the change was covered."""
    assert BETTER.measured is not None
    report = TestReport(passed=14, failed=1, skipped=0, failures=(Name("tests.test_a"),))
    covered = Coverage(of="new test", lines=4, covered=3, missed=("app.py:2",))
    measured = replace(BETTER.measured, flaky=(Name("tests.test_b"),), lost=(Name("tests.test_c"),), coverage=covered)
    runs = (replace(BETTER.runs[0], report=report), *BETTER.runs[1:])
    keep(folder, replace(BETTER, runs=runs, measured=measured))
    text = said("show", id_of(BETTER.proposal), cwd=folder)
    assert "14 passed, 1 failed" in text
    assert "flaky at the base: tests.test_b" in text
    assert "lost with the change: tests.test_c" in text
    assert "covered: 3 of 4 changed lines run by the new test" in text
    printed = json.loads(metabot("proposal", "show", id_of(BETTER.proposal), "--format", "json", cwd=folder).stdout)
    assert (printed["runs"][1]["report"]["failures"], printed["flaky"]) == (["tests.test_a"], ["tests.test_b"])
    assert keys(printed) <= set(re.findall(r"[a-z0-9_]+", PAGE))


def test_says_what_the_last_runs_were_made_for(folder: Path) -> None:
    """The new test from a fresh worktree, and one that must fail: its exit code is no fault."""
    assert BETTER.measured is not None
    fresh, alarm = replace(BETTER.runs[2], seconds=2.5), replace(BETTER.runs[2], seconds=3.5, exit_code=1)
    last = Rechecked(new_test=fresh, alarm=alarm, evaluated=None)
    measured = replace(BETTER.measured, rechecked=last)
    keep(folder, replace(BETTER, runs=(*BETTER.runs, fresh, alarm), measured=measured))
    text = said("show", id_of(BETTER.proposal), cwd=folder)
    assert re.search(r"new test +head +0 +2\.50  .*from a fresh worktree$", text, re.MULTILINE)
    assert re.search(r"new test +head +1 +3\.50  .*a test that must fail$", text, re.MULTILINE)


def test_a_stopped_proposal_shows_the_runs_that_were_made(folder: Path) -> None:
    """As far as it came, with what the stop says."""
    text = said("show", id_of(another()), cwd=folder)
    assert "stopped at sound: head is red" in text
    assert "The tests fail. Mend them." in text
    assert "figures       none" in text


@pytest.mark.parametrize(
    ("identity", "message"),
    [
        pytest.param(id_of(BETTER.proposal)[:-2] + "zz", f"Did you mean {id_of(BETTER.proposal)}", id="nearly one"),
        pytest.param("~~~~", "The newest are", id="nothing like one"),
        pytest.param("", "is the beginning of 2 proposals' IDs", id="the beginning of several"),
        pytest.param(FINGERPRINT, f"is a finding and no proposal: {id_of(BETTER.proposal)}", id="a finding's ID"),
    ],
)
@pytest.mark.parametrize("command", ["show", "verify"])
def test_an_id_that_is_none_names_what_is_near(folder: Path, command: str, identity: str, message: str) -> None:
    """The error says which IDs there are, and exits 2."""
    done = metabot("proposal", command, identity, cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


def verified(folder: Path, one: Tried, *options: str) -> Done:
    keep(folder, one)
    return metabot("proposal", "verify", id_of(one.proposal), *options, cwd=folder)


def test_a_verdict_is_computed_again(folder: Path) -> None:
    """From what was measured, at the threshold of then; the settings' threshold of today changes nothing."""
    (folder / "config.toml").write_text(
        '[ledger]\npath = ".metabot/ledger.sqlite"\n[meta_layer]\nimprovement_threshold = 0.9\n'
    )
    done = verified(folder, BETTER)
    assert done.returncode == 0, done.stderr
    assert re.search(r"again +better, as recorded; from what was measured, at a threshold\s+of 20%", done.stdout)
    assert "60,000" in done.stdout


def test_a_verdict_that_does_not_hold_is_told(folder: Path) -> None:
    """Recorded as better, and what was measured says otherwise: exit code 4."""
    assert BETTER.measured is not None
    red = replace(BETTER.measured, head_tests=replace(BETTER.measured.head_tests, exit_code=1))
    done = verified(folder, replace(BETTER, measured=red))
    assert done.returncode == 4
    assert "stopped at sound: head is red, NOT as recorded" in done.stdout


@pytest.mark.parametrize(
    ("one", "grounds"),
    [
        pytest.param(
            stopped("sound", "base is red", runs=(), runs_before=(replace(BETTER.runs_before[0], exit_code=1),)),
            "run 1 (tests at base, exit 1)",
            id="a red base",
        ),
        pytest.param(
            stopped("sound", "out of time", runs=(replace(BETTER.runs[0], limit="time", exit_code=137),)),
            "run 2 (tests at head, ended by its limit of time)",
            id="a limit",
        ),
        pytest.param(stopped("sound", "setup failed", runs=(), runs_before=()), "no run", id="nothing was run"),
        pytest.param(stopped("better", "not measured"), "runs 1 to 2", id="another reason"),
    ],
)
def test_a_stop_names_the_runs_that_it_rests_on(folder: Path, one: Tried, grounds: str) -> None:
    """There is no whole measurement to judge again, so what was made until then is named."""
    done = verified(folder, one)
    assert done.returncode == 0, done.stderr
    assert grounds in done.stdout


def test_json_lists_what_the_table_lists(folder: Path) -> None:
    """One object with the funnel and the proposals."""
    printed = json.loads(said("list", "--format", "json", cwd=folder))
    assert printed["schema"] == "metabot.proposals/1"
    assert [step["count"] for step in printed["funnel"]] == [3, 2, 2, 2, 1, 1, 1]
    assert printed["funnel"][1]["stopped"] == [{"reason": "not found", "count": 1}]
    newer, older = printed["proposals"]
    assert (newer["stop"], newer["pull_request"]) == ({"stage": "sound", "reason": "head is red"}, None)
    assert (older["stop"], older["pull_request"]) == (None, {"number": 1, "state": "open"})


def test_json_shows_every_run(folder: Path) -> None:
    """With outputs only where they are asked for."""
    identity = id_of(BETTER.proposal)
    printed = json.loads(metabot("proposal", "show", identity, "--format", "json", cwd=folder).stdout)
    assert printed["schema"] == "metabot.proposal/1"
    assert [run["what"] for run in printed["runs"]] == ["tests", "tests", *["new test"] * 4]
    assert {run["output"] for run in printed["runs"]} == {None}
    assert {"what": "Input tokens", "base": "80,000", "head": "80,000", "label": "real"} in printed["figures"]
    full = json.loads(metabot("proposal", "show", identity, "--format", "json", "--output", cwd=folder).stdout)
    assert full["runs"][0]["output"] == "3 passed"


@pytest.mark.parametrize("arguments", [["list"], ["show", id_of(BETTER.proposal)]])
def test_every_key_of_the_json_is_described(folder: Path, arguments: list[str]) -> None:
    """docs/json.md names each."""
    printed = json.loads(metabot("proposal", *arguments, "--format", "json", cwd=folder).stdout)
    assert keys(printed) <= set(re.findall(r"[a-z0-9_]+", PAGE))


def keys(value: Any) -> set[str]:
    match value:
        case dict():
            return set(value) | {key for one in value.values() for key in keys(one)}
        case list():
            return {key for one in value for key in keys(one)}
    return set()


def test_show_points_from_the_finding_to_its_proposals(folder: Path) -> None:
    """`metabot show` tells how each ended and where all about it stands."""
    done = metabot("show", FINGERPRINT, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert f"metabot proposal show {id_of(BETTER.proposal)}" in done.stdout
