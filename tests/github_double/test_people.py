"""What people do, and what metabot must never do."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from github_double import ENOUGH, Double
from github_double.plain_client import ask


def opened(double: Double, branch: str = "metabot/1", by: str = "metabot-bot") -> int:
    double.push_as(by, branch, {"a.txt": f"by {branch}\n"})
    return double.open_pull(by, branch).number


@pytest.mark.parametrize("how", ["merge", "squash"])
def test_a_person_merges_for_real(double: Double, how: str) -> None:
    """In git, with who did it and where; a squash leaves the branch's own commit outside."""
    number = opened(double)
    merged = double.merge(number, by="ada", how="squash" if how == "squash" else "merge")
    told = ask(double, "GET", f"pulls/{number}").body
    assert (told["state"], told["merged"], told["merged_by"]["login"]) == ("closed", True, "ada")
    assert told["merge_commit_sha"] == merged == double.bare.branches()["main"]
    assert double.bare.contains(merged, told["head"]["sha"]) == (how == "merge")
    assert [one["sha"] for one in ask(double, "GET", f"pulls/{number}/commits").body] == [told["head"]["sha"]]


def test_what_reaches_main_by_git_is_merged(double: Double) -> None:
    """A person who merges on their own machine and pushes closes the pull request by that."""
    number = opened(double)
    double.bare.point("refs/heads/main", double.pull(number).head_sha)
    assert ask(double, "GET", f"pulls/{number}").body["merged"] is True


def test_a_deleted_branch_closes_its_pull_request(double: Double) -> None:
    """Who did it is told by the issue; it cannot be opened again."""
    number = opened(double)
    double.delete_branch("metabot/1", by="ben")
    told = ask(double, "GET", f"issues/{number}").body
    assert (told["state"], told["closed_by"]["login"]) == ("closed", "ben")
    assert ask(double, "PATCH", f"pulls/{number}", {"state": "open"}).status == 422


def test_a_person_pushes_to_the_branch(double: Double) -> None:
    """The commit and its author are listed, oldest first."""
    number = opened(double)
    double.push_as("ben", "metabot/1", {"b.txt": "b\n"})
    commits = ask(double, "GET", f"pulls/{number}/commits").body
    assert [one["commit"]["author"]["name"] for one in commits] == ["metabot-bot", "ben"]
    assert [one["author"]["login"] for one in commits] == ["metabot-bot", "ben"]
    assert [one["filename"] for one in ask(double, "GET", f"pulls/{number}/files").body] == ["a.txt", "b.txt"]


def test_the_base_moves(double: Double) -> None:
    """A conflict is found by merging in git; what others changed is not among the pull request's files."""
    number = opened(double)
    double.push_as("ben", "main", {"c.txt": "c\n"})
    assert ask(double, "GET", f"pulls/{number}").body["mergeable_state"] == "clean"
    double.push_as("ben", "main", {"a.txt": "another\n"})
    told = ask(double, "GET", f"pulls/{number}").body
    assert (told["mergeable"], told["mergeable_state"]) == (False, "dirty")
    assert [one["filename"] for one in ask(double, "GET", f"pulls/{number}/files").body] == ["a.txt"]
    with pytest.raises(AssertionError, match="conflicts"):
        double.merge(number, by="ada")


def test_whether_it_can_be_merged_takes_a_while(double: Double) -> None:
    """GitHub computes it after it was asked for the first time."""
    number = opened(double)
    double.unknown_mergeability = 1
    assert ask(double, "GET", f"pulls/{number}").body["mergeable"] is None
    assert ask(double, "GET", f"pulls/{number}").body["mergeable"] is True


@pytest.mark.parametrize("by_ruleset", [False, True])
def test_a_required_check_fails(double: Double, *, by_ruleset: bool) -> None:
    """It blocks; which checks are required tells the branch, or a ruleset."""
    number = opened(double)
    double.by_ruleset = by_ruleset
    sha = double.pull(number).head_sha
    double.set_check(sha, "tests", "failure", required=True)
    double.set_check(sha, "old", None, kind="status")
    runs = ask(double, "GET", f"commits/{sha}/check-runs").body
    assert [(one["name"], one["conclusion"]) for one in runs["check_runs"]] == [("tests", "failure")]
    assert ask(double, "GET", f"commits/{sha}/status").body["state"] == "pending"
    assert ask(double, "GET", f"pulls/{number}").body["mergeable_state"] == "blocked"
    branch = ask(double, "GET", "branches/main").body["protection"]["required_status_checks"]["contexts"]
    rules = ask(double, "GET", "rules/branches/main").body
    assert branch == ([] if by_ruleset else ["tests"])
    assert [one["type"] for one in rules] == (["required_status_checks"] if by_ruleset else [])


