"""The whole life of a pull request on GitHub: the publisher's and the watcher's manners through the double."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from metabot.config import Settings
from metabot.ledger.ledger import Ledger
from metabot.ledger.people import Decision
from metabot.publish.github.host import GithubHost
from metabot.publish.publisher import Publisher, Updated
from metabot.publish.pull_request import PullRequest
from metabot.publish.watch import watch
from metabot.stopped import Stopped
from tests.metabot.publish.github.places import Place
from tests.proposals import FINGERPRINT, finding, proposal, verified

pytestmark = pytest.mark.slow

BRANCH = f"metabot/prompt-cache-miss-{FINGERPRINT}"


class Desk:
    """One machine: settings, a ledger, and runs one after the other, each as a process of its own would."""

    def __init__(self, at: Place) -> None:
        self.at, self.double = at, at.double
        self.double.push_as("ada", "main", {"app.py": "PRICE = 1\n", "CODEOWNERS": "* @ben\n"})
        at.repository.fetch(str(self.double.repository))
        self.ledger_file = at.folder / ".metabot/ledger.sqlite"

    @property
    def settings(self) -> Settings:
        return self.at.settings(publish={"onboarding": False, "max_new_per_day": 2})

    @property
    def host(self) -> GithubHost:
        return self.at.host()

    @property
    def ledger(self) -> Ledger:
        self.ledger_file.parent.mkdir(parents=True, exist_ok=True)
        return Ledger(self.ledger_file)

    def publisher(self) -> Publisher:
        return Publisher(self.host, self.at.repository, self.settings, decisions=self.ledger.decisions())

    def run(self, **texts: str) -> PullRequest | Updated | Stopped:
        base = self.at.repository.resolve("refs/heads/main")
        assert base is not None
        publisher = self.publisher()
        publisher.finish()
        known = publisher.already(finding())
        if known is not None:
            return known
        proved = verified(base)
        return publisher.open_change(replace(proved, proposal=proposal(finding(), base, **texts)))

    def look(self) -> list[str]:
        return [seen.what for seen in watch(self.host, self.settings, self.ledger)]

    def forget(self) -> None:
        """The state folder is lost, with the ledger and what was seen."""
        shutil.rmtree(self.at.folder)

    def writes(self) -> list[str]:
        return [one for one in self.at.asked() if not one.startswith("GET")]


@pytest.fixture
def desk(at: Place, tmp_path: Path) -> Desk:
    return Desk(at)


def reason(end: Any) -> str | None:
    return end.reason if isinstance(end, Stopped) else None


def test_it_is_opened_once(desk: Desk) -> None:
    """A draft with label and owner as reviewer; run again nothing is written, also where everything here is lost."""
    opened = desk.run()
    assert isinstance(opened, PullRequest)
    [pull] = desk.double.pulls
    assert (pull.head, pull.draft, pull.labels, pull.reviewers) == (BRANCH, True, ["metabot"], ["ben"])
    assert desk.double.bare.run("show", f"{BRANCH}:app.py") == "PRICE = 2"
    desk.double.asked.clear()
    assert reason(desk.run()) == "already open"
    desk.forget()
    assert reason(desk.run()) == "already open"
    assert desk.writes() == []


@pytest.mark.parametrize("deed", ["closed", "branch deleted", "merged"])
def test_what_a_person_ended_stays_so(desk: Desk, deed: str) -> None:
    """Known from GitHub alone."""
    desk.run()
    if deed == "closed":
        desk.double.close(1, by="rea")
    elif deed == "merged":
        desk.double.merge(1, by="ada")
        desk.at.repository.fetch(str(desk.double.repository))
    else:
        desk.double.delete_branch(BRANCH, by="ben")
    desk.forget()
    assert reason(desk.run()) == ("already in base" if deed == "merged" else "closed by a person")
    assert desk.look()[0] == ("merged" if deed == "merged" else "closed")
    assert len(desk.double.pulls) == 1


def test_only_who_may_write_declines(desk: Desk) -> None:
    """A stranger gets no answer; the reason is kept, the answer is said once."""
    desk.run()
    desk.double.comment(1, "stranger", "/metabot decline because I say so")
    assert "declined" not in desk.look()
    assert desk.double.pull(1).state == "open"
    desk.double.comment(1, "ben", "Thank you.\n\n/metabot decline we cache elsewhere")
    assert "declined" in desk.look()
    assert (desk.double.pull(1).state, desk.double.pull(1).ended_by) == ("closed", "metabot-bot")
    said = len(desk.double.pull(1).comments)
    assert "declined" not in desk.look()
    desk.forget()
    desk.look()
    assert len(desk.double.pull(1).comments) == said
    assert reason(desk.run()) == "closed by a person"
    [decision] = [one for one in desk.ledger.decisions() if one.kind == "decline"]
    assert "we cache elsewhere" in decision.reason


def test_a_base_that_moved_into_its_way(desk: Desk) -> None:
    """Proved again on the new base, its branch goes forward: GitHub can merge it again, and nothing was forced."""
    desk.run()
    first = desk.double.pull(1).head_sha
    desk.double.push_as("ada", "main", {"app.py": "PRICE = 1.0\n"})
    assert desk.double.mergeability(desk.double.pull(1))[0] is False
    desk.at.repository.fetch(f"file://{desk.double.repository}")
    desk.forget()
    updated = desk.run(before="PRICE = 1.0\n", after="PRICE = 2.0\n")
    assert isinstance(updated, Updated)
    pull = desk.double.pull(1)
    assert desk.double.mergeability(pull)[0] is True
    assert desk.double.bare.contains(pull.head_sha, first)
    assert updated.pull_request.head_revision == pull.head_sha
    assert reason(desk.run()) == "already open"


def test_a_persons_commit_ends_metabots_writing(desk: Desk) -> None:
    """To the branch and about it; said once."""
    desk.run()
    theirs = desk.double.push_as("ben", BRANCH, {"app.py": "PRICE = 3\n"})
    assert "hands off" in desk.look()
    assert "hands off" not in desk.look()
    assert reason(desk.run()) == "taken over"
    assert desk.double.bare.branches()[BRANCH] == theirs


def test_a_failing_check_is_said_once(desk: Desk) -> None:
    """The one that the base requires."""
    desk.run()
    head = desk.double.pull(1).head_sha
    desk.double.set_check(head, "tests", "failure", required=True)
    desk.double.set_check(head, "lint", "failure")
    assert "checks fail" in desk.look()
    assert "checks fail" not in desk.look()
    [comment] = desk.double.pull(1).comments
    assert "tests" in comment.body
    assert "lint" not in comment.body


def test_the_dashboard_is_written_where_it_says_something_else(desk: Desk) -> None:
    """One issue; a second look writes nothing."""
    desk.run()
    assert "dashboard written" in desk.look()
    desk.double.asked.clear()
    assert desk.look() == []
    assert desk.writes() == []
    desk.forget()
    desk.look()
    assert len(desk.double.issues) == 2


def test_a_switch_stops_everything(desk: Desk) -> None:
    """The file in the base branch: nothing is opened and nothing is written."""
    desk.double.push_as("ada", "main", {".github/metabot.stop": ""})
    desk.double.asked.clear()
    assert reason(desk.run()) == "switched off"
    desk.look()
    assert desk.writes() == []


def moved(desk: Desk, text: str = "PRICE = 0\n") -> None:
    """The base moves so that the change fits no more."""
    desk.double.push_as("ada", "main", {"app.py": text})
    desk.at.repository.fetch(str(desk.double.repository))


def test_where_its_base_moved_it_is_proved_again(desk: Desk) -> None:
    """One pull request, whose branch goes forward without force."""
    desk.run()
    before = desk.double.pull(1).head_sha
    moved(desk)
    assert isinstance(desk.run(), Updated)
    desk.forget()
    assert reason(desk.run()) == "already open"
    after = desk.double.bare.branches()[BRANCH]
    assert desk.double.bare.run("log", "-1", "--format=%P", after).split()[1] == before
    assert (len(desk.double.pulls), desk.double.pull(1).state) == (1, "open")


def test_where_it_could_not_be_proved_again_it_is_closed(desk: Desk) -> None:
    """With its reason in one comment, and without its branch; revived, another one is opened."""
    desk.run()
    moved(desk)
    stop = Stopped(finding=FINGERPRINT, stage="sound", reason="head is red", detail="1 failed, says @ada")
    for _ in range(2):
        desk.publisher().given_up(finding(), stop)
    pull = desk.double.pull(1)
    assert (pull.state, BRANCH in desk.double.bare.branches()) == ("closed", False)
    [comment] = pull.comments
    assert "head is red" in comment.body
    assert "@ada" not in comment.body
    desk.forget()
    assert reason(desk.run()) == "withdrawn"
    now = time.time_ns() + 10**9
    desk.ledger.record_decision(
        Decision(fingerprint=FINGERPRINT, kind="revive", reason="", decided_by="ben", decided_ns=now, number=1)
    )
    assert isinstance(desk.run(), PullRequest)
    assert [pull.state for pull in desk.double.pulls] == ["closed", "open"]


def test_what_somebody_else_is_changing_is_left_alone(desk: Desk) -> None:
    """Their open pull request changes the same line; another file, or once it is closed, is no reason."""
    desk.double.push_as("ben", "prices", {"app.py": "PRICE = 7\n"})
    theirs = desk.double.open_pull("ben", "prices")
    assert reason(desk.run()) == "in another pull request"
    desk.double.close(theirs.number, by="ben")
    desk.double.push_as("ben", "others", {"other.py": "x = 1\n"})
    desk.double.open_pull("ben", "others")
    assert isinstance(desk.run(), PullRequest)
