"""Who may do what, and how often."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from github_double import ENOUGH, Double
from github_double.plain_client import ask
from github_double.state import Level


@pytest.mark.parametrize(
    ("permissions", "method", "path", "accepted"),
    [
        pytest.param({}, "GET", "pulls", "pull_requests=read", id="pull requests"),
        pytest.param({"pull_requests": "read"}, "POST", "pulls", "pull_requests=write", id="to open one"),
        pytest.param({"pull_requests": "write"}, "POST", "issues", "issues=write", id="an issue"),
        pytest.param({"pull_requests": "write"}, "GET", "issues/1/comments", "issues=read", id="an issue's comments"),
        pytest.param({"contents": "read"}, "DELETE", "git/refs/heads/a", "contents=write", id="a branch"),
        pytest.param(dict(ENOUGH), "GET", "branches/main/protection", "administration=read", id="protection"),
        pytest.param(dict(ENOUGH), "GET", "actions/secrets", "secrets=read", id="secrets"),
    ],
)
def test_without_the_right(
    double: Double, permissions: dict[str, Level], method: str, path: str, accepted: str
) -> None:
    """A fine-grained token is refused in GitHub's words, with what would be accepted."""
    double.open_issue("ben", "An issue")
    secret = double.new_token("less", permissions)
    body = {"POST": {"title": "T", "head": "a", "base": "main"}}.get(method)
    came = ask(double, method, path, body if path == "pulls" or body is None else {"title": "T"}, token=secret)
    assert (came.status, came.body["message"]) == (403, "Resource not accessible by personal access token")
    assert came.headers["x-accepted-github-permissions"] == accepted


def test_the_right_to_pull_requests_suffices_for_their_comments(double: Double) -> None:
    """They are issues too, and GitHub takes either right."""
    double.push_as("ben", "a", {"a.txt": "a\n"})
    double.open_pull("ben", "a")
    secret = double.new_token("less", {"pull_requests": "write"})
    assert ask(double, "POST", "issues/1/comments", {"body": "a word"}, token=secret).status == 201


def test_a_repository_that_the_token_is_not_for_is_not_there(double: Double) -> None:
    """GitHub does not say that a private repository exists."""
    assert ask(double, "GET", "", token=double.new_token("other", ENOUGH, listed=False)).status == 404
    assert ask(double, "GET", "", token=None).status == 404


@pytest.mark.parametrize("secret", ["github_pat_of_nobody", "expired"])
def test_a_token_that_is_none(double: Double, secret: str) -> None:
    """Expired, revoked or invented: GitHub says no more than that it is bad."""
    if secret == "expired":
        secret = double.new_token("old", ENOUGH, expires=datetime.now(UTC) - timedelta(days=1))
    came = ask(double, "GET", "", token=secret)
    assert (came.status, came.body["message"]) == (401, "Bad credentials")


def test_what_is_told_of_a_token(double: Double) -> None:
    """When a fine-grained one expires; the scopes of a classic one."""
    soon = datetime(2031, 1, 2, 3, 4, 5, tzinfo=UTC)
    fine = ask(double, "GET", "/user", token=double.new_token("soon", ENOUGH, expires=soon)).headers
    assert fine["github-authentication-token-expiration"] == "2031-01-02 03:04:05 UTC"
    assert "x-oauth-scopes" not in fine
    classic = ask(double, "GET", "/user", token=double.new_token("classic", scopes=("repo", "workflow"))).headers
    assert classic["x-oauth-scopes"] == "repo, workflow"


def test_a_token_of_an_app_has_no_account(double: Double) -> None:
    """As the one that a workflow runs with: it writes under the app's name, and may not ask for it."""
    secret = double.new_token("workflow", ENOUGH, login="github-actions[bot]", app=True)
    double.person("github-actions[bot]", "write")
    came = ask(double, "GET", "/user", token=secret)
    assert (came.status, came.body["message"]) == (403, "Resource not accessible by integration")
    made = ask(double, "POST", "issues", {"title": "A dashboard"}, token=secret)
    assert made.body["user"]["login"] == "github-actions[bot]"


def test_a_role_is_told_coarsely_and_finely(double: Double) -> None:
    """`triage` counts as read, and a stranger of a private repository as none; an account that is none is not there."""
    told = {login: ask(double, "GET", f"collaborators/{login}/permission") for login in ("ada", "tim", "stranger")}
    roles = {login: (came.body["permission"], came.body["role_name"]) for login, came in told.items()}
    assert roles == {"ada": ("admin", "admin"), "tim": ("read", "triage"), "stranger": ("none", "none")}
    assert ask(double, "GET", "collaborators/nobody/permission").status == 404


def test_a_weak_tag_saves_the_rate(double: Double) -> None:
    """304 for what did not change costs nothing; after a change the answer comes whole."""
    first = ask(double, "GET", "pulls")
    tag = first.headers["etag"]
    assert tag.startswith('W/"')
    second = ask(double, "GET", "pulls", If_None_Match=tag)
    assert (second.status, second.text) == (304, "")
    assert second.headers["x-ratelimit-remaining"] == first.headers["x-ratelimit-remaining"]
    double.push_as("ben", "a", {"a.txt": "a\n"})
    double.open_pull("ben", "a")
    assert ask(double, "GET", "pulls", If_None_Match=tag).status == 200


def test_the_rate_runs_out_and_is_renewed(double: Double) -> None:
    """After the last request GitHub refuses with the time of renewal."""
    double.leave_requests(1, seconds=0.2)
    assert ask(double, "GET", "pulls").headers["x-ratelimit-remaining"] == "0"
    refused = ask(double, "GET", "pulls")
    assert (refused.status, "rate limit exceeded" in refused.body["message"]) == (403, True)
    assert 0 <= int(refused.headers["x-ratelimit-reset"]) - time.time() < 1.5
    time.sleep(0.25)
    assert ask(double, "GET", "pulls").status == 200


def test_an_enterprise_server_says_so(double: Double) -> None:
    """By a header; the addresses in its answers keep its prefix."""
    came = ask(double, "GET", f"/api/v3/repos/{double.name}")
    assert "x-github-enterprise-version" in came.headers
    assert came.body["url"] == f"{double.enterprise_url}/repos/{double.name}"
