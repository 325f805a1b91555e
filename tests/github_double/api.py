"""From a request to the API to its answer: who asks, what it costs, whether they may, and what GitHub would say."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from github_double import (
    account_routes,
    commit_routes,
    described,
    pull_routes,
    reference_routes,
    repository_routes,
    thread_routes,
)
from github_double.answers import Answer, RefusedError, not_found
from github_double.asking import Asking
from github_double.called import Called, secret_of
from github_double.place import Place
from github_double.routing import Route
from github_double.shown import Shown
from github_double.state import Token

ROUTES: Final = {
    **account_routes.ROUTES,
    **thread_routes.ROUTES,
    **pull_routes.ROUTES,
    **repository_routes.ROUTES,
    **commit_routes.ROUTES,
    **reference_routes.ROUTES,
}
_PATTERNS: Final = [(method, template, described.matching(template)) for method, template in ROUTES]
_BY_ID: Final = "/repositories/1"  # where a repository is found whatever its name
_FORBIDDEN: Final = re.compile(
    r"markPullRequestReadyForReview|mergePullRequest|enablePullRequestAutoMerge|addPullRequestReview"
    r"|submitPullRequestReview|enqueuePullRequest|mergeBranch|updateRefs?\b|createCommitOnBranch"
)


def answered(place: Place, called: Called) -> Answer:
    """Carries the request out."""
    try:
        secret = secret_of(called.headers)
        token = None if secret is None else place.token_of(secret)
    except RefusedError as refused:
        return refused.answer
    answer = _tagged(called, _metered(place, called, token))
    name = token.name if token else ""
    if answer.status != 304 and not called.path.endswith("/rate_limit"):
        place.rate.use(name)
    headers = {**_told_of_token(token), **_told_of_server(called), **place.rate.headers(name)}
    return Answer(answer.status, answer.body, {**headers, **answer.headers})


def _metered(place: Place, called: Called, token: Token | None) -> Answer:
    try:
        place.rate.ask(token.name if token else "")
        return _routed(place, called, token)
    except RefusedError as refused:
        return refused.answer


def _tagged(called: Called, answer: Answer) -> Answer:
    """With a weak tag; without its body for who has it already, which costs nothing."""
    if called.method != "GET" or answer.status != 200:
        return answer
    tag = f'W/"{hashlib.sha256(json.dumps([answer.body, called.path]).encode()).hexdigest()}"'
    headers = {**answer.headers, "ETag": tag}
    same = called.headers.get("if-none-match") == tag
    return Answer(304, None, headers) if same else Answer(200, answer.body, headers)


def _told_of_token(token: Token | None) -> dict[str, str]:
    told = {}
    if token is not None and token.scopes is not None:
        told["X-OAuth-Scopes"] = ", ".join(token.scopes)
    if token is not None and token.expires is not None:
        told["GitHub-Authentication-Token-Expiration"] = token.expires.strftime("%Y-%m-%d %H:%M:%S UTC")
    return told


def _told_of_server(called: Called) -> dict[str, str]:
    enterprise = {"X-GitHub-Enterprise-Version": "3.19.0"} if _is_enterprise(called) else {}
    return {"X-GitHub-Request-Id": "0000:0000", **enterprise}


def _is_enterprise(called: Called) -> bool:
    return called.path.startswith("/api/")


def _routed(place: Place, called: Called, token: Token | None) -> Answer:
    parts = urlsplit(called.path)
    path = parts.path.removeprefix("/api/v3").removeprefix("/api")
    if path == "/graphql":
        return _graphql(place, called)
    if path.startswith(f"{_BY_ID}/") or path == _BY_ID:
        path = path.replace(_BY_ID, f"/repos/{place.name}", 1)
    method, template, named = _found(place, called.method, path)
    api = f"{called.web}/api/v3" if _is_enterprise(called) else called.web
    if "repo" in named:
        moved = _at_another_name(place, called, api, named)
        if moved is not None:
            return moved
        _visible(place, token)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    asking = Asking(place, token, f"{api}{path}", named, query, _json(called), Shown(place, api, called.web))
    place.broken += described.unknown(method, template, query, asking.body)
    refusable = described.refusable(method, template, asking.body)
    if refusable:
        place.broken += refusable
        raise RefusedError(422, f"Invalid request.\n\n{refusable[0]}")
    place.follow()
    answer = _carried_out(ROUTES[method, template], asking)
    place.broken += described.faults(method, template, answer.status, answer.body)
    return answer


def _carried_out(route: Route, asking: Asking) -> Answer:
    try:
        route.refuse(asking)
        return route.answer(asking)
    except RefusedError as refused:
        return refused.answer


def _found(place: Place, method: str, path: str) -> tuple[str, str, dict[str, str]]:
    for known, template, pattern in _PATTERNS:
        matched = pattern.fullmatch(path) if known == method else None
        if matched:
            return method, template, {name: unquote(value) for name, value in matched.groupdict().items()}
    place.broken.append(f"{method} {path} is nothing that the double knows")
    raise not_found()


def _at_another_name(place: Place, called: Called, api: str, named: dict[str, str]) -> Answer | None:
    """To where the repository is under its number, if it had this name."""
    asked = f"{named['owner']}/{named['repo']}"
    if asked.casefold() == place.name.casefold():
        return None
    if asked not in place.former:
        raise not_found()
    rest = called.path.split(f"/repos/{asked}", 1)[1]
    to = f"{api}{_BY_ID}{rest}"
    body = {"message": "Moved Permanently", "url": to, "documentation_url": "https://docs.github.com/rest"}
    return Answer(301 if called.method == "GET" else 307, body, {"Location": to})


def _visible(place: Place, token: Token | None) -> None:
    if place.private and (token is None or not token.listed or place.role(token.login) == "none"):
        raise not_found()


def _json(called: Called) -> Any:
    if not called.content:
        return None
    try:
        return json.loads(called.content)
    except ValueError:
        raise RefusedError(400, "Problems parsing JSON") from None


def _graphql(place: Place, called: Called) -> Answer:
    """Nothing is asked by GraphQL; the deeds that it alone allows are violations."""
    deeds = _FORBIDDEN.findall(called.content.decode())
    place.violations += [f"asked for {deed} by GraphQL" for deed in deeds]
    if not deeds:
        place.broken.append("asked by GraphQL, which the double does not know")
    return Answer(200, {"data": None, "errors": [{"type": "FORBIDDEN", "message": "Resource not accessible"}]})
