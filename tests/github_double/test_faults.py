"""GitHub and the way to it fail as a test wants them to."""

from __future__ import annotations

import http.client
import time

import pytest

from github_double import (
    Double,
    Fault,
    broken,
    cut,
    meanwhile,
    rate_limited,
    redirected,
    secondary_limit,
    slow,
    web_page,
)
from github_double.plain_client import ask


@pytest.mark.parametrize(
    ("fault", "status", "header", "text"),
    [
        pytest.param(broken(502), 502, "content-type", "Unicorn", id="502"),
        pytest.param(broken(500), 500, "content-type", "Unicorn", id="500"),
        pytest.param(web_page(), 200, "content-type", "Sign in", id="a page in place of JSON"),
        pytest.param(rate_limited(), 403, "x-ratelimit-reset", "rate limit exceeded", id="primary limit"),
        pytest.param(rate_limited(status=429), 429, "x-ratelimit-reset", "rate limit", id="primary limit by 429"),
        pytest.param(secondary_limit(), 403, "retry-after", "secondary rate limit", id="secondary limit"),
        pytest.param(secondary_limit(None, 429), 429, "content-type", "secondary", id="one that says no time"),
        pytest.param(redirected("https://elsewhere.invalid/"), 302, "location", "", id="to another host"),
    ],
)
def test_a_fault_comes_as_often_as_wanted(double: Double, fault: Fault, status: int, header: str, text: str) -> None:
    """In place of the answer; then GitHub is well again."""
    double.fail_next(fault, times=2, method="GET", path="/pulls")
    assert ask(double, "GET", "issues").status == 200
    for _ in range(2):
        came = ask(double, "GET", "pulls")
        assert came.status == status
        assert header in came.headers
        assert text in came.text
    assert ask(double, "GET", "pulls").status == 200


@pytest.mark.parametrize(("when", "made"), [("before", 0), ("after", 1)])
def test_a_cut_does_not_tell_what_was_done(double: Double, when: str, made: int) -> None:
    """The client sees the same: a connection that ended without an answer."""
    double.fail_next(cut("before" if when == "before" else "after"), method="POST")
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        ask(double, "POST", "issues", {"title": "A dashboard"})
    assert len(double.issues) == made
    assert double.asked[-1].status == 0


@pytest.mark.parametrize(("when", "seen"), [("before", "closed"), ("after", "open")])
def test_something_happens_meanwhile(double: Double, when: str, seen: str) -> None:
    """A person closes the issue just before it is read, or just after."""
    number = double.open_issue("ben", "An issue").number
    act = meanwhile(lambda: double.close(number, by="ada"), "before" if when == "before" else "after")
    double.fail_next(act, path=f"issues/{number}", skips=1)
    states = [ask(double, "GET", f"issues/{number}").body["state"] for _ in range(3)]
    assert states == ["open", seen, "closed"]


def test_a_slow_answer_holds_up_nobody_else(double: Double) -> None:
    """It comes whole in the end."""
    double.fail_next(slow(0.2))
    begun = time.monotonic()
    assert ask(double, "GET", "pulls").status == 200
    assert time.monotonic() - begun >= 0.2


def test_a_renamed_repository_leads_to_its_number(double: Double) -> None:
    """301 for reading and 307 for writing, to an address that knows no name."""
    double.rename("acme/office")
    for method, status in (("GET", 301), ("POST", 307)):
        came = ask(double, method, "/repos/acme/desk/issues", {"title": "T"} if method == "POST" else None)
        assert came.status == status
        assert came.headers["location"] == f"{double.url}/repositories/1/issues"
    assert ask(double, "GET", "/repositories/1/issues").status == 200


def test_every_request_is_written_down(double: Double) -> None:
    """With its query, its status and the name of its token, never the token."""
    ask(double, "GET", "pulls?state=all")
    asked = double.asked[-1]
    assert (asked.method, asked.path, asked.status, asked.token) == (
        "GET",
        "/repos/acme/desk/pulls?state=all",
        200,
        "enough",
    )
    assert double.token not in repr(double.asked)
