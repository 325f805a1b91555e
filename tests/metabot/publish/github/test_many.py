"""Hundreds of pull requests: all are known from GitHub alone, and looking again costs little."""

from __future__ import annotations

import gzip
import shutil
from datetime import timedelta

import pytest
from github_double import broken

from metabot.config import Github
from metabot.errors import PublishError
from metabot.publish.github import answers
from metabot.publish.github.address import address_of
from metabot.publish.github.client import Client
from metabot.publish.github.host import GithubHost
from metabot.publish.github.pulls import Pulls
from tests.metabot.publish.github.places import VARIABLE, Place, opened

BODY = "Why.\n\n" + "A line of the text.\n" * 200


def numbers(host: GithubHost) -> list[int]:
    return [pull.number for pull in host.pulls()]


pytestmark = pytest.mark.slow


@pytest.fixture
def many(at: Place) -> Place:
    """250 of metabot's among 500, all of them old."""
    at.double.seed_pulls(250, branch="metabot/old-{number}", body=BODY)
    at.double.seed_pulls(250)
    return at


@pytest.fixture
def some(at: Place) -> Place:
    """120 of metabot's: two pages."""
    at.double.seed_pulls(120, branch="metabot/old-{number}", body=BODY)
    return at


def test_each_is_known_and_the_next_look_is_one_request(many: Place) -> None:
    """Five pages first; another process then asks what changed and is told nothing, which costs nothing of the rate."""
    assert numbers(many.host()) == [*range(250, 0, -1)]
    first = len(many.asked(path="/pulls"))
    assert first <= 7
    many.double.asked.clear()
    again = many.host().pulls()
    assert [pull.number for pull in again] == [*range(250, 0, -1)]
    assert {pull.body for pull in again} == {BODY}
    assert [one.free for one in many.double.asked] == [True, True, True]  # of one without a block: who opened it


def test_what_is_kept_may_be_lost_or_broken(some: Place) -> None:
    """GitHub has it all."""
    before = some.host().pulls()
    some.host().pull(1)
    kept = next((some.folder / ".metabot/github").glob("*.answers"))
    kept.write_bytes(gzip.compress(gzip.decompress(kept.read_bytes()).replace(b"title", b"heading")))
    assert some.host().pull(1).title == "Old change 1"
    for path in (some.folder / ".metabot/github").iterdir():
        path.write_bytes(b"\0nothing")
    assert some.host().pulls() == before
    shutil.rmtree(some.folder)
    assert some.host().pulls() == before


def test_changes_are_seen_wherever_they_are(some: Place) -> None:
    """In an old one, in a new one, and in all at once."""
    host = some.host()
    host.pulls()
    some.double.advance(timedelta(hours=1))
    some.double.edit(3, title="Better")
    number = opened(host, some)
    found = {pull.number: pull.title for pull in host.pulls()}
    assert (found[3], found[number]) == ("Better", "A change")
    some.double.advance(timedelta(hours=1))
    for old in range(1, 121):
        some.double.edit(old, title=f"Renamed {old}")
    found = {pull.number: pull.title for pull in some.host().pulls()}
    assert [found[old] for old in range(1, 121)] == [f"Renamed {old}" for old in range(1, 121)]


def test_another_repository_of_the_same_name_is_looked_at_anew(some: Place) -> None:
    """What is kept is of a repository by its id."""
    address = address_of(Github(repository=some.double.name, api_url=some.double.url, token_variable=VARIABLE))
    pulls = Pulls(Client(address, some.folder / "answers"), some.folder / "pulls")
    assert len(pulls.own(1)) == 120
    some.double.issues.clear()
    assert len(pulls.own(1)) == 120
    assert pulls.own(2) == []


def test_a_look_that_fails_keeps_what_was_seen(some: Place) -> None:
    """And the next one starts there."""
    host = some.host()
    host.pulls()
    some.double.fail_next(broken(502), 4, path="/pulls")
    with pytest.raises(PublishError, match="502"):
        host.pulls()
    assert len(numbers(some.host())) == 120


def test_what_is_kept_is_small_and_for_this_user_alone(some: Place) -> None:
    """Texts of a private repository stand in it."""
    some.host().pulls()
    files = [path for path in (some.folder / ".metabot/github").iterdir() if path.stat().st_size]
    assert sum(path.stat().st_size for path in files) < 200_000
    assert {oct(path.stat().st_mode & 0o077) for path in files} == {"0o0"}


def test_a_full_last_page_is_asked_for_again(at: Place) -> None:
    """It stays as it was while another one comes to follow it."""
    at.double.seed_pulls(100)
    address = address_of(Github(repository=at.double.name, api_url=at.double.url, token_variable=VARIABLE))
    client = Client(address, at.folder / "answers")

    def listed() -> int:
        query = {"state": "all", "sort": "created", "direction": "asc"}
        pages = client.pages("list", f"/repos/{at.double.name}/pulls", list[answers.Pull], **query)
        return sum(len(page) for page in pages)

    assert listed() == 100
    at.double.seed_pulls(1)
    assert listed() == 101


def test_a_watch_of_old_ones_costs_no_rate(many: Place) -> None:
    """The second round of looking at what did not change is free."""
    for _ in range(2):
        many.double.asked.clear()
        host = many.host()
        host.pulls()
        host.dashboard()
        host.comments(250)
        host.commits(250)
        host.pull(250)
        host.may_write("ben")
    assert [one.path for one in many.double.asked if not one.free] == []
