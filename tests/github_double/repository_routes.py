"""The repository, who may do what in it, its branches with their protection, and its files."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

from github_double.answers import Answer, RefusedError, not_found
from github_double.asking import Asking
from github_double.commit_routes import shown_commit
from github_double.described import filled
from github_double.routing import REPOSITORY, Route, Routes


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
    required = _protected(asking)
    checks = {
        "enforcement_level": "non_admins" if required else "off",
        "contexts": required,
        "checks": _of_any_app(required),
    }
    address = f"{asking.shown.url}/branches/{name}"
    body = {
        "name": name,
        "commit": shown_commit(asking, asking.head(name)),
        "_links": {"self": address, "html": f"{asking.shown.page}/tree/{name}"},
        "protected": bool(asking.place.required.get(name)),
        "protection": {"enabled": bool(required), "required_status_checks": checks},
        "protection_url": f"{address}/protection",
    }
    return Answer(200, body)


def protection(asking: Asking) -> Answer:
    required = _protected(asking)
    if not required:
        raise RefusedError(404, "Branch not protected")
    known = {"contexts": required, "checks": _of_any_app(required)}
    return Answer(200, {"required_status_checks": filled("protected-branch-required-status-check", **known)})


def required_checks(asking: Asking) -> Answer:
    required = _protected(asking)
    if not required:
        raise RefusedError(404, "Branch not protected")
    known = {"contexts": required, "checks": _of_any_app(required)}
    return Answer(200, filled("status-check-policy", strict=False, **known))


def rules(asking: Asking) -> Answer:
    """Those of rulesets, which everybody may see who sees the repository."""
    required = asking.place.required.get(asking.named["branch"], [])
    if not required or not asking.place.by_ruleset:
        return Answer(200, [])
    checks = [{"context": name} for name in required]
    parameters = {"required_status_checks": checks, "strict_required_status_checks_policy": False}
    source = {"ruleset_source_type": "Repository", "ruleset_source": asking.place.name, "ruleset_id": 1}
    return Answer(200, [{"type": "required_status_checks", "parameters": parameters, **source}])


def contents(asking: Asking) -> Answer:
    bare, path = asking.place.bare, asking.named["path"]
    revision = asking.commit(asking.query.get("ref", "main"))
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
    inner = {"content": encoded, "encoding": "base64", "size": len(content)}
    return Answer(200, filled("content-file") | entry | inner)


def _short_branch(asking: Asking, name: str, sha: str) -> dict[str, Any]:
    commit_ = {"sha": sha, "url": f"{asking.shown.url}/commits/{sha}"}
    return {"name": name, "commit": commit_, "protected": name in asking.place.required}


def _entry(asking: Asking, path: str, sha: str) -> dict[str, Any]:
    kind = "file" if asking.place.bare.run("cat-file", "-t", sha) == "blob" else "dir"
    address = f"{asking.shown.url}/contents/{quote(path)}"
    known = {"name": path.rsplit("/", 1)[-1], "path": path, "sha": sha, "type": kind, "url": address, "size": 0}
    links = {"self": address, "git": None, "html": None}
    return known | {"_links": links, "git_url": None, "html_url": None, "download_url": None}


def _protected(asking: Asking) -> list[str]:
    """The checks that the branch's protection requires: none where a ruleset does."""
    return [] if asking.place.by_ruleset else asking.place.required.get(asking.named["branch"], [])


def _of_any_app(required: list[str]) -> list[dict[str, Any]]:
    return [{"context": name, "app_id": None} for name in required]


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
    ("GET", f"{REPOSITORY}/contents/{{path}}"): Route(contents, ("contents",)),
    ("GET", f"{REPOSITORY}/rules/branches/{{branch}}"): Route(rules, ("metadata",)),
}
