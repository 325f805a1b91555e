"""`metabot pr`: the life of a pull request from the command line alone, on a real repository without any server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from metabot.ledger.ledger import Ledger
from metabot.publish.pull_request import PullRequest
from metabot.stopped import Stopped
from tests import desks
from tests.metabot.cli.command import Done, metabot
from tests.proposals import FINGERPRINT, finding, verified
from tests.repositories import git

SETTINGS = """
[target]
repository = "desk"
[publish]
pulls = "pulls"
onboarding = false
"""


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """With one pull request open."""
    (tmp_path / "config.toml").write_text(SETTINGS)
    at = desks.desk(tmp_path)
    assert isinstance(opened_again(at), PullRequest)
    return at


def opened_again(desk: Path) -> object:
    decisions = Ledger(desk.parent / ".metabot/ledger.sqlite").decisions()
    publisher = desks.publisher(desk, decisions=decisions)
    return publisher.open_change(verified(git(desk, "rev-parse", "main"), finding()))


def pr(desk: Path, *arguments: str) -> Done:
    return metabot("pr", *arguments, cwd=desk.parent)


def test_lists_what_is_open_and_what_ended(desk: Path) -> None:
    """With its finding, its state and where its text lies; as JSON as well."""
    listed = pr(desk, "list")
    assert listed.returncode == 0, listed.stderr
    for word in ("1 pull request, 1 open", "#1 Put the prompt's fixed text first", FINGERPRINT, "pulls/1.md"):
        assert word in listed.stdout
    values = json.loads(pr(desk, "list", "--format", "json").stdout)
    (one,) = values["pulls"]
    assert (one["number"], one["state"], one["finding"]) == (1, "open", FINGERPRINT)
    assert one["prediction"] == {"unit": "uncached input tokens per call", "observed": 1900.0, "expected": 400.0}


@pytest.mark.slow
@pytest.mark.parametrize("identity", ["#1", FINGERPRINT[:4]])
def test_declines_and_revives(desk: Path, identity: str) -> None:
    """Declined it is closed with the reason, and nothing opens it; revived, the next pass does."""
    declined = pr(desk, "decline", identity, "--reason", "we like it as it is")
    assert declined.returncode == 0, declined.stderr
    stop = opened_again(desk)
    assert isinstance(stop, Stopped)
    assert stop.reason == "closed by a person"
    assert "we like it as it is" in stop.detail
    shown = pr(desk, "show", identity).stdout
    assert "closed" in shown
    assert shown.count("we like it as it is") == 2  # decided, and said
    assert pr(desk, "revive", identity).returncode == 0
    reopened = opened_again(desk)
    assert isinstance(reopened, PullRequest)
    assert reopened.number == 2


@pytest.mark.slow
def test_shows_as_json_what_was_decided(desk: Path) -> None:
    """Whatever a person wrote is quoted."""
    pr(desk, "decline", "1", "--reason", "ask @everyone <!-- x -->")
    values = json.loads(pr(desk, "show", "1", "--format", "json").stdout)
    (decision,) = values["decisions"]
    assert decision["kind"] == "decline"
    assert "@everyone" not in decision["reason"]
    assert "<!--" not in decision["reason"]
    assert values["pull"]["state"] == "closed"


@pytest.mark.slow
def test_pauses_and_goes_on(desk: Path) -> None:
    """While it is paused nothing is opened."""
    git(desk, "merge", "-q", "--no-ff", "-m", "merge", f"metabot/prompt-cache-miss-{FINGERPRINT}")
    change = verified(git(desk, "rev-parse", "main"), finding("f" * 12))
    assert pr(desk, "pause", "--reason", "holidays").returncode == 0
    ledger = Ledger(desk.parent / ".metabot/ledger.sqlite")
    stop = desks.publisher(desk, decisions=ledger.decisions()).preview(change)
    assert isinstance(stop, Stopped)
    assert (stop.reason, "holidays" in stop.detail) == ("paused", True)
    assert pr(desk, "resume").returncode == 0
    again = desks.publisher(desk, decisions=ledger.decisions()).preview(change)
    assert not (isinstance(again, Stopped) and again.reason == "paused")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(("show", "7"), "no such pull request", id="an unknown number"),
        pytest.param(("decline", "abc", "--reason", "x"), "no such pull request", id="an unknown finding"),
        pytest.param(("revive", "1"), "nothing to bring back", id="one that is open"),
    ],
)
def test_says_what_is_wrong(desk: Path, arguments: tuple[str, ...], said: str) -> None:
    """With exit code 2, and nothing is decided."""
    done = pr(desk, *arguments)
    assert (done.returncode, said in done.stderr) == (2, True)
    assert Ledger(desk.parent / ".metabot/ledger.sqlite").decisions() == []


@pytest.mark.slow
def test_a_merged_one_is_not_declined(desk: Path) -> None:
    """Merged by git it is merged, and the message says what can be done."""
    git(desk, "merge", "-q", "--no-ff", "-m", "merge", f"metabot/prompt-cache-miss-{FINGERPRINT}")
    assert "merged" in pr(desk, "list").stdout
    done = pr(desk, "decline", "1", "--reason", "x")
    assert (done.returncode, "Revert the merge" in done.stderr) == (2, True)


def test_watches_once(desk: Path) -> None:
    """A person's comment in the folder is obeyed, once."""
    comment = [{"author": "ada", "body": "/metabot decline not now", "created_ns": desks.NOON_NS + 1}]
    (desk.parent / "pulls/1.comments.json").write_text(json.dumps(comment))
    watched = pr(desk, "watch")
    assert watched.returncode == 0, watched.stderr
    assert "#1 declined" in watched.stdout
    assert pr(desk, "watch").stdout == "nothing new\n"


@pytest.mark.slow
def test_a_look_that_failed_says_so(desk: Path) -> None:
    """By its exit code as well; the dashboard is kept all the same."""
    (desk.parent / "pulls/1.comments.json").write_text("no list")
    watched = pr(desk, "watch")
    assert watched.returncode == 5
    assert "1.comments.json" in watched.stdout
    assert "1 could not be looked at" in watched.stderr
    assert (desk.parent / "pulls/dashboard.md").exists()
