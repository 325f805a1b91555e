"""The token's account, and what the server says about itself."""

from __future__ import annotations

from github_double.answers import Answer, RefusedError, not_found
from github_double.asking import Asking
from github_double.described import filled
from github_double.routing import REPOSITORY, Route, Routes


def meta(asking: Asking) -> Answer:
    return Answer(200, filled("api-overview", verifiable_password_authentication=False))


def rate_limit(asking: Asking) -> Answer:
    """Asking costs nothing."""
    left = asking.place.rate.told(asking.token.name if asking.token else "")
    return Answer(200, {"resources": {"core": left, "search": left}, "rate": left})


def account(asking: Asking) -> Answer:
    if asking.token is None:
        raise RefusedError(401, "Requires authentication")
    if asking.token.app:
        raise RefusedError(403, asking.token.refusal)
    return Answer(200, asking.shown.account(asking.login, "public-user"))


def somebody(asking: Asking) -> Answer:
    if asking.named["username"] not in asking.place.people:
        raise not_found()
    return Answer(200, asking.shown.account(asking.named["username"], "public-user"))


def repositories(asking: Asking) -> Answer:
    """What the token reaches."""
    token = asking.token
    if token is not None and token.app:
        raise RefusedError(403, token.refusal)
    reached = [asking.place.name] if token is not None and token.listed else []
    more = [] if token is None else asking.place.beyond.get(token.name, [])
    return asking.page([*reached, *more], lambda name: asking.shown.repository("repository") | {"full_name": name})


def actions_permissions(asking: Asking) -> Answer:
    return Answer(200, filled("actions-repository-permissions", enabled=True))


def runs(asking: Asking) -> Answer:
    return Answer(200, {"total_count": 0, "workflow_runs": []})


def secrets(asking: Asking) -> Answer:
    return Answer(200, {"total_count": 0, "secrets": []})


ROUTES: Routes = {
    ("GET", "/meta"): Route(meta),
    ("GET", "/rate_limit"): Route(rate_limit),
    ("GET", "/user"): Route(account),
    ("GET", "/user/repos"): Route(repositories),
    ("GET", "/users/{username}"): Route(somebody),
    ("GET", f"{REPOSITORY}/actions/permissions"): Route(actions_permissions, ("administration",), public=False),
    ("GET", f"{REPOSITORY}/actions/runs"): Route(runs, ("actions",)),
    ("GET", f"{REPOSITORY}/actions/secrets"): Route(secrets, ("secrets",), public=False),
}
