"""What the repository's git side answers: branches, commits, files, checks, and who may do what."""

from __future__ import annotations

import base64
from typing import Any

from github_double.answers import Answer, RefusedError, not_found
from github_double.asking import Asking
from github_double.bare import Change
from github_double.described import filled
from github_double.routing import REPOSITORY, Route, Routes

_ZERO = "0" * 40


def repository(asking: Asking) -> Answer:
    role = asking.place.role(asking.token.login if asking.token else None)
    return Answer(200, asking.shown.repository(role=role))


def permission(asking: Asking) -> Answer:
    login = asking.named["username"]
    if login not in asking.place.people:
        raise not_found()
    role = asking.place.role(login)
    coarse = {"maintain": "write", "triage": "read"}.get(role, role)
    user = filled("collaborator", role_name=role) | asking.shown.account(login)
    body = filled("repository-collaborator-permission", permission=coarse, role_name=role, user=user)
    return Answer(200, body)


def collaborators(asking: Asking) -> Answer:
    people = [one for one in asking.place.people.values() if one.role != "none" and one.kind == "User"]
    return asking.page(people, lambda one: filled("collaborator", role_name=one.role) | asking.shown.account(one.login))


def branches(asking: Asking) -> Answer:
    return asking.page(sorted(asking.place.bare.branches().items()), lambda one: _short_branch(asking, *one))


def branch(asking: Asking) -> Answer:
    name = asking.named["branch"]
    required = asking.place.required.get(name, [])
    protection = {
        "enabled": bool(required),
        "required_status_checks": {
            "enforcement_level": "non_admins" if required else "off",
            "contexts": required,
            "checks": [{"context": one, "app_id": None} for one in required],
        },
    }
    address = f"{asking.shown.url}/branches/{name}"
    body = {
        "name": name,
        "commit": shown_commit(asking, _head(asking, name)),
        "_links": {"self": address, "html": f"{asking.shown.page}/tree/{name}"},
        "protected": bool(required),
        "protection": protection,
        "protection_url": f"{address}/protection",
    }
    return Answer(200, body)


def protection(asking: Asking) -> Answer:
    required = _required(asking)
    checks = filled(
        "protected-branch-required-status-check",
        contexts=required,
        checks=[{"context": one, "app_id": None} for one in required],
    )
    return Answer(200, {"required_status_checks": checks})


def required_checks(asking: Asking) -> Answer:
    required = _required(asking)
    checks = [{"context": one, "app_id": None} for one in required]
    return Answer(200, filled("status-check-policy", strict=False, contexts=required, checks=checks))


def rules(asking: Asking) -> Answer:
    """No rulesets: the double protects branches the older way."""
    _head(asking, asking.named["branch"])
    return Answer(200, [])


def commits(asking: Asking) -> Answer:
    revision = _resolved(asking, asking.query.get("sha", "main"))
    listed = asking.place.bare.run("rev-list", revision).splitlines()
    return asking.page(listed, lambda one: shown_commit(asking, one))


def commit(asking: Asking) -> Answer:
    revision = asking.place.bare.resolved(asking.named["ref"])
    if revision is None:
        raise RefusedError(422, f"No commit found for SHA: {asking.named['ref']}")
    return Answer(200, shown_commit(asking, revision))


def check_runs(asking: Asking) -> Answer:
    revision = _resolved(asking, asking.named["ref"])
    runs = [check for check in asking.place.checks if check.sha == revision and check.kind == "run"]
    return asking.page(runs, asking.shown.check, "check_runs")


def combined_status(asking: Asking) -> Answer:
    revision = _resolved(asking, asking.named["ref"])
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


def contents(asking: Asking) -> Answer:
    bare, path = asking.place.bare, asking.named["path"]
    revision = _resolved(asking, asking.query.get("ref", "main"))
    listed = bare.run("ls-tree", revision, "--", path)
    if not listed:
        raise not_found()
    _, kind, blob = listed.split("\t")[0].split()
    if kind == "tree":
        inside = [line.split("\t") for line in bare.run("ls-tree", f"{revision}:{path}").splitlines()]
        return Answer(200, [_entry(asking, f"{path}/{name}", meta.split()[2]) for meta, name in inside])
    content = bare.blob(blob)
    encoded = base64.encodebytes(content).decode()
    entry = _entry(asking, path, blob)
    return Answer(
        200, filled("content-file") | entry | {"content": encoded, "encoding": "base64", "size": len(content)}
    )


def compare(asking: Asking) -> Answer:
    bare = asking.place.bare
    base, head = (_resolved(asking, one) for one in asking.named["basehead"].split("...", maxsplit=1))
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


def reference(asking: Asking) -> Answer:
    name = asking.named["ref"]
    return Answer(200, _reference(asking, name, _head(asking, name.removeprefix("heads/"))))


def matching_references(asking: Asking) -> Answer:
    wanted = asking.named["ref"]
    found = {f"heads/{name}": sha for name, sha in asking.place.bare.branches().items()}
    return Answer(200, [_reference(asking, name, sha) for name, sha in found.items() if name.startswith(wanted)])


def new_reference(asking: Asking) -> Answer:
    name, revision = asking.body["ref"].removeprefix("refs/"), asking.body["sha"]
    if asking.place.bare.resolved(name.removeprefix("heads/")) is not None:
        raise RefusedError(422, "Reference already exists")
    if asking.place.bare.resolved(revision) is None:
        raise RefusedError(422, "Object does not exist")
    asking.place.bare.point(f"refs/{name}", revision)
    return Answer(201, _reference(asking, name, revision))


