"""Comments on GitHub: what people wrote, what metabot says once, and who may tell it something."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from urllib.parse import quote

from metabot.publish.github import answers
from metabot.publish.github.client import Client
from metabot.publish.github.texts import GHOST, keyed, nanoseconds, parted, plain
from metabot.publish.host import Comment


class Talk:
    def __init__(self, client: Client) -> None:
        self._client = client
        self._repository = f"/repos/{client.address.repository}"

    def comments(self, number: int, login: str, *, since_ns: int) -> list[Comment]:
        found = [*self._said(number, login, since_ns), *self._reviews(number, since_ns)]
        return sorted(found, key=lambda comment: (comment.created_ns, abs(comment.id)))

    def say(self, number: int, login: str, key: str, text: str) -> None:
        """Among its own only: somebody else's with the same key is not metabot's word."""
        body = keyed(text, key)
        there = self._keyed(number, login, key)
        if there is None:
            path = f"{self._repository}/issues/{number}/comments"
            made = partial(self._found, number, login, key)
            self._client.make("comment", path, answers.Comment, {"body": body}, made=made)
        elif there.body != parted(body)[0]:
            path = f"{self._repository}/issues/comments/{there.id}"
            self._client.change("edit a comment", "PATCH", path, answers.Comment, {"body": body})

    def may_write(self, login: str) -> bool:
        path = f"{self._repository}/collaborators/{quote(login, safe='')}/permission"
        found = self._client.find("ask who may write", path, answers.Permission)
        return found is not None and found.permission in ("admin", "write")

    def _keyed(self, number: int, login: str, key: str) -> Comment | None:
        said = self._said(number, login, 0)
        return next((comment for comment in said if comment.own and comment.key == key), None)

    def _found(self, number: int, login: str, key: str) -> answers.Comment | None:
        there = self._keyed(number, login, key)
        if there is None:
            return None
        return self._client.get("read a comment", f"{self._repository}/issues/comments/{there.id}", answers.Comment)

    def _said(self, number: int, login: str, since_ns: int) -> list[Comment]:
        query = {"since": f"{_moment(since_ns):%Y-%m-%dT%H:%M:%SZ}"} if since_ns else {}
        path = f"{self._repository}/issues/{number}/comments"
        pages = self._client.pages("read comments", path, list[answers.Comment], **query)
        return [_comment(one, login) for page in pages for one in page]

    def _reviews(self, number: int, since_ns: int) -> list[Comment]:
        """An issue has none. One without words, an approval or remarks on lines, is a person's word as well."""
        path = f"{self._repository}/pulls/{number}/reviews"
        found = self._client.find("read reviews", path, list[answers.Review], per_page=100) or []
        return [
            Comment(
                id=-one.id,  # counted apart from comments
                author=one.user.login if one.user else GHOST,
                body=plain(one.body),
                created_ns=nanoseconds(one.submitted_at),
                own=False,
            )
            for one in found
            if one.submitted_at and nanoseconds(one.submitted_at) >= since_ns
        ]


def _comment(one: answers.Comment, login: str) -> Comment:
    """Its own has a key: a person whose token it is writes under the same name."""
    author = one.user.login if one.user else GHOST
    body, key = parted(plain(one.body))
    own = bool(key) and author.casefold() == login.casefold()
    return Comment(
        id=one.id,
        author=author,
        body=body if own else plain(one.body),
        created_ns=nanoseconds(one.created_at),
        own=own,
        key=key if own else "",
    )


def _moment(ns: int) -> datetime:
    return datetime.fromtimestamp(ns // 1_000_000_000, UTC)
