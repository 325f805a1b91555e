"""metabot's branches on GitHub, through git over HTTP with the token."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from github_double import ENOUGH, Double

from metabot import config
from metabot.errors import PublishError, RepositoryError
from metabot.git import Repository
from metabot.publish.github.host import GithubHost
from metabot.target_repository import refreshed, target_repository
from tests.metabot.publish.github.places import BRANCH, VARIABLE, Place, opened

pytestmark = pytest.mark.slow


def test_a_branch_is_made_and_moved_forward(host: GithubHost, at: Place) -> None:
    """Again it changes nothing; what another machine put there comes here with its objects."""
    first = at.commit()
    host.push(BRANCH, first)
    host.push(BRANCH, first)
    second = at.double.push_as("metabot-bot", BRANCH, {"b.txt": "b\n"})
    assert host.branch(BRANCH) == second
    assert at.repository.read(second, "b.txt") == "b\n"
    third = at.commit("two\n", over=second)
    host.push(BRANCH, third)
    assert (host.branch(BRANCH), host.branch("metabot/none")) == (third, None)


def test_it_never_forces(host: GithubHost, at: Place) -> None:
    """A branch that went another way stays."""
    theirs = at.double.push_as("ben", BRANCH, {"b.txt": "b\n"})
    with pytest.raises(PublishError, match="metabot never forces a push") as caught:
        host.push(BRANCH, at.commit())
    assert at.double.token not in str(caught.value)
    assert at.double.bare.branches()[BRANCH] == theirs


@pytest.mark.parametrize("name", ["main", "feature", "metabotx/a", "-d"])
def test_only_metabots_branches_are_touched(host: GithubHost, at: Place, name: str) -> None:
    """Whatever it is told."""
    with pytest.raises(PublishError, match="not a branch of metabot's"):
        host.push(name, at.commit())
    with pytest.raises(PublishError, match="not a branch of metabot's"):
        host.delete_branch(name, at=at.commit())


def test_a_branch_is_deleted_only_where_it_stood(host: GithubHost, at: Place) -> None:
    """One that somebody moved stays, and one that is gone is gone."""
    head = host.pull(opened(host, at)).head_revision
    moved = at.double.push_as("metabot-bot", BRANCH, {"b.txt": "b\n"})
    host.delete_branch(BRANCH, at=head)
    assert at.double.bare.branches()[BRANCH] == moved
    host.delete_branch(BRANCH, at=moved)
    host.delete_branch(BRANCH, at=moved)
    assert BRANCH not in at.double.bare.branches()


def test_without_the_right_to_contents(at: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The right that is missing is named."""
    monkeypatch.setenv(VARIABLE, at.double.new_token("reads", {**ENOUGH, "contents": "read"}))
    with pytest.raises(PublishError, match=r"403[^$]*Give the token, for this repository: Contents: read and write"):
        at.host().push(BRANCH, at.commit())


def test_a_rule_that_protects_metabots_branches_is_said(at: Place) -> None:
    """With what to except from it."""
    hook = at.double.repository / "hooks/update"
    hook.write_text("#!/bin/sh\necho 'error: GH006: Protected branch update failed for refs/heads/x.'\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(PublishError, match="except branches that begin with metabot/ from it"):
        at.host().push(BRANCH, at.commit())


def test_a_workflow_is_refused_and_said(at: Place) -> None:
    """A token that may not change workflows changes none."""
    base = at.repository.resolve("refs/heads/main")
    assert base is not None
    sha = at.repository.write_commit(base, {".github/workflows/x.yml": "on: push\n"}, "A change")
    with pytest.raises(PublishError, match="metabot changes no workflow"):
        at.host().push(BRANCH, sha)


def settings(double: Double, folder: Path, repository: str) -> config.Settings:
    values = {
        "target": {"repository": repository},
        "publish": {"kind": "github"},
        "github": {"repository": double.name, "api_url": double.enterprise_url, "token_variable": VARIABLE},
    }
    return config.parse(values, name="config.toml", root=folder)


def test_a_private_repository_is_cloned_and_fetched_with_the_token(at: Place, tmp_path: Path) -> None:
    """By its address; the token is in no file, and the clone pushes back by GitHub Enterprise Server's layout."""
    asked = settings(at.double, tmp_path / "clone", at.double.git_url)
    clone = target_repository(asked)
    at.double.push_as("ada", "main", {"b.txt": "b\n"})
    refreshed(asked, print)
    base = clone.resolve("main")
    assert base is not None
    assert clone.read(base, "b.txt") == "b\n"
    sha = clone.write_commit(base, {"a.txt": "a\n"}, "A change")
    GithubHost(clone, asked).push(BRANCH, sha)
    assert at.double.bare.branches()[BRANCH] == sha
    assert at.double.token not in (clone.path / "config").read_text()
    assert {one.token for one in at.double.asked} == {"enough"}


def test_another_private_repository_is_not_fetched_with_it(at: Place, tmp_path: Path) -> None:
    """The token is for the one of the settings."""
    other = at.double.git_url.replace("desk", "desk-2")
    with pytest.raises(RepositoryError, match="could not be fetched"):
        target_repository(settings(at.double, tmp_path / "clone", other))
    assert {one.token for one in at.double.asked} == {None}


def test_a_checkout_pushes_to_the_repository_of_the_settings(at: Place, tmp_path: Path) -> None:
    """Whatever its remotes are called and wherever they lead."""
    at_home = tmp_path / "home"
    subprocess.run(["git", "clone", "--quiet", str(at.repository.path), str(at_home)], check=True)
    here = Place(at.double, tmp_path / "other", Repository(at_home))
    here.host().push(BRANCH, here.commit())
    assert list(at.double.bare.branches()) == ["main", BRANCH]