def move_reference(asking: Asking) -> Answer:
    name, revision = asking.named["ref"], asking.body["sha"]
    stood = asking.place.bare.resolved(name.removeprefix("heads/"))
    if stood is None:
        raise RefusedError(422, "Reference does not exist")
    if not asking.place.bare.contains(revision, stood):
        if not asking.body.get("force"):
            raise RefusedError(422, "Update is not a fast forward")
        asking.place.violations.append(f"force-pushed {name}")
    asking.place.bare.point(f"refs/{name}", revision)
    asking.place.follow(asking.login)
    return Answer(200, _reference(asking, name, revision))


def delete_reference(asking: Asking) -> Answer:
    name = asking.named["ref"].removeprefix("heads/")
    if name not in asking.place.bare.branches():
        raise RefusedError(422, "Reference does not exist")
    asking.place.bare.run("update-ref", "-d", f"refs/heads/{name}")
    asking.place.follow(asking.login)
    return Answer(204)


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
        "contents_url": f"{asking.shown.url}/contents/{change.path}?ref={head}",
    }
    known |= {"patch": change.patch} if change.patch is not None else {}
    known |= {"previous_filename": change.before} if change.before is not None else {}
    return filled("diff-entry", **known)


def _account(asking: Asking, email: str) -> dict[str, Any] | None:
    login = email.partition("@")[0]
    return asking.shown.user(login) if login in asking.place.people else None


def _short_branch(asking: Asking, name: str, sha: str) -> dict[str, Any]:
    commit_ = {"sha": sha, "url": f"{asking.shown.url}/commits/{sha}"}
    return {"name": name, "commit": commit_, "protected": name in asking.place.required}


def _reference(asking: Asking, name: str, sha: str) -> dict[str, Any]:
    address = f"{asking.shown.url}/git/commits/{sha}"
    known = {"sha": sha, "type": "commit", "url": address}
    return filled("git-ref", ref=f"refs/{name}", object=known, url=f"{asking.shown.url}/git/refs/{name}")


def _entry(asking: Asking, path: str, sha: str) -> dict[str, Any]:
    kind = "file" if asking.place.bare.run("cat-file", "-t", sha) == "blob" else "dir"
    address = f"{asking.shown.url}/contents/{path}"
    known = {"name": path.rsplit("/", 1)[-1], "path": path, "sha": sha, "type": kind, "url": address, "size": 0}
    links = {"self": address, "git": None, "html": None}
    return known | {"_links": links, "git_url": None, "html_url": None, "download_url": None}


def _state(conclusion: str | None) -> str:
    return "pending" if conclusion is None else "success" if conclusion == "success" else "failure"


def _required(asking: Asking) -> list[str]:
    required = asking.place.required.get(asking.named["branch"])
    if not required:
        raise RefusedError(404, "Branch not protected")
    return required


def _head(asking: Asking, branch_: str) -> str:
    found = asking.place.bare.branches().get(branch_)
    if found is None:
        raise not_found()
    return found


def _resolved(asking: Asking, name: str) -> str:
    found = asking.place.bare.resolved(name)
    if found is None:
        raise not_found()
    return found


ROUTES: Routes = {
    ("GET", REPOSITORY): Route(repository, ("metadata",)),
    ("GET", f"{REPOSITORY}/branches"): Route(branches, ("contents",)),
    ("GET", f"{REPOSITORY}/branches/{{branch}}"): Route(branch, ("contents",)),
    ("GET", f"{REPOSITORY}/branches/{{branch}}/protection"): Route(protection, ("administration",), public=False),
    ("GET", f"{REPOSITORY}/branches/{{branch}}/protection/required_status_checks"): Route(
        required_checks, ("administration",), public=False
    ),
    ("GET", f"{REPOSITORY}/collaborators"): Route(collaborators, ("metadata",), public=False),
    ("GET", f"{REPOSITORY}/collaborators/{{username}}/permission"): Route(permission, ("metadata",), public=False),
    ("GET", f"{REPOSITORY}/commits"): Route(commits, ("contents",)),
    ("GET", f"{REPOSITORY}/commits/{{ref}}"): Route(commit, ("contents",)),
    ("GET", f"{REPOSITORY}/commits/{{ref}}/check-runs"): Route(check_runs, ("checks",)),
    ("GET", f"{REPOSITORY}/commits/{{ref}}/status"): Route(combined_status, ("statuses",)),
    ("GET", f"{REPOSITORY}/compare/{{basehead}}"): Route(compare, ("contents",)),
    ("GET", f"{REPOSITORY}/contents/{{path}}"): Route(contents, ("contents",)),
    ("GET", f"{REPOSITORY}/git/matching-refs/{{ref}}"): Route(matching_references, ("contents",)),
    ("GET", f"{REPOSITORY}/git/ref/{{ref}}"): Route(reference, ("contents",)),
    ("GET", f"{REPOSITORY}/rules/branches/{{branch}}"): Route(rules, ("metadata",)),
    ("POST", f"{REPOSITORY}/git/refs"): Route(new_reference, ("contents",), "write"),
    ("PATCH", f"{REPOSITORY}/git/refs/{{ref}}"): Route(move_reference, ("contents",), "write"),
    ("DELETE", f"{REPOSITORY}/git/refs/{{ref}}"): Route(delete_reference, ("contents",), "write"),
}
