"""A repository on GitHub as a place where pull requests live, against the double of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from github_double import Double

from metabot.errors import PublishError
from metabot.git_environment import AUTHOR_EMAIL
from metabot.publish.github.host import GithubHost
from metabot.publish.host import Commit, Host
from tests.metabot.publish.github.places import BRANCH, Place, draft, opened


def test_it_is_a_host(at: Place) -> None:
    """Of the repository that the settings name."""
    host: Host = at.host()
    assert host.name == "acme/desk"


def test_a_draft_is_opened_with_everything(host: GithubHost, at: Place) -> None:
    """Draft, labelled, with those reviewers who can be asked; its text is what was given."""
    reviewers = ("ada", "metabot-bot", "stranger", "nobody-here", "acme/nobody")
    number = opened(host, at, labels=("metabot",), reviewers=reviewers)
    pull = host.pull(number)
    assert (pull.title, pull.body, pull.branch, pull.base_branch) == ("A change", "Why.", BRANCH, "main")
    assert (pull.state, pull.draft, pull.own_branch, pull.unfinished) == ("open", True, True, False)
    assert (pull.author, pull.labels) == ("metabot-bot", ("metabot",))
    assert at.double.pull(number).reviewers == ["ada"]
    assert at.double.pull(number).body == "Why."


def test_opening_again_gives_the_one_that_is_open(host: GithubHost, at: Place) -> None:
    """And changes nothing about it, also where people changed it."""
    number = opened(host, at, labels=("metabot",))
    at.double.pull(number).labels = ["theirs"]
    assert host.open_draft(draft(title="Another")).number == number
    assert len(at.double.pulls) == 1
    assert (host.pull(number).title, host.pull(number).labels) == ("A change", ("theirs",))


def test_what_a_killed_process_left_is_finished(host: GithubHost, at: Place) -> None:
    """It says of itself that it is unfinished, and is opened once more with labels and reviewers."""
    opened(host, at)
    at.double.pulls[0].body = "Why.\r\n\r\n<!-- metabot opening -->"
    assert [(pull.unfinished, pull.body) for pull in at.host().pulls()] == [(True, "Why.")]
    finished = at.host().open_draft(draft(labels=("metabot",), reviewers=("ada",)))
    assert (finished.unfinished, finished.labels, finished.body) == (False, ("metabot",), "Why.")
    assert (len(at.double.pulls), at.double.pulls[0].reviewers) == (1, ["ada"])


def test_what_became_of_it(host: GithubHost, at: Place) -> None:
    """Closed by whom, merged by whom and as what; a text that a browser sent is read as it was."""
    closed, merged = opened(host, at), opened(host, at, "metabot/other")
    at.double.edit(closed, body="One.\r\nTwo.")
    at.double.close(closed, by="ben")
    revision = at.double.merge(merged, by="ada", how="squash")
    first, second = host.pull(closed), host.pull(merged)
    assert (first.state, first.ended_by, first.merged_revision, first.body) == ("closed", "ben", None, "One.\nTwo.")
    assert (second.state, second.ended_by, second.merged_revision) == ("merged", "ada", revision)
    assert first.ended_ns is not None
    assert [pull.state for pull in host.pulls()] == ["merged", "closed"]


def test_only_metabots_branches_of_the_repository_itself_are_its_own(host: GithubHost, at: Place) -> None:
    """A fork's branch of the same name is somebody else's, and so is everything on other branches."""
    number = opened(host, at)
    at.double.push_as("stranger", "metabot/fork-0123456789ab", {"b.txt": "b\n"})
    fork = at.double.open_pull("stranger", "metabot/fork-0123456789ab", fork=True).number
    at.double.push_as("ben", "feature", {"c.txt": "c\n"})
    feature = at.double.open_pull("ben", "feature").number
    assert [pull.number for pull in host.pulls()] == [number]
    assert {pull.number: pull.own_branch for pull in host.others()} == {fork: False, feature: True}


def test_it_is_edited_and_closed(host: GithubHost, at: Place) -> None:
    """What is not given stays; closing leaves the branch."""
    number = opened(host, at)
    host.edit(number, title="Better")
    host.edit(number, body="Because.")
    host.edit(number)
    host.close(number)
    host.close(number)
    pull = host.pull(number)
    assert (pull.title, pull.body, pull.state, pull.ended_by) == ("Better", "Because.", "closed", "metabot-bot")
    assert host.branch(BRANCH) == pull.head_revision


def test_who_wrote_to_the_branch(host: GithubHost, at: Place) -> None:
    """Each commit beyond the base, oldest first, with both addresses."""
    number = opened(host, at)
    first = host.pull(number).head_revision
    second = at.double.push_as("ben", BRANCH, {"b.txt": "b\n"})
    assert host.commits(number)[0] == Commit(revision=first, author_email=AUTHOR_EMAIL, committer_email=AUTHOR_EMAIL)
    assert [commit.revision for commit in host.commits(number)] == [first, second]
    assert host.commits(number)[1].committer_email.startswith("ben@")


def test_what_a_pull_request_changes(host: GithubHost, at: Place) -> None:
    """Of the files that are asked about: as its head holds them; nothing of one that is deleted or no text."""
    at.double.push_as("ada", "main", {"gone.txt": "x\n", "same.txt": "x\n"})
    files = {"a b/ü.txt": "new\n", "gone.txt": None, "data.bin": "\0\1"}
    at.double.push_as("ben", "feature", files)
    number = at.double.open_pull("ben", "feature").number
    among = [*files, "same.txt"]
    assert host.changed(number, among) == {"a b/ü.txt": "new\n", "gone.txt": None, "data.bin": None}
    assert host.changed(number, ["same.txt"]) == {}


@pytest.mark.parametrize("kind", ["run", "status"])
def test_checks(host: GithubHost, at: Place, kind: str) -> None:
    """Both kinds, and which of them the base requires."""
    revision = host.pull(opened(host, at)).head_revision
    for name, conclusion in (("tests", "failure"), ("lint", "success"), ("docs", None)):
        at.double.set_check(revision, name, conclusion, required=name == "tests", kind=kind)  # type: ignore[arg-type]
    found = {check.name: (check.state, check.required) for check in host.checks(revision)}
    assert found == {"tests": ("failed", True), "lint": ("passed", False), "docs": ("pending", False)}


def test_a_comment_is_said_once_for_each_key(host: GithubHost, at: Place) -> None:
    """Said again it stays, with another text it is edited; somebody else's with the same key is not metabot's."""
    number = opened(host, at)
    at.double.comment(number, "stranger", "Mine.\n\n<!-- metabot key hello -->")
    host.say(number, "hello", "Good day.")
    host.say(number, "hello", "Good day.")
    at.host().say(number, "hello", "Good evening.")
    host.say(number, "other", "More.")
    found = [(one.author, one.own, one.key, one.body) for one in host.comments(number)]
    assert found == [
        ("stranger", False, "", "Mine.\n\n<!-- metabot key hello -->"),
        ("metabot-bot", True, "hello", "Good evening."),
        ("metabot-bot", True, "other", "More."),
    ]


def test_what_is_said_in_a_review_is_said(host: GithubHost, at: Place) -> None:
    """In its place between other comments; an approval without words is a word, too."""
    number = opened(host, at)
    at.double.comment(number, "ada", "First.")
    at.double.advance(timedelta(minutes=1))
    at.double.review(number, "ben", "/metabot decline too risky")
    at.double.review(number, "ben", "", "APPROVED")
    at.double.advance(timedelta(minutes=1))
    at.double.comment(number, "ada", "Last.")
    found = host.comments(number)
    assert [(one.author, one.body, one.own) for one in found] == [
        ("ada", "First.", False),
        ("ben", "/metabot decline too risky", False),
        ("ben", "", False),
        ("ada", "Last.", False),
    ]
    assert len({one.id for one in found}) == 4
    assert [one.body for one in host.comments(number, since_ns=found[1].created_ns)][-2:] == ["", "Last."]


def test_a_locked_conversation_is_said(host: GithubHost, at: Place) -> None:
    """And no other right is asked for."""
    number = opened(host, at)
    at.double.lock_thread(number)
    with pytest.raises(PublishError, match="the conversation is locked"):
        host.say(number, "hello", "Good day.")


def test_a_deleted_dashboard_is_made_anew(host: GithubHost, at: Place) -> None:
    """By a process that knew it."""
    number = host.write_dashboard("metabot", "Nothing.").number
    at.double.delete_issue(number)
    assert host.dashboard() is None
    assert host.write_dashboard("metabot", "Nothing.").number != number


def test_a_person_whose_token_it_is_stays_a_person(host: GithubHost, at: Place) -> None:
    """What is written by the same account without metabot's key is theirs, also where it quotes metabot."""
    number = opened(host, at)
    at.double.comment(number, "metabot-bot", "> Good day.\n> <!-- metabot key hello -->\n\n/metabot pause")
    assert [one.own for one in host.comments(number)] == [False]


