"""GitHub as it fails: what passes is waited for, what made something is not made twice, and what stays is said."""

from __future__ import annotations

import logging
import re
import socket
from collections.abc import Callable

import pytest
from github_double import Fault, broken, cut, rate_limited, redirected, refused, secondary_limit, slow, web_page
from github_double.answers import Answer

from metabot.config import Github
from metabot.errors import PublishError, SettingsError
from metabot.publish.github.address import address_of
from metabot.publish.github.connection import Connection, Lost
from metabot.publish.github.host import GithubHost
from tests.metabot.publish.github.places import BRANCH, VARIABLE, Place, draft, every, opened

pytestmark = pytest.mark.slow

NO_RIGHT = "Resource not accessible by personal access token"


@pytest.mark.parametrize("fault", [broken(502), broken(503), broken(504), cut("before"), cut("after")])
def test_what_fails_in_passing_is_asked_again(host: GithubHost, at: Place, fault: Fault) -> None:
    """Three times, each after a longer wait."""
    number = opened(host, at)
    at.double.fail_next(fault, 3, path="/pulls/")
    assert host.pull(number).title == "A change"
    assert len(at.waits) == 3
    assert at.waits == sorted(at.waits)


@pytest.mark.parametrize("fault", [cut("before"), cut("after"), broken(502)])
def test_a_lost_answer_makes_nothing_twice(host: GithubHost, at: Place, fault: Fault) -> None:
    """Whether the request was carried out or not: one pull request with what belongs to it, one comment, one issue."""
    for path in ("/pulls", "/labels", "/requested_reviewers", "/comments", "/issues"):
        at.double.fail_next(fault, method="POST", path=path)
    number = opened(host, at, labels=("metabot",), reviewers=("ada",))
    host.say(number, "hello", "Good day.")
    host.write_dashboard("metabot", "Nothing.")
    assert [(pull.labels, pull.reviewers, pull.body) for pull in at.double.pulls] == [(["metabot"], ["ada"], "Why.")]
    assert len(at.double.pull(number).comments) == 1
    assert len(at.double.issues) == 2


def test_lists_that_come_late_make_nothing_twice(host: GithubHost, at: Place) -> None:
    """GitHub does not list at once what was just made: it is looked for more than once."""
    for path in ("/pulls", "/comments"):
        at.double.fail_next(cut("after"), method="POST", path=path)
    host.push(BRANCH, at.commit())
    at.double.late_lists = 3
    number = host.open_draft(draft()).number
    at.double.late_lists = 2
    host.say(number, "hello", "Good day.")
    assert (len(at.double.pulls), len(at.double.pull(number).comments)) == (1, 1)


@pytest.mark.parametrize("status", [403, 429])
def test_a_rate_limit_is_waited_for_within_patience(at: Place, status: int) -> None:
    """Until the time that GitHub names."""
    at.double.fail_next(rate_limited(60.0, status), path="/repos")
    assert list(at.host(patience=100).others()) == []
    assert len(at.waits) == 1
    assert 59 <= at.waits[0] <= 62


def test_beyond_its_patience_it_says_when_it_works_again(at: Place) -> None:
    """Without having waited."""
    at.double.fail_next(rate_limited(3600.0), 9, path="/repos")
    with pytest.raises(
        PublishError, match=r"rate limit is reached\.\n  It works again at \d{4}-\d\d-\d\d \d\d:\d\d UTC"
    ):
        list(at.host(patience=100).others())
    assert at.waits == []


def test_a_secondary_limit_is_waited_for_longer_each_time(at: Place) -> None:
    """As long as `retry-after` says; where it says nothing, a minute, then two: GitHub's own advice."""
    at.double.fail_next(secondary_limit(7), path="/repos")
    at.double.fail_next(secondary_limit(None), 2, path="/repos")
    assert list(at.host(patience=1000).others()) == []
    assert at.waits == [7.0, 120.0, 240.0]


def test_patience_is_one_for_the_whole_process(at: Place) -> None:
    """Many short waits are a long one."""
    host = at.host(patience=100)
    at.double.fail_next(secondary_limit(60), 9, path="/repos")
    with pytest.raises(PublishError, match="rate limit"):
        list(host.others())
    assert sum(at.waits) <= 100


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        pytest.param(broken(502), "answers with 502, also when tried again", id="broken"),
        pytest.param(cut("before"), "ConnectionError, also when tried again", id="cut"),
        pytest.param(web_page(), r"the answer \(text/html\) is not what GitHub describes", id="a page"),
        pytest.param(redirected("http://127.0.0.1:1/x"), "metabot follows none", id="elsewhere"),
        pytest.param(refused(401, "Bad credentials"), "does not know the token in DESK_TOKEN", id="no token"),
        pytest.param(refused(403, NO_RIGHT), "the token in DESK_TOKEN lacks a right", id="no right"),
        pytest.param(refused(500, "Oh"), "could not", id="500"),
    ],
)
def test_what_stays_is_said(at: Place, fault: Fault, words: str) -> None:
    """Whatever was asked: where, what, and what to do; no traceback, and never the token."""
    opened(at.host(), at, "metabot/earlier")
    at.double.fail_next(fault, 999)
    for name in ("pulls", "pull", "others", "open_draft", "edit", "close", "comments", "say", "branch"):
        with pytest.raises(PublishError, match=words) as caught:
            every(at.host())[name]()
        assert str(caught.value).startswith("http"), name
        assert "\n  " in str(caught.value), name
        assert at.double.token not in f"{caught.value!r}{caught.getrepr(chain=True)}", name


