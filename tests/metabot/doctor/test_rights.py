"""Where pull requests go, and whether they may."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from github_double import ENOUGH, Double

from metabot.config import Settings
from metabot.doctor import rights
from metabot.doctor.checks import examined
from metabot.doctor.line import State
from metabot.publish.host import Rights
from tests.metabot.doctor.looked import HOUR, lines, made, only
from tests.repositories import commit, git


def test_a_local_remote(tmp_path: Path) -> None:
    """Missing, there, or an address at GitHub that kind = "local" would push to."""
    commit(tmp_path, {"a.py": ""})
    settings = made(tmp_path, target={"repository": "."})
    assert "has no remote origin" in only(rights.rights, settings)[1]
    git(tmp_path, "remote", "add", "origin", "../remote.git")
    assert only(rights.rights, settings)[0] == "ok"
    upstream = settings.model_copy(update={"publish": settings.publish.model_copy(update={"remote": "upstream"})})
    assert "has no remote upstream" in only(rights.rights, upstream)[1]
    git(tmp_path, "remote", "set-url", "origin", "git@github.com:acme/desk.git")
    assert 'repository = "acme/desk"' in only(rights.rights, settings)[1]


@pytest.mark.parametrize(
    ("github", "said"),
    [
        pytest.param({}, "[github] repository is empty", id="no repository"),
        pytest.param(
            {"repository": "acme/desk", "token_variable": "A_TOKEN"}, "variable A_TOKEN holds no token", id="no token"
        ),
    ],
)
def test_github_without_what_it_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, github: dict[str, str], said: str
) -> None:
    """Said before anything is asked."""
    monkeypatch.delenv("A_TOKEN", raising=False)
    state, words = only(rights.rights, made(tmp_path, publish={"kind": "github"}, github=github))
    assert (state, said in words) == ("problem", True)


def test_rights_that_are_missing_or_too_many() -> None:
    """Missing ones are a problem, further ones a warning, and so is a token that soon ends."""
    now = 1_800_000_000 * 10**9
    found = list(
        rights.of_rights(
            Rights(
                login="bot",
                granted=frozenset({"contents"}),
                missing=frozenset({"issues"}),
                excessive=frozenset({"workflow", "delete_repo"}),
                expires_ns=now + 24 * HOUR,
            ),
            now_ns=now,
        )
    )
    assert [line.state for line in found] == ["ok", "problem", "warning", "warning"]
    assert "lacks issues" in found[1].said
    assert "delete_repo, workflow" in found[2].said


def at_github(root: Path, double: Double, **github: str) -> Settings:
    where = {"repository": double.name, "api_url": double.url, "token_variable": "A_TOKEN", **github}
    return made(root, publish={"kind": "github"}, github=where)


def test_a_token_that_may_do_just_enough(tmp_path: Path, double: Double, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked in ways that change nothing there."""
    monkeypatch.setenv("A_TOKEN", double.token)
    state, said = only(rights.rights, at_github(tmp_path, double))
    assert state == "ok"
    assert "metabot-bot's; it may" in said
    assert (double.issues, list(double.bare.branches())) == ({}, ["main"])


@pytest.mark.parametrize(
    ("token", "line"),
    [
        pytest.param(
            {"permissions": {**ENOUGH, "contents": "read"}}, ("problem", "lacks contents"), id="it may only read"
        ),
        pytest.param(
            {"permissions": {**ENOUGH, "secrets": "read"}}, ("warning", "needs: secrets"), id="it sees secrets"
        ),
        pytest.param(
            {"scopes": ("repo", "workflow")}, ("warning", "every repository of the account"), id="a classic one"
        ),
    ],
)
def test_a_token_that_may_do_too_little_or_too_much(
    tmp_path: Path, double: Double, monkeypatch: pytest.MonkeyPatch, token: Any, line: tuple[State, str]
) -> None:
    """With what a token needs."""
    monkeypatch.setenv("A_TOKEN", double.new_token("another", **token))
    found = lines(rights.rights, at_github(tmp_path, double))
    assert any(state == line[0] and line[1] in said for state, said in found), found


def test_a_clock_that_is_not_githubs(tmp_path: Path, double: Double, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the date of its answer."""
    monkeypatch.setenv("A_TOKEN", double.token)
    double.advance(timedelta(hours=1))
    assert ("problem", "60 minutes behind GitHub's") in [
        (state, said.partition(" is ")[2].partition(" →")[0])
        for state, said in lines(rights.rights, at_github(tmp_path, double))
    ]


def test_a_token_that_does_not_work(tmp_path: Path, double: Double, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unknown there, or for other repositories: in GitHub's words, without the token."""
    for secret in ("github_pat_wrong", double.new_token("elsewhere", ENOUGH, listed=False)):
        monkeypatch.setenv("A_TOKEN", secret)
        (found,) = [one.line for one in examined(at_github(tmp_path, double), {"publish": rights.rights})]
        assert found.state == "problem"
        assert found.todo
        assert secret not in found.said + found.todo