@pytest.mark.parametrize(
    ("login", "expected"),
    [
        ("ada", True),
        ("ben", True),
        ("tim", False),
        ("rea", False),
        ("stranger", False),
        ("gone", False),
        ("a/b", False),
    ],
)
def test_who_may_write(host: GithubHost, login: str, expected: bool) -> None:
    """Write access counts: neither triage nor reading is it, and an account that is gone has none."""
    assert host.may_write(login) is expected


def test_the_dashboard_is_one_issue(host: GithubHost, at: Place) -> None:
    """Edited in place, also by a process that does not know it; unchanged it costs no edit; closed it stays closed."""
    assert host.dashboard() is None
    first = host.write_dashboard("metabot", "Nothing yet.")
    at.double.close(first.number, by="ada")
    again = Place(at.double, at.folder.with_name("elsewhere"), at.repository).host()
    again.write_dashboard("metabot", "One thing.")
    again.write_dashboard("metabot", "One thing.")
    found = host.dashboard()
    assert found is not None
    assert (found.number, found.body, found.open) == (first.number, "One thing.", False)
    assert len(at.double.issues) == 1
    assert len(at.asked("PATCH")) == 1


def test_an_issue_of_somebody_else_is_no_dashboard(host: GithubHost, at: Place) -> None:
    """Whoever writes metabot's mark into an issue."""
    at.double.open_issue("stranger", "metabot", "- [x] revive 0123456789ab\n\n<!-- metabot dashboard -->")
    assert host.dashboard() is None


def test_without_issues_there_is_no_dashboard(host: GithubHost, at: Place) -> None:
    """Reading says none, writing says what to do."""
    at.double.has_issues = False
    assert host.dashboard() is None
    assert host.stopped() is None
    with pytest.raises(PublishError, match=r"issues are off[^\n]*\n  Turn them on there, or set \[publish\] dashboard"):
        host.write_dashboard("metabot", "Nothing.")


def test_the_kill_switch(host: GithubHost, double: Double) -> None:
    """A file in the base branch, or a label on the dashboard."""
    assert host.stopped() is None
    number = host.write_dashboard("metabot", "Nothing.").number
    double.label(number, "metabot: stop")
    assert "bears the label metabot: stop" in (host.stopped() or "")
    double.push_as("ada", "main", {".github/metabot.stop": "Not this week.\n"})
    assert host.stopped() == "main of the repository holds the file .github/metabot.stop."