def test_comments_come_from_everybody(double: Double) -> None:
    """Also from who has no part in the repository, and from who is gone."""
    number = opened(double)
    double.comment(number, "ben", "/metabot pause")
    double.comment(number, "mallory", "/metabot decline")
    double.delete_account("ben")
    told = ask(double, "GET", f"issues/{number}/comments").body
    assert [(one["user"]["login"], one["author_association"]) for one in told] == [
        ("ghost", "NONE"),
        ("mallory", "NONE"),
    ]


def test_only_comments_since(double: Double) -> None:
    """By when they were last edited, to the second."""
    number = opened(double)
    double.comment(number, "ben", "early")
    double.advance(timedelta(days=1))
    double.comment(number, "ben", "late")
    late = double.issues[number].comments[1].created.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert [one["body"] for one in ask(double, "GET", f"issues/{number}/comments?since={late}").body] == ["late"]


def test_a_box_is_ticked(double: Double) -> None:
    """The one whose line says so, with the line ends of a form; where none or two do the test is wrong."""
    number = double.open_issue("metabot-bot", "A dashboard", "- [ ] revive one\n- [ ] revive two\n").number
    double.tick(number, "two")
    assert ask(double, "GET", f"issues/{number}").body["body"] == "- [ ] revive one\r\n- [x] revive two\r\n"
    with pytest.raises(AssertionError, match="0 empty checkboxes"):
        double.tick(number, "two")


def test_a_fork_has_a_branch_of_its_own(double: Double) -> None:
    """Its owner stands before the branch's name."""
    double.push_as("mallory", "metabot/1", {"a.txt": "a\n"})
    number = double.open_pull("mallory", "metabot/1", fork=True).number
    head = ask(double, "GET", f"pulls/{number}").body["head"]
    assert (head["label"], head["repo"]["full_name"]) == ("mallory:metabot/1", "mallory/desk")
    assert "metabot/1" not in double.bare.branches()


def test_reviewers_are_asked_together_or_not_at_all(double: Double) -> None:
    """One who cannot be asked spoils it for all."""
    number = opened(double)
    path = f"pulls/{number}/requested_reviewers"
    assert ask(double, "POST", path, {"reviewers": ["ben", "stranger"]}).status == 422
    assert ask(double, "POST", path, {"reviewers": ["metabot-bot"]}).status == 422
    assert double.pull(number).reviewers == []
    assert ask(double, "POST", path, {"reviewers": ["ben"]}).status == 201
    assert [one["login"] for one in ask(double, "GET", path).body["users"]] == ["ben"]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        pytest.param({"head": "nowhere"}, "head", id="no such branch"),
        pytest.param({"base": "nowhere"}, "base", id="no such base"),
        pytest.param({"head": "main"}, "No commits between main and main", id="the base itself"),
        pytest.param({"head": "empty"}, "No commits between main and empty", id="nothing new"),
        pytest.param({"title": ""}, "title", id="no title"),
        pytest.param({"body": "x" * 65537}, "body is too long", id="a body too long"),
    ],
)
def test_a_pull_request_that_github_refuses(double: Double, fields: dict[str, str], told: str) -> None:
    """422, with what is wrong."""
    double.push_as("ben", "a", {"a.txt": "a\n"})
    double.bare.point("refs/heads/empty", double.bare.branches()["main"])
    came = ask(double, "POST", "pulls", {"title": "T", "head": "a", "base": "main", **fields})
    assert came.status == 422
    assert told in came.text


def test_not_every_plan_has_drafts(double: Double) -> None:
    """Private repositories of the free plan have none."""
    double.drafts = False
    double.push_as("ben", "a", {"a.txt": "a\n"})
    came = ask(double, "POST", "pulls", {"title": "T", "head": "a", "base": "main", "draft": True})
    assert (came.status, came.body["message"]) == (422, "Draft pull requests are not supported in this repository.")


@pytest.mark.parametrize(
    ("method", "path", "body", "told"),
    [
        ("PUT", "pulls/1/merge", {}, "merged #1"),
        ("POST", "pulls/1/reviews", {"event": "APPROVE"}, "reviewed #1"),
        ("PUT", "pulls/1/update-branch", {}, "merged the base into the branch of #1"),
        ("PATCH", "pulls/1", {"state": "closed"}, "edited #1, which is ben's"),
        ("PATCH", "issues/comments/1", {"body": "mine"}, "edited a comment on #1, which is ben's"),
        ("POST", "/graphql", {"query": "mutation { markPullRequestReadyForReview }"}, "markPullRequestReadyForReview"),
        ("POST", "/api/graphql", {"query": "mutation { mergePullRequest }"}, "mergePullRequest"),
    ],
)
def test_what_metabot_must_never_do(double: Double, method: str, path: str, body: object, told: str) -> None:
    """Each deed is written down, and fails its test at the end."""
    opened(double, by="ben")
    double.comment(1, "ben", "mine")
    ask(double, method, path, body)
    assert len(double.violations) == 1
    assert told in double.violations.pop()


