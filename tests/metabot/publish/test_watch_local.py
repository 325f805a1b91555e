"""The same life on a folder and a bare remote, with real git: what people do there with files and branches."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from metabot.ledger.ledger import Ledger
from metabot.publish.pull_request import PullRequest
from metabot.publish.watch import watch
from metabot.publish.watching import Seen
from tests import desks
from tests.proposals import FINGERPRINT, verified
from tests.repositories import git

pytestmark = pytest.mark.slow

BRANCH = f"metabot/prompt-cache-miss-{FINGERPRINT}"


class Desk:
    """With one pull request that metabot opened."""

    def __init__(self, folder: Path) -> None:
        self.at, self.clock = desks.desk(folder), desks.Clock()
        opened = desks.publisher(self.at, clock=self.clock).open_change(verified(git(self.at, "rev-parse", "main")))
        assert isinstance(opened, PullRequest)
        self.ledger = Ledger(folder / "ledger.sqlite")
        self.ledger.record_pull_request(self.ledger.begin_pass(), opened)
        self.look()

    def look(self) -> list[Seen]:
        settings = desks.settings_of(self.at)
        seen = watch(desks.local_host(self.at, self.clock), settings, self.ledger, clock=self.clock)
        return [one for one in seen if one.what != "dashboard written"]

    def file(self, name: str) -> Path:
        return self.at.parent / "pulls" / name


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_merged_by_git(desk: Desk) -> None:
    """Noticed once, and listed on the dashboard."""
    git(desk.at, "merge", "-q", "--no-ff", "-m", "merge", BRANCH)
    assert desk.look() == [Seen(1, "merged")]
    assert desk.look() == []
    assert desk.ledger.pull_requests()[0].state == "merged"
    assert "## Merged\n\n- #1 Put the prompt's fixed text first" in desk.file("dashboard.md").read_text()


def test_closed_and_brought_back_by_hand(desk: Desk) -> None:
    """By the word `closed` in its file, and a tick on the dashboard."""
    record = json.loads(desk.file("1.json").read_text())
    desk.file("1.json").write_text(json.dumps({**record, "state": "closed"}))
    assert desk.look() == [Seen(1, "closed")]
    board = desk.file("dashboard.md")
    board.write_text(board.read_text().replace("- [ ] revive", "- [x] revive"))
    desk.clock.pass_days(1)
    assert desk.look() == [Seen(0, "revived", FINGERPRINT)]
    assert [one.kind for one in desk.ledger.decisions()] == ["decline", "revive"]


def test_declined_by_a_comment_in_its_file(desk: Desk) -> None:
    """Closed, and answered in the same file."""
    said = {"author": "ada", "body": "/metabot decline too risky", "created_ns": desk.clock.now_ns}
    desk.file("1.comments.json").write_text(json.dumps([said]))
    assert desk.look() == [Seen(1, "declined", "ada")]
    assert json.loads(desk.file("1.json").read_text())["state"] == "closed"
    assert [one["author"] for one in json.loads(desk.file("1.comments.json").read_text())] == ["ada", "metabot"]
    assert desk.look() == []


def test_its_branch_deleted_at_the_remote(desk: Desk) -> None:
    """Is a decline."""
    git(desk.at, "push", "-q", "origin", f":{BRANCH}")
    assert desk.look() == [Seen(1, "branch deleted")]
    assert desk.look() == []


def test_somebody_commits(desk: Desk) -> None:
    """The branch is theirs, and does not expire."""
    git(desk.at, "checkout", "-q", BRANCH)
    (desk.at / "app.py").write_text("PRICE = 3\n")
    git(desk.at, "commit", "-qam", "mine")
    git(desk.at, "push", "-q", "origin", BRANCH)
    assert desk.look() == [Seen(1, "hands off")]
    desk.clock.pass_days(30)
    assert desk.look() == []


def test_expires(desk: Desk) -> None:
    """Its branch is gone from the remote."""
    desk.clock.pass_days(22)
    assert desk.look() == [Seen(1, "expired")]
    assert git(desk.at.parent / "remote.git", "branch", "--format=%(refname:short)") == "main"
    assert desk.look() == []
    assert "expired without an answer" in desk.file("dashboard.md").read_text()