def test_without_drafts_nothing_else_is_opened(host: GithubHost, at: Place) -> None:
    """It is said why."""
    at.double.drafts = False
    with pytest.raises(PublishError, match="no draft pull requests here"):
        opened(host, at)
    assert at.double.pulls == []


def test_a_renamed_repository_is_said_and_not_followed(host: GithubHost, at: Place) -> None:
    """By the API and by git: the old name may be somebody else's one day."""
    at.double.rename("acme/counter")
    with pytest.raises(PublishError, match=r"If the repository was renamed or moved, write its new name"):
        host.pulls()
    with pytest.raises(PublishError, match="301"):
        host._branches.push(BRANCH, at.commit())
    assert not [one for one in at.double.asked if "counter" in one.path]


def test_an_archived_repository_is_left_alone(host: GithubHost, at: Place) -> None:
    """Before anything is sent."""
    at.double.archived = True
    for change in (lambda: host.push(BRANCH, at.commit()), lambda: host.open_draft(draft())):
        with pytest.raises(PublishError, match="the repository is archived"):
            change()
    assert at.double.bare.branches().keys() == {"main"}


@pytest.mark.parametrize("token", ["", "  ", "two words", "new\nline", "ünicode"])
def test_a_variable_without_a_token(at: Place, monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    """Its name is said, and not what it holds."""
    monkeypatch.setenv(VARIABLE, token)
    with pytest.raises(PublishError, match=f"{VARIABLE}: (is not set|holds what is no token)") as caught:
        at.host().pulls()
    assert not token.strip() or token not in str(caught.value)


def test_a_server_that_is_not_there(at: Place) -> None:
    """Is no traceback."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(PublishError, match=r"could not list pull requests: ConnectionError"):
        list(at.host(api_url=f"http://127.0.0.1:{port}").others())


@pytest.mark.parametrize(
    ("status", "headers", "words"),
    [
        pytest.param(200, {"X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "few"}, "no numbers", id="no number"),
        pytest.param(202, {}, "not what GitHub describes", id="later"),
        pytest.param(204, {}, "not what GitHub describes", id="nothing"),
    ],
)
def test_an_answer_that_makes_no_sense(at: Place, status: int, headers: dict[str, str], words: str) -> None:
    """Ends in words as well."""
    at.double.fail_next(Fault(lambda: Answer(status, None if status == 204 else [], headers)), 9)
    with pytest.raises(PublishError, match=words):
        list(at.host().others())


def test_a_server_that_does_not_answer(at: Place) -> None:
    """Is given up after a time."""
    at.double.fail_next(slow(1.5))
    address = address_of(Github(repository="acme/desk", api_url=at.double.url))
    told = Connection(address, at.double.token, seconds=1).ask("GET", "/user", query={}, payload=None, headers={})
    assert told == Lost("ReadTimeout")


@pytest.mark.parametrize("address", ["http://github.acme.test/api/v3", "http://10.0.0.1"])
def test_the_token_never_travels_readably(at: Place, address: str) -> None:
    """But to this machine."""
    with pytest.raises(SettingsError, match="the token would travel readable"):
        at.host(api_url=address)


def test_the_token_is_in_no_log(at: Place, caplog: pytest.LogCaptureFixture) -> None:
    """Of whatever library, at its most talkative; nor in what is kept on the disk."""
    caplog.set_level(logging.DEBUG)
    for logger in (logging.getLogger(name) for name in ("github", "github.Requester", "urllib3", "git", "git.cmd")):
        logger.setLevel(logging.DEBUG)
    host = at.host()
    number = opened(host, at)
    host.say(number, "hello", "Good day.")
    host.pulls()
    assert caplog.text
    kept = b"".join(path.read_bytes() for path in at.folder.rglob("*") if path.is_file())
    assert at.double.token not in caplog.text
    assert at.double.token.encode() not in kept
    assert at.double.token not in (at.repository.path / "config").read_text()


def test_nothing_but_the_one_repository_is_asked(host: GithubHost, at: Place) -> None:
    """By anything that a host does."""
    opened(host, at, "metabot/earlier")
    asked: dict[str, Callable[[], object]] = every(host)
    for name, ask in asked.items():
        if name not in ("checks", "open_draft"):
            ask()
    paths = {one.path.split("?")[0] for one in at.double.asked}
    assert {path for path in paths if not re.match(r"/(repos/)?acme/desk[./]|/repos/acme/desk$", path)} == {
        "/user",
        "/user/repos",
    }
