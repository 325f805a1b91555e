"""The folder of records as a host: what is written stands once, and what people write there is read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from metabot.errors import PublishError
from metabot.publish.host import Draft, Host
from metabot.publish.local_host import LocalHost
from tests import desks
from tests.desks import NOON_NS, local_host
from tests.repositories import git

BRANCH = "metabot/serial-calls-0123456789ab"


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """With a branch at the remote."""
    at = desks.desk(tmp_path)
    git(at, "push", "-q", "origin", f"HEAD:refs/heads/{BRANCH}")
    return at


@pytest.fixture
def host(desk: Path) -> LocalHost:
    git(desk, "commit", "-q", "--allow-empty", "-m", "a change")
    git(desk, "push", "-q", "origin", f"HEAD:refs/heads/{BRANCH}")
    git(desk, "reset", "-q", "--hard", "HEAD^")
    return local_host(desk)


def draft(body: str = "Line one.\n\n# Not a title\n") -> Draft:
    return Draft(title="A title", body=body, branch=BRANCH, base_branch="main", labels=("metabot",), reviewers=("ada",))


def test_is_a_host(host: LocalHost) -> None:
    """As the type checker and its users see it."""
    as_host: Host = host
    assert as_host.rights().login == "metabot"
    assert list(as_host.others()) == []
    assert list(as_host.checks("a" * 40)) == []
    assert as_host.may_write("ada")


def test_opens_once(host: LocalHost) -> None:
    """Asked again it gives the one that is open; closed, a new one has the next number."""
    one = host.open_draft(draft())
    assert (one.number, one.state, one.draft, one.title, one.body) == (1, "open", True, "A title", draft().body)
    assert (one.labels, one.created_ns, one.own_branch) == (("metabot",), NOON_NS, True)
    assert host.open_draft(draft("another")) == one
    host.close(1)
    assert [pull.number for pull in (host.open_draft(draft()), *host.pulls())] == [2, 2, 1]
    assert (host.pull(1).state, host.pull(1).ended_by, host.pull(1).ended_ns) == ("closed", "metabot", NOON_NS)


def test_is_edited_in_place(host: LocalHost) -> None:
    """Title and body, each alone too; the same again writes nothing."""
    host.open_draft(draft())
    host.edit(1, title="Another title")
    host.edit(1, body="Another body\n")
    pull = host.pull(1)
    assert (pull.title, pull.body) == ("Another title", "Another body\n")
    path = Path(pull.where)
    before = path.stat().st_mtime_ns
    host.edit(1, title="Another title", body="Another body\n")
    assert path.stat().st_mtime_ns == before


def test_a_person_may_write_the_files(host: LocalHost) -> None:
    """The title in the text counts, and so does the state in the record."""
    pull = host.open_draft(draft())
    Path(pull.where).write_text("# By hand\n\nbody")
    record = Path(pull.where).with_name("1.json")
    record.write_text(json.dumps({**json.loads(record.read_text()), "state": "closed"}))
    pull = host.pull(1)
    assert (pull.title, pull.body, pull.state, pull.ended_by) == ("By hand", "body", "closed", None)
    host.close(1)
    assert host.pull(1).ended_by is None


def test_says_a_thing_once(host: LocalHost) -> None:
    """For each key; another text is put in its place. A person's comment is none of metabot's."""
    host.open_draft(draft())
    for text in ("one", "one", "two"):
        host.say(1, "key", text)
    host.say(1, "other", "three")
    path = Path(host.pull(1).where).with_name("1.comments.json")
    person = {"author": "ada", "body": "four", "created_ns": NOON_NS + 1}
    path.write_text(json.dumps([*json.loads(path.read_text()), person]))
    said = [(one.id, one.author, one.body, one.own, one.key) for one in host.comments(1)]
    assert said == [
        (1, "metabot", "two", True, "key"),
        (2, "metabot", "three", True, "other"),
        (3, "ada", "four", False, ""),
    ]
    assert [one.body for one in host.comments(1, since_ns=NOON_NS + 1)] == ["four"]


def test_keeps_one_dashboard(host: LocalHost) -> None:
    """A file beside the pull requests, which is none itself."""
    assert host.dashboard() is None
    host.write_dashboard("A dashboard", "one")
    there = host.write_dashboard("A dashboard", "two")
    assert host.dashboard() == there
    assert (there.number, there.body) == (0, "two")
    assert Path(there.where).read_text() == "# A dashboard\n\ntwo"
    assert list(host.pulls()) == []


def test_tells_what_a_branch_has(host: LocalHost, desk: Path) -> None:
    """Its commits beyond the base with who made them, and its files as its head has them; fetched if not here."""
    other = desk.parent / "other"
    git(desk.parent, "clone", "-q", "--branch", BRANCH, str(desk.parent / "remote.git"), str(other))
    (other / "app.py").write_text("PRICE = 3\n")
    git(other, "commit", "-q", "-a", "-m", "mine")
    git(other, "push", "-q", "origin", BRANCH)
    pull = host.open_draft(draft())
    assert pull.head_revision == git(other, "rev-parse", "HEAD")
    assert [one.committer_email for one in host.commits(1)] == ["a@example.org"] * 2
    assert host.commits(1)[-1].revision == pull.head_revision
    assert host.changed(1, ["app.py", "other.py"]) == {"app.py": "PRICE = 3\n"}
    assert host.changed(1, ["other.py"]) == {}


def test_deletes_a_branch_only_where_it_stands(host: LocalHost) -> None:
    """Moved meanwhile it stays; gone already it is gone."""
    there = host.branch(BRANCH)
    assert there is not None
    host.delete_branch(BRANCH, at="b" * 40)
    assert host.branch(BRANCH) == there
    for _ in range(2):
        host.delete_branch(BRANCH, at=there)
        assert host.branch(BRANCH) is None


def test_a_deleted_branch_leaves_its_pull_request(host: LocalHost) -> None:
    """As the record last knew it."""
    pull = host.open_draft(draft())
    host.delete_branch(BRANCH, at=pull.head_revision)
    assert host.pull(1) == pull


def test_never_moves_a_branch_back(host: LocalHost, desk: Path) -> None:
    """What somebody pushed there stays, and the error says so in git's words."""
    with pytest.raises(PublishError, match="rejected"):
        host.push(BRANCH, git(desk, "rev-parse", "main"))


def test_a_remote_that_is_gone_is_an_error(desk: Path) -> None:
    """Where pull requests are open; where there are none nothing is asked."""
    gone = local_host(desk, publish={"remote": "nowhere"})
    assert list(gone.pulls()) == []
    local_host(desk).open_draft(draft())
    with pytest.raises(PublishError, match="nowhere"):
        gone.pulls()
