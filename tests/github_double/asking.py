"""One request to the API, as the routes see it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode

from github_double.answers import Answer, invalid, not_found
from github_double.shown import Shown
from github_double.state import Issue, Token

if TYPE_CHECKING:
    from github_double.place import Place

T = TypeVar("T")
Thread = TypeVar("Thread", bound=Issue)


@dataclass(frozen=True)
class Asking:
    place: Place
    token: Token | None
    url: str  # without its query
    named: dict[str, str]  # what the path's template names
    query: dict[str, str]
    body: dict[str, Any]
    shown: Shown

    @property
    def login(self) -> str:
        assert self.token is not None
        return self.token.login

    @property
    def number(self) -> int:
        return int(self.named.get("pull_number") or self.named["issue_number"])

    @property
    def since(self) -> datetime | None:
        text = self.query.get("since")
        return None if text is None else datetime.fromisoformat(text).astimezone(UTC)

    def head(self, branch: str) -> str:
        """Where a branch stands."""
        found = self.place.bare.branches().get(branch)
        if found is None:
            raise not_found()
        return found

    def commit(self, name: str) -> str:
        """The commit that a branch or an id names."""
        found = self.place.bare.resolved(name)
        if found is None:
            raise not_found()
        return found

    def own(self, author: str, deed: str) -> None:
        """GitHub lets who may write do it to other people's texts; metabot must not."""
        if author != self.login:
            self.place.violations.append(f"{deed}, which is {author}'s")

    def listed(self, threads: Sequence[Thread]) -> Sequence[Thread]:
        """All that are there, but for the newest where lists come late."""
        there = [one for one in threads if not one.deleted]
        if self.place.late_lists == 0:
            return there
        self.place.late_lists -= 1
        return there[:-1]

    def page(self, things: Sequence[T], shown: Callable[[T], Any], under: str | None = None) -> Answer:
        """One page, with the addresses of the others. `under` is the key of a page that is an object."""
        size = max(1, min(int(self.query.get("per_page", 30)), 100))
        at = max(1, int(self.query.get("page", 1)))
        last = max(1, -(-len(things) // size))
        body: Any = [shown(one) for one in things[(at - 1) * size : at * size]]
        if under is not None:
            body = {"total_count": len(things), under: body}
        return Answer(200, body, self._links(at, last))

    def _links(self, at: int, last: int) -> dict[str, str]:
        pages = {"prev": at - 1, "next": at + 1, "last": last, "first": 1}
        kept = {rel: page for rel, page in pages.items() if (page < at) == (rel in {"prev", "first"}) and page != at}
        links = [
            f'<{self.url}?{urlencode(self.query | {"page": page})}>; rel="{rel}"'
            for rel, page in kept.items()
            if 1 <= page <= last
        ]
        return {"Link": ", ".join(links)} if links else {}

    def sorted(self, things: Sequence[T], keys: dict[str, Callable[[T], Any]], resource: str) -> list[T]:
        by = self.query.get("sort", "created")
        if by not in keys:
            raise invalid(resource, "sort")
        direction = self.query.get("direction", "desc" if by == "created" or resource == "Issue" else "asc")
        return sorted(things, key=keys[by], reverse=direction == "desc")
