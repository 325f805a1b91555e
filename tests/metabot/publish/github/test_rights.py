"""What the token may do, and what it may too much."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from github_double import ENOUGH

from metabot.errors import PublishError
from tests.metabot.publish.github.places import VARIABLE, Place

pytestmark = pytest.mark.slow


def test_just_enough(at: Place) -> None:
    """Is neither too little nor too much; asking changes nothing."""
    rights = at.host().rights()
    assert rights.login == "metabot-bot"
    assert rights.granted >= {"contents", "pull requests", "issues"}
    assert (rights.missing, rights.excessive, rights.expires_ns) == (frozenset(), frozenset(), None)
    assert (at.double.issues, list(at.double.bare.branches())) == ({}, ["main"])


@pytest.mark.parametrize(
    ("permissions", "missing"),
    [
        ({}, {"contents", "pull requests", "issues"}),
        ({**ENOUGH, "contents": "read"}, {"contents"}),
        ({**ENOUGH, "pull_requests": "read"}, {"pull requests"}),
        ({**ENOUGH, "issues": "read"}, {"issues"}),
    ],
)
def test_what_is_missing(at: Place, monkeypatch: pytest.MonkeyPatch, permissions: Any, missing: set[str]) -> None:
    """Reading is not writing."""
    monkeypatch.setenv(VARIABLE, at.double.new_token("less", permissions))
    rights = at.host().rights()
    assert rights.missing == missing
    assert not rights.granted & missing


def test_what_is_too_much(at: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rights that metabot never uses, and repositories that it never asks."""
    more = {**ENOUGH, "administration": "write", "secrets": "read"}
    expires = datetime(2100, 1, 2, 3, 4, 5, tzinfo=UTC)
    monkeypatch.setenv(VARIABLE, at.double.new_token("more", more, expires=expires))
    at.double.beyond["more"] = ["acme/payroll", "acme/keys"]
    rights = at.host().rights()
    assert rights.excessive == {"administration", "secrets", "2 other repositories"}
    assert rights.expires_ns == int(expires.timestamp()) * 1_000_000_000


def test_a_classic_token(at: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reaches everything that its account does, by each of its scopes."""
    monkeypatch.setenv(VARIABLE, at.double.new_token("classic", scopes=("repo", "workflow")))
    rights = at.host().rights()
    assert rights.missing == frozenset()
    assert {"workflow", "repo: every repository of the account"} <= rights.excessive


def test_without_issues_that_right_is_not_known(at: Place) -> None:
    """Neither there nor missing."""
    at.double.has_issues = False
    rights = at.host().rights()
    assert "issues" not in rights.granted | rights.missing


def test_a_token_for_another_repository(at: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Does not see this one, which is said."""
    monkeypatch.setenv(VARIABLE, at.double.new_token("elsewhere", ENOUGH, listed=False))
    for ask in (at.host().pulls, at.host().rights):
        with pytest.raises(PublishError, match="whether the token lists acme/desk"):
            ask()
