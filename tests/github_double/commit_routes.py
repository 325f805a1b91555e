"""Commits, what they change, and their checks."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from github_double.answers import Answer, RefusedError, not_found
from github_double.asking import Asking
from github_double.bare import Change
from github_double.described import filled
from github_double.routing import REPOSITORY, Route, Routes


def commits(asking: Asking) -> Answer:
    revision = asking.commit(asking.query.get("sha", "main"))
    listed = asking.place.bare.run("rev-list", revision).splitlines()
    return asking.page(listed, lambda one: shown_commit(asking, one))


def commit(asking: Asking) -> Answer:
    revision = asking.place.bare.resolved(asking.named["ref"])
    if revision is None:
        raise RefusedError(422, f"No commit found for SHA: {asking.named['ref']}")
    return Answer(200, shown_commit(asking, revision))


def check_runs(asking: Asking) -> Answer:
    revision = asking.commit(asking.named["ref"])
    runs = [check for check in asking.place.checks if check.sha == revision and check.kind == "run"]
    return asking.page(runs, asking.shown.check, "check_runs")


def combined_status(asking: Asking) -> Answer:
    revision = asking.commit(asking.named["ref"])
    checks = [check for check in asking.place.checks if (check.sha, check.kind) == (revision, "status")]
    states = [_state(check.conclusion) for check in checks]
    statuses = [
        filled("simple-commit-status", context=check.name, state=state)
        for check, state in zip(checks, states, strict=True)
    ]
    nothing_wrong = "success" if states else "pending"
    worst = next((state for state in ("failure", "pending") if state in states), nothing_wrong)
    body = filled(
        "combined-commit-status",
        state=worst,
        sha=revision,
        total_count=len(statuses),
        statuses=statuses,
        repository=asking.shown.repository("minimal-repository"),
    )
    return Answer(200, body)


def compare(asking: Asking) -> Answer:
    bare = asking.place.bare
    base, head = (asking.commit(one) for one in asking.named["basehead"].split("...", maxsplit=1))
    since = bare.fork_point(base, head)
    if since is None:
        raise not_found()
    ahead, behind = bare.between(base, head), bare.between(head, base)
    state = "diverged" if ahead and behind else "ahead" if ahead else "behind" if behind else "identical"
    body = filled(
        "commit-comparison",
        status=state,
        ahead_by=len(ahead),
        behind_by=len(behind),
        total_commits=len(ahead),
        base_commit=shown_commit(asking, base),
        merge_base_commit=shown_commit(asking, since),
        commits=[shown_commit(asking, one) for one in ahead],
        files=[shown_change(asking, one, head) for one in bare.changes(base, head)],
    )
    return Answer(200, body)


def shown_commit(asking: Asking, revision: str) -> dict[str, Any]:
    form = "%T%x00%P%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%B"
    told = asking.place.bare.run("show", "--no-patch", f"--format={form}", revision)
    tree, parents, name, email, date, *committer, message = told.split("\0")
    address = f"{asking.shown.url}/commits/{revision}"
    inner = {
        "author": {"name": name, "email": email, "date": date},
        "committer": dict(zip(("name", "email", "date"), committer, strict=True)),
        "message": message.rstrip("\n"),
        "tree": {"sha": tree, "url": f"{asking.shown.url}/git/trees/{tree}"},
        "url": f"{asking.shown.url}/git/commits/{revision}",
        "comment_count": 0,
    }
    return filled(
        "commit",
        sha=revision,
        commit=inner,
        author=_account(asking, email),
        committer=_account(asking, committer[1]),
        parents=[{"sha": one, "url": f"{asking.shown.url}/commits/{one}"} for one in parents.split()],
        url=address,
        html_url=f"{asking.shown.page}/commit/{revision}",
    )


def shown_change(asking: Asking, change: Change, head: str) -> dict[str, Any]:
    known = {
        "filename": change.path,
        "status": change.status,
        "sha": change.blob,
        "additions": change.added,
        "deletions": change.removed,
        "changes": change.added + change.removed,
        "contents_url": f"{asking.shown.url}/contents/{quote(change.path)}?ref={head}",
    }
    known |= {"patch": change.patch} if change.patch is not None else {}
    known |= {"previous_filename": change.before} if change.before is not None else {}
    return filled("diff-entry", **known)


def _account(asking: Asking, email: str) -> dict[str, Any] | None:
    login = email.partition("@")[0]
    return asking.shown.user(login) if login in asking.place.people else None


def _state(conclusion: str | None) -> str:
    return "pending" if conclusion is None else "success" if conclusion == "success" else "failure"


def _resolved(asking: Asking, name: str) -> str:
    found = asking.place.bare.resolved(name)
    if found is None:
        raise not_found()
    return found


ROUTES: Routes = {
    ("GET", f"{REPOSITORY}/commits"): Route(commits, ("contents",)),
    ("GET", f"{REPOSITORY}/commits/{{ref}}"): Route(commit, ("contents",)),
    ("GET", f"{REPOSITORY}/commits/{{ref}}/check-runs"): Route(check_runs, ("checks",)),
    ("GET", f"{REPOSITORY}/commits/{{ref}}/status"): Route(combined_status, ("statuses",)),
    ("GET", f"{REPOSITORY}/compare/{{basehead}}"): Route(compare, ("contents",)),
}
