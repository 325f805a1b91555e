"""The double and an independent stand-in answer the same, where they both answer.

The other one is the npm package `emulate` 0.12.2, which needs Node 24 and answers at `localhost` only. With a file
`seed.yaml` that makes a user `metabot-bot` with the token `gho_metabot_bot` and a repository `metabot-bot/desk`
(`auto_init: true`, `private: true`), start `emulate --service github --port 4801 --seed seed.yaml` anew, and name its
address: `METABOT_EMULATE=http://localhost:4801`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from github import Auth, Github, GithubException
from github.Repository import Repository

from github_double import Double

_TOKEN = "gho_metabot_bot"


def test_both_live_the_same_life(double: Double) -> None:
    """Of a pull request and of an issue, with who wrote what and where it is listed."""
    address = os.environ.get("METABOT_EMULATE")
    if address is None:
        pytest.skip("METABOT_EMULATE names no other stand-in for GitHub")
    with _client(double.url, double.token) as ours, _client(address, _TOKEN) as theirs:
        here, there = ours.get_repo("acme/desk"), theirs.get_repo("metabot-bot/desk")
        seen = life(here, lambda: double.push_as("metabot-bot", "metabot/1", {"a.txt": "a"}))
        assert seen == life(there, lambda: there.create_file("a.txt", "a change", "a", branch="metabot/1"))


def life(repository: Repository, commit: Callable[[], object]) -> dict[str, Any]:
    """What is seen on the way, without what depends on the place."""
    seen: dict[str, Any] = {"empty": [pull.number for pull in repository.get_pulls(state="all")]}
    main = repository.get_git_ref("heads/main").object.sha
    repository.create_git_ref("refs/heads/metabot/1", main)
    seen["exists"] = refusal(lambda: repository.create_git_ref("refs/heads/metabot/1", main))
    commit()
    pull = repository.create_pull(title="A change", body="Why.", head="metabot/1", base="main", draft=True)
    seen["draft"] = (pull.number, pull.draft, pull.state, pull.body, pull.user.login, pull.head.ref, pull.base.ref)
    owner = repository.owner.login
    seen["by branch"] = [one.number for one in repository.get_pulls(head=f"{owner}:metabot/1")]
    seen["by another branch"] = [one.number for one in repository.get_pulls(head=f"{owner}:metabot/2")]
    pull.edit(title="Another", body="Why not.")
    pull.add_to_labels("metabot")
    pull.edit(state="closed")
    seen["pull"] = (pull.title, pull.body, pull.merged, pull.closed_at is not None, [one.name for one in pull.labels])
    seen["open"] = [one.number for one in repository.get_pulls()]
    seen["all"] = [(one.number, one.merged_at) for one in repository.get_pulls(state="all")]
    seen["no title"] = refusal(lambda: repository.create_issue(title=""))
    seen["no thread"] = refusal(lambda: repository.get_pull(99))
    issue = repository.create_issue(title="A dashboard", body="- [ ] revive")
    issue.add_to_labels("dashboard")
    issue.edit(body="- [x] revive")
    seen["issue"] = (issue.number, issue.body, issue.state, issue.user.login)
    comment = issue.create_comment("a word")
    comment.edit("another word")
    seen["comments"] = [(one.body, one.user.login) for one in issue.get_comments()]
    seen["labels"] = [label.name for label in issue.get_labels()]
    seen["listed"] = [one.number for one in repository.get_issues(labels=["dashboard"], state="all")]
    issue.edit(state="closed")
    seen["closed"] = (issue.state, issue.closed_at is not None)
    seen["permission"] = repository.get_collaborator_permission("metabot-bot") in {"admin", "write"}
    return seen


def refusal(ask: Callable[[], object]) -> int:
    with pytest.raises(GithubException) as raised:
        ask()
    return raised.value.status


def _client(url: str, token: str) -> Github:
    return Github(
        base_url=url, auth=Auth.Token(token), retry=None, seconds_between_requests=0, seconds_between_writes=0
    )
