"""The double answers PyGithub and git as GitHub does."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from github import Auth, Github, GithubException
from github.ContentFile import ContentFile
from github.Repository import Repository

from github_double import Double, github


@pytest.fixture
def repository(double: Double) -> Iterator[Repository]:
    with connected(double.url, double.token) as client:
        yield client.get_repo(double.name)


def connected(url: str, token: str) -> Github:
    return Github(base_url=url, auth=Auth.Token(token), retry=0, seconds_between_requests=0, seconds_between_writes=0)


@pytest.mark.parametrize("kind", ["url", "enterprise_url"])
def test_the_whole_way_of_a_pull_request(double: Double, kind: str) -> None:
    """A draft is opened, labelled, commented, and merged by a person in git, by either layout of addresses."""
    double.push_as("ada", "metabot/1", {"a.txt": "one\n"})
    with connected(getattr(double, kind), double.token) as client:
        repository = client.get_repo(double.name)
        pull = repository.create_pull(title="A title", body="A body", head="metabot/1", base="main", draft=True)
        pull.add_to_labels("metabot")
        pull.create_issue_comment("a comment")
        assert (pull.number, pull.draft, pull.mergeable, pull.user.login) == (1, True, True, "metabot-bot")
        assert [file.filename for file in pull.get_files()] == ["a.txt"]
        merged = double.merge(1, by="ada")
        pull.update()
        assert (pull.merged, pull.merged_by.login, pull.merge_commit_sha) == (True, "ada", merged)
        content = repository.get_contents("a.txt")
        assert isinstance(content, ContentFile)
        assert content.decoded_content == b"one\n"


def test_git_clones_and_pushes(double: Double, tmp_path: Path) -> None:
    """A token that may write pushes a branch through git itself."""
    assert _pushed(double, tmp_path, double.token).returncode == 0
    assert "metabot/1" in double.bare.branches()


def test_git_refuses_a_token_that_may_only_read(double: Double, tmp_path: Path) -> None:
    """Without the right to write contents a push ends with GitHub's 403."""
    done = _pushed(double, tmp_path, double.new_token("reads", {"contents": "read"}))
    assert "403" in done.stderr
    assert list(double.bare.branches()) == ["main"]


def test_a_duplicate_is_refused(repository: Repository, double: Double) -> None:
    """There is one open pull request for a branch."""
    double.push_as("ada", "metabot/1", {"a.txt": "one\n"})
    repository.create_pull(title="A title", head="metabot/1", base="main")
    with pytest.raises(GithubException, match="A pull request already exists for acme:metabot/1"):
        repository.create_pull(title="A title", head="metabot/1", base="main")


def test_what_is_forbidden_fails_the_test(tmp_path: Path) -> None:
    """A merge by the API is refused, and noticed at the end."""
    with pytest.raises(AssertionError, match="merged #1"):
        _merge_by_the_api(tmp_path)


def _merge_by_the_api(folder: Path) -> None:
    with github(folder) as double:
        double.push_as("ada", "metabot/1", {"a.txt": "one\n"})
        double.open_pull("ben", "metabot/1")
        with connected(double.url, double.token) as client, pytest.raises(GithubException, match="405"):
            client.get_repo(double.name).get_pull(1).merge()


def _pushed(double: Double, folder: Path, token: str) -> subprocess.CompletedProcess[str]:
    url = double.git_url.replace("http://", f"http://x-access-token:{token}@")
    script = """
    git clone -q "$0" clone && cd clone && git checkout -q -b metabot/1 && git commit -q --allow-empty -m change &&
    git push -q origin HEAD
    """
    names = {f"GIT_{role}_{part}": "a@example.org" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    environment = {"PATH": "/usr/bin:/bin", "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(folder), **names}
    command = ["sh", "-c", script, url]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
