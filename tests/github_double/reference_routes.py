"""Branches as references of git."""

from __future__ import annotations

from typing import Any

from github_double.answers import Answer, RefusedError
from github_double.asking import Asking
from github_double.described import filled
from github_double.routing import REPOSITORY, Route, Routes


def reference(asking: Asking) -> Answer:
    name = asking.named["ref"]
    return Answer(200, _reference(asking, name, asking.head(name.removeprefix("heads/"))))


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
    name, revision = asking.named["ref"].removeprefix("heads/"), asking.body["sha"]
    stood = _standing(asking, name)
    if not asking.body.get("force") and not asking.place.bare.contains(revision, stood):
        raise RefusedError(422, "Update is not a fast forward")
    asking.place.violations += asking.place.wrongs(name, stood, revision)
    asking.place.bare.point(f"refs/heads/{name}", revision)
    asking.place.follow(asking.login)
    return Answer(200, _reference(asking, f"heads/{name}", revision))


def delete_reference(asking: Asking) -> Answer:
    name = asking.named["ref"].removeprefix("heads/")
    asking.place.violations += asking.place.wrongs(name, _standing(asking, name), None)
    asking.place.bare.run("update-ref", "-d", f"refs/heads/{name}")
    asking.place.follow(asking.login)
    return Answer(204)


def _standing(asking: Asking, branch: str) -> str:
    stood = asking.place.bare.branches().get(branch)
    if stood is None:
        raise RefusedError(422, "Reference does not exist")
    return stood


def _reference(asking: Asking, name: str, sha: str) -> dict[str, Any]:
    address = f"{asking.shown.url}/git/commits/{sha}"
    known = {"sha": sha, "type": "commit", "url": address}
    return filled("git-ref", ref=f"refs/{name}", object=known, url=f"{asking.shown.url}/git/refs/{name}")


ROUTES: Routes = {
    ("GET", f"{REPOSITORY}/git/matching-refs/{{ref}}"): Route(matching_references, ("contents",)),
    ("GET", f"{REPOSITORY}/git/ref/{{ref}}"): Route(reference, ("contents",)),
    ("POST", f"{REPOSITORY}/git/refs"): Route(new_reference, ("contents",), "write"),
    ("PATCH", f"{REPOSITORY}/git/refs/{{ref}}"): Route(move_reference, ("contents",), "write"),
    ("DELETE", f"{REPOSITORY}/git/refs/{{ref}}"): Route(delete_reference, ("contents",), "write"),
}
