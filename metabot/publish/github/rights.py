"""What the token may do, asked in ways that change nothing: what cannot be carried out is refused for lack of a right
first, and only then for what is wrong with it.

GitHub tells a fine-grained token's rights nowhere; a classic one's scopes stand in a header of every answer.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import quote

from metabot.publish.github import answers
from metabot.publish.github.client import Client
from metabot.publish.github.refused import RefusedError
from metabot.publish.github.texts import nanoseconds
from metabot.publish.host import Right, Rights

_NEEDED: Final[tuple[Right, ...]] = ("contents", "pull requests", "issues")
_NO_COMMIT: Final = "0" * 40
_EXPIRES: Final = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)")
_SCOPES: Final = ("repo", "public_repo")


def rights(client: Client, login: str, base_branch: str, *, private: bool) -> Rights:
    client.get("read the account", "/user", answers.User)
    scopes = [scope for scope in re.split(r",\s*", client.heard.get("x-oauth-scopes", "")) if scope]
    expires = _EXPIRES.search(client.heard.get("github-authentication-token-expiration", ""))
    answered = _http_date(client.heard.get("date", ""))
    writes = {right: _may_write(client, path, payload) for right, path, payload in _impossible(client, base_branch)}
    seen = [right for right, path in _of_checks(client, base_branch) if _may_read(client, path)]
    extra = [right for right, path in _hidden(client) if _may_read(client, path)]
    granted = [*(right for right, may in writes.items() if may), *seen, *extra]
    return Rights(
        login=login,
        granted=frozenset(granted),
        missing=frozenset(right for right, may in writes.items() if may is False),
        excessive=frozenset([*extra, *_broad(scopes, private=private), *_elsewhere(client)]),
        expires_ns=_nanoseconds(expires[1]) if expires else None,
        answered_ns=answered,
    )


def _impossible(client: Client, base: str) -> list[tuple[Right, str, dict[str, str]]]:
    """A branch at no commit, a pull request of a branch into itself, an issue without a title."""
    repository = f"/repos/{client.address.repository}"
    payloads = (
        (f"{repository}/git/refs", {"ref": "refs/heads/metabot/none", "sha": _NO_COMMIT}),
        (f"{repository}/pulls", {"title": "", "head": base, "base": base}),
        (f"{repository}/issues", {"title": ""}),
    )
    return [(right, path, payload) for right, (path, payload) in zip(_NEEDED, payloads, strict=True)]


def _of_checks(client: Client, base: str) -> list[tuple[Right, str]]:
    """Either lets it see what ran."""
    repository = f"/repos/{client.address.repository}"
    return [("checks", f"{repository}/commits/{quote(base)}/check-runs"), ("actions", f"{repository}/actions/runs")]


def _hidden(client: Client) -> list[tuple[Right, str]]:
    """Not shown without the right, also of a public repository."""
    repository = f"/repos/{client.address.repository}"
    return [("administration", f"{repository}/actions/permissions"), ("secrets", f"{repository}/actions/secrets")]


def _may_write(client: Client, path: str, payload: dict[str, str]) -> bool | None:
    try:
        client.change("ask for its rights", "POST", path, dict[str, object], payload)
    except RefusedError as error:
        return {403: False, 404: False, 422: True, 410: None}.get(error.status)
    return True


def _may_read(client: Client, path: str) -> bool:
    try:
        client.get("ask for its rights", path, dict[str, object])
    except RefusedError:
        return False
    return True


def _broad(scopes: list[str], *, private: bool) -> list[str]:
    """Of a classic token: every scope that metabot does not need, and that the needed one reaches everywhere."""
    needed = "repo" if private else "public_repo"
    reach = [f"{scope}: every repository of the account" for scope in scopes if scope in _SCOPES]
    return [*(scope for scope in scopes if scope not in (*_SCOPES, needed)), *reach]


def _elsewhere(client: Client) -> list[str]:
    """Other repositories that are not public, counted on one page."""
    try:
        found = client.get("list its repositories", "/user/repos", list[answers.Repository], per_page=100)
    except RefusedError:
        return []
    here = client.address.repository.casefold()
    others = [one.full_name for one in found if one.private and one.full_name.casefold() != here]
    return [f"{len(others)} other repositories"] if others else []


def _http_date(text: str) -> int | None:
    try:
        return nanoseconds(parsedate_to_datetime(text))
    except ValueError:  # a proxy may drop or change it
        return None


def _nanoseconds(text: str) -> int:
    return nanoseconds(datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC))
