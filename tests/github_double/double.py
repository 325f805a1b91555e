"""The double as a test holds it: GitHub's repository, and what people do there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from github_double.deeds import Deeds
from github_double.faults import Fault, Faults
from github_double.state import Level, Pull, Role, Token


@dataclass
class Double(Deeds):
    """`url` is the API as at api.github.com, `enterprise_url` the same as a server of one's own has it.

    People who are there: `ada` may administrate, `ben` write, `tim` triage, `rea` read; `stranger` and everybody else
    have no part in it. Tokens act for `metabot-bot`, who may write.
    """

    web: str = ""
    faults: Faults = field(default_factory=Faults)

    @property
    def url(self) -> str:
        return self.web

    @property
    def enterprise_url(self) -> str:
        return f"{self.web}/api/v3"

    @property
    def git_url(self) -> str:
        return f"{self.web}/{self.name}.git"

    @property
    def repository(self) -> Path:
        return self.bare.path

    @property
    def token(self) -> str:
        """The secret of a token with just what metabot needs."""
        return self.tokens[0].secret

    def new_token(
        self,
        name: str,
        permissions: Mapping[str, Level] | None = None,
        *,
        login: str = "metabot-bot",
        listed: bool = True,
        expires: datetime | None = None,
        scopes: tuple[str, ...] | None = None,
        app: bool = False,
    ) -> str:
        """Gives its secret. Without `listed` it is not for this repository; with `scopes` it is a classic one."""
        self.tokens.append(
            Token(name, login, permissions or {}, listed=listed, expires=expires, scopes=scopes, app=app)
        )
        return self.tokens[-1].secret

    def person(self, login: str, role: Role) -> None:
        """Somebody joins, or has another role from now on."""
        self.join(login, role)

    def delete_account(self, login: str) -> None:
        """What they wrote stays, as a ghost's."""
        del self.people[login]

    def advance(self, time: timedelta) -> None:
        """GitHub's clock goes on; the rate limit's does not."""
        self.ahead += time

    def leave_requests(self, left: int, seconds: float) -> None:
        """Each token has so many requests left, and all of them again after so long."""
        self.rate.leave(left, seconds)

    def fail_next(self, fault: Fault, times: int = 1, *, method: str = "", path: str = "", skips: int = 0) -> None:
        """The next requests of a method whose path contains `path` fail so, after so many that do not."""
        self.faults.add(fault, times, method, path, skips)

    def rename(self, name: str) -> None:
        """The repository moves to another name; the old one leads there."""
        with self.lock:
            self.former.append(self.name)
            self.name = name

    def seed_pulls(self, count: int, *, by: str = "ben", body: str = "", branch: str = "old/{number}") -> None:
        """Old pull requests, every second one merged and the others closed."""
        with self.lock:
            head, begin = self.bare.branches()["main"], len(self.issues) + 1
            for number in range(begin, begin + count):
                at = self.now() - timedelta(days=400) + timedelta(minutes=number)
                self.issues[number] = Pull(
                    number,
                    f"Old change {number}",
                    body,
                    by,
                    at,
                    at,
                    state="closed",
                    ended=at,
                    ended_by="ada",
                    head=branch.format(number=number),
                    base="main",
                    head_sha=head,
                    base_sha=head,
                    merged=number % 2 == 0,
                    merge_sha=head if number % 2 == 0 else None,
                )

    def end(self) -> None:
        """What a test must not leave behind: deeds that metabot must never do, and talk that GitHub does not know."""
        assert not self.violations, f"metabot must never: {self.violations}"
        assert not self.broken, "\n".join(["GitHub's description was broken:", *self.broken])
