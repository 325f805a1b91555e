"""What the double remembers beside the git repository: people, tokens, issues, pull requests, checks."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

Role = Literal["admin", "maintain", "write", "triage", "read", "none"]
Level = Literal["read", "write"]

# What a token needs for everything that metabot does, and no more.
ENOUGH: Final[Mapping[str, Level]] = {
    "metadata": "read",
    "contents": "write",
    "pull_requests": "write",
    "issues": "write",
    "checks": "read",
    "statuses": "read",
}


@dataclass(frozen=True)
class Person:
    login: str
    role: Role
    id: int
    kind: Literal["User", "Bot", "Organization"] = "User"


@dataclass(frozen=True)
class Token:
    """A fine-grained token; a classic one where `scopes` are given; an app's where `app` is."""

    name: str  # under which `asked` shows it
    login: str
    permissions: Mapping[str, Level]
    listed: bool = True  # whether the repository is among those it was made for
    expires: datetime | None = None
    scopes: tuple[str, ...] | None = None
    app: bool = False

    @property
    def secret(self) -> str:
        digits = hashlib.sha256(self.name.encode()).hexdigest() * 2
        if self.scopes is not None or self.app:
            return f"{'ghs' if self.app else 'ghp'}_{digits[:36]}"
        return f"github_pat_{digits[:22]}_{digits[22:81]}"

    @property
    def refusal(self) -> str:
        return f"Resource not accessible by {'integration' if self.app else 'personal access token'}"

    def may(self, permission: str, level: Level) -> bool:
        if self.scopes is not None:
            return "repo" in self.scopes or (permission == "workflows" and "workflow" in self.scopes)
        return permission == "metadata" or self.permissions.get(permission) in {level, "write"}


@dataclass
class Comment:
    id: int
    author: str
    body: str
    created: datetime
    updated: datetime


@dataclass(frozen=True)
class Review:
    id: int
    author: str
    body: str
    state: Literal["APPROVED", "CHANGES_REQUESTED", "COMMENTED"]
    at: datetime
    sha: str


@dataclass
class Issue:
    number: int
    title: str
    body: str
    author: str
    created: datetime
    updated: datetime
    labels: list[str] = field(default_factory=list)
    state: Literal["open", "closed"] = "open"
    ended: datetime | None = None
    ended_by: str | None = None
    comments: list[Comment] = field(default_factory=list)
    locked: bool = False
    deleted: bool = False


@dataclass(kw_only=True)
class Pull(Issue):
    head: str
    base: str
    head_sha: str
    base_sha: str
    draft: bool = False
    fork: str | None = None  # the owner of the fork that the branch is in
    merged: bool = False
    merge_sha: str | None = None
    reviews: list[Review] = field(default_factory=list)
    reviewers: list[str] = field(default_factory=list)
    teams: list[str] = field(default_factory=list)


@dataclass
class Check:
    """A check run, or a commit status of the older kind."""

    id: int
    sha: str
    name: str
    conclusion: str | None  # None: not completed
    kind: Literal["run", "status"]
    at: datetime


@dataclass(frozen=True)
class Asked:
    """One request as it came, and how it was answered. Status 0: the connection was cut."""

    method: str
    path: str  # with its query
    status: int
    token: str | None
    free: bool  # cost nothing of the rate