@pytest.mark.parametrize(
    ("by", "deed", "told"),
    [
        pytest.param(
            "metabot-bot", "git commit -q --amend -m b && git push -qf origin a", "force-pushed a", id="force"
        ),
        pytest.param("metabot-bot", "git push -q origin HEAD:main", "moved main", id="to main"),
        pytest.param(
            "ben",
            "git commit -q --allow-empty -m b && git push -q origin a",
            "wrote to a, where ben had committed",
            id="after a person",
        ),
        pytest.param("ben", "git push -qd origin a", "wrote to a, where ben had committed", id="a person's away"),
    ],
)
def test_a_push_that_metabot_must_never_do(double: Double, tmp_path: Path, by: str, deed: str, told: str) -> None:
    """GitHub lets it through; the test fails at its end."""
    double.people_first = True
    double.push_as(by, "a", {"a.txt": "a\n"})
    assert in_clone(double, tmp_path, deed).returncode == 0
    assert double.violations == [told]
    double.violations.clear()


def test_a_workflow_takes_a_right_of_its_own(double: Double, tmp_path: Path) -> None:
    """A push that changes one is refused whole; with the right it goes through."""
    deed = """
    mkdir -p .github/workflows && echo 'on: push' > .github/workflows/a.yml && git add . &&
    git commit -q -m workflow && git push -q origin HEAD
    """
    double.push_as("ben", "a", {"a.txt": "a\n"})
    refused = in_clone(double, tmp_path, deed)
    assert "refusing to allow a Personal Access Token to create or update workflow" in refused.stderr
    secret = double.new_token("workflows", {**ENOUGH, "workflows": "write"})
    allowed = f"git push -q {double.git_url.replace('://', f'://x:{secret}@')} HEAD"
    assert in_clone(double, tmp_path, allowed).returncode == 0


def test_reviews_are_comments_of_their_own(double: Double) -> None:
    """They stand in a list beside the comments, as they were typed."""
    number = opened(double)
    double.review(number, "ben", "Too long.\nSplit it.", "CHANGES_REQUESTED")
    told = ask(double, "GET", f"pulls/{number}/reviews").body
    assert [(one["user"]["login"], one["state"], one["body"]) for one in told] == [
        ("ben", "CHANGES_REQUESTED", "Too long.\r\nSplit it.")
    ]


def test_the_button_brings_the_base_into_the_branch(double: Double) -> None:
    """By a commit of the person's with two parents."""
    number = opened(double)
    double.push_as("ben", "main", {"c.txt": "c\n"})
    merged = double.update_branch(number, by="ben")
    assert ask(double, "GET", f"pulls/{number}").body["head"]["sha"] == merged
    assert len(ask(double, "GET", f"commits/{merged}").body["parents"]) == 2


def test_an_untried_merge_looks_like_one(double: Double) -> None:
    """An open pull request shows the commit of a merge that GitHub tried, and nobody made."""
    number = opened(double)
    told = ask(double, "GET", f"pulls/{number}").body
    assert told["merged"] is False
    assert double.bare.resolved(told["merge_commit_sha"]) is None


def test_a_thread_that_takes_no_comment(double: Double) -> None:
    """One that was locked refuses; one that was deleted is gone, and told so."""
    number = double.open_issue("metabot-bot", "A dashboard").number
    double.lock_thread(number)
    assert ask(double, "POST", f"issues/{number}/comments", {"body": "a word"}).status == 403
    double.delete_issue(number)
    assert ask(double, "GET", f"issues/{number}").status == 410
    assert ask(double, "GET", "issues").body == []


def test_a_list_may_come_late(double: Double) -> None:
    """What was opened a moment ago is missing from it once."""
    number = opened(double)
    double.late_lists = 1
    assert ask(double, "GET", "pulls").body == []
    assert [one["number"] for one in ask(double, "GET", "pulls").body] == [number]


def test_a_protected_branch_takes_no_push(double: Double, tmp_path: Path) -> None:
    """In GitHub's words, with the rule's name."""
    double.push_as("ben", "a", {"a.txt": "a\n"})
    double.protected = "metabot/*"
    refused = in_clone(double, tmp_path, "git push -q origin HEAD:metabot/1")
    assert "GH006: Protected branch update failed for refs/heads/metabot/1" in refused.stderr
    assert "metabot/1" not in double.bare.branches()


def in_clone(double: Double, folder: Path, deed: str) -> subprocess.CompletedProcess[str]:
    """Does it in a clone of branch `a`, which is made where there is none."""
    url = double.git_url.replace("http://", f"http://x-access-token:{double.token}@")
    script = f'[ -e clone ] || git clone -q -b a "$0" clone && cd clone && {deed}'
    names = {f"GIT_{role}_{part}": "a@example.org" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    environment = {"PATH": "/usr/bin:/bin", "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(folder), **names}
    command = ["sh", "-c", script, url]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
