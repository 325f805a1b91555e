"""From a request to the API to its answer: who asks, what it costs, whether they may, and what GitHub would say."""

from __future__ import annotations

import hashlib
import json
import re
import time
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from github_double import account_routes, described, pull_routes, repository_routes, thread_routes
from github_double.answers import Answer, RefusedError, not_found
from github_double.asking import Asking
from github_double.called import Called, secret_of
from github_double.double import Double
from github_double.routing import Route
from github_double.shown import Shown
from github_double.state import Token

_ROUTES: Final = {
    **account_routes.ROUTES,
    **thread_routes.ROUTES,
    **pull_routes.ROUTES,
    **repository_routes.ROUTES,
}
_PATTERNS: Final = [(method, template, described.matching(template)) for method, template in _ROUTES]
_FORBIDDEN: Final = re.compile(
    r"markPullRequestReadyForReview|mergePullRequest|enablePullRequestAutoMerge|addPullRequestReview"
    r"|submitPullRequestReview|enqueuePullRequest|mergeBranch|updateRefs?\b|createCommitOnBranch"
)


def answered(double: Double, called: Called) -> Answer:
    """Carries the request out."""
    try:
        token = _authenticated(double, called)
    except RefusedError as refused:
        return refused.answer
    headers = _told_of_token(token)
    try:
        _within_rate(double, token)
        answer = _routed(double, called, token)
    except RefusedError as refused:
        answer = refused.answer
    free = urlsplit(called.path).path.endswith("/rate_limit")
    if called.method == "GET" and answer.status == 200:
        tag = f'W/"{hashlib.sha256(json.dumps([answer.body, called.path]).encode()).hexdigest()}"'
        headers["ETag"] = tag
        if called.headers.get("if-none-match") == tag:
            answer, free = Answer(304, None, answer.headers), True
    return Answer(answer.status, answer.body, {**headers, **_rate(double, token, free=free), **answer.headers})


def _authenticated(double: Double, called: Called) -> Token | None:
    secret = secret_of(called.headers)
    return None if secret is None else double.token_of(secret)


def _told_of_token(token: Token | None) -> dict[str, str]:
    told = {"X-GitHub-Request-Id": "0000:0000"}
    if token is not None and token.scopes is not None:
        told["X-OAuth-Scopes"] = ", ".join(token.scopes)
    if token is not None and token.expires is not None:
        told["GitHub-Authentication-Token-Expiration"] = token.expires.strftime("%Y-%m-%d %H:%M:%S UTC")
    return told


def _within_rate(double: Double, token: Token | None) -> None:
    if double.used.get(token.name if token else "", 0) >= double.rate:
        raise RefusedError(403, f"API rate limit exceeded for user ID {double.people[token.login].id if token else 0}.")


def _rate(double: Double, token: Token | None, *, free: bool) -> dict[str, str]:
    name = token.name if token else ""
    used = double.used.get(name, 0) + (0 if free else 1)
    double.used[name] = min(used, double.rate)
    told = {"Limit": double.rate, "Remaining": max(0, double.rate - used), "Used": double.used[name]}
    reset = int(time.time()) + double.rate_seconds
    return {f"X-RateLimit-{key}": str(value) for key, value in (told | {"Reset": reset, "Resource": "core"}).items()}


def _routed(double: Double, called: Called, token: Token | None) -> Answer:
    parts = urlsplit(called.path)
    enterprise = parts.path.startswith("/api/")
    path = parts.path.removeprefix("/api/v3").removeprefix("/api")
    if path == "/graphql":
        return _graphql(double, called)
    method, template, route, named = _found(double, called.method, path)
    if "repo" in named:
        moved = _at_another_name(double, called, named)
        if moved is not None:
            return moved
        _visible(double, token)
    api = f"{called.web}/api/v3" if enterprise else called.web
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    asking = Asking(double, token, f"{api}{path}", named, query, _json(called), Shown(double, api, called.web))
    double.broken += described.request_faults(method, template, query, asking.body)
    route.refuse(asking)
    double.follow()
    return _checked(double, method, template, _carried_out(route, asking))


def _carried_out(route: Route, asking: Asking) -> Answer:
    try:
        return route.answer(asking)
    except RefusedError as refused:
        return refused.answer


def _checked(double: Double, method: str, template: str, answer: Answer) -> Answer:
    double.broken += described.faults(method, template, answer.status, answer.body)
    return answer


def _found(double: Double, method: str, path: str) -> tuple[str, str, Route, dict[str, str]]:
    for known, template, pattern in _PATTERNS:
        matched = pattern.fullmatch(path) if known == method else None
        if matched:
            named = {name: unquote(value) for name, value in matched.groupdict().items()}
            return method, template, _ROUTES[method, template], named
    double.broken.append(f"{method} {path} is nothing that the double knows")
    raise not_found()


def _at_another_name(double: Double, called: Called, named: dict[str, str]) -> Answer | None:
    asked = f"{named['owner']}/{named['repo']}"
    if asked.casefold() == double.name.casefold():
        return None
    if asked not in double.former:
        raise not_found()
    to = called.web + called.path.replace(f"/repos/{asked}", f"/repos/{double.name}", 1)
    body = {"message": "Moved Permanently", "url": to, "documentation_url": "https://docs.github.com/rest"}
    return Answer(301 if called.method == "GET" else 307, body, {"Location": to})


def _visible(double: Double, token: Token | None) -> None:
    if double.private and (token is None or not token.listed or double.role(token.login) == "none"):
        raise not_found()


def _json(called: Called) -> Any:
    if not called.content:
        return None
    try:
        return json.loads(called.content)
    except ValueError:
        raise RefusedError(400, "Problems parsing JSON") from None


def _graphql(double: Double, called: Called) -> Answer:
    """Nothing is asked by GraphQL; the deeds that it alone allows are violations."""
    for deed in _FORBIDDEN.findall(called.content.decode()):
        double.violations.append(f"asked for {deed} by GraphQL")
    if not _FORBIDDEN.search(called.content.decode()):
        double.broken.append("asked by GraphQL, which the double does not know")
    return Answer(200, {"data": None, "errors": [{"type": "FORBIDDEN", "message": "Resource not accessible"}]})
