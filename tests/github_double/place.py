"""The repository as GitHub keeps it: what follows from a push, a merge, a comment, whoever does it."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from github_double.answers import RefusedError
from github_double.bare import Bare
from github_double.rate import Rate
from github_double.state import Asked, Check, Comment, Issue, Person, Pull, Role, Token

_ROLES: dict[Role, str] = {"admin": "MEMBER", "maintain": "MEMBER", "write": "MEMBER", "triage": "COLLABORATOR"}


@dataclass
class Place:
    name: str  # owner/name
    bare: Bare
    private: bool = True
    has_issues: bool = True
    archived: bool = False
    drafts: bool = True  # not in every plan
    people: dict[str, Person] = field(default_factory=dict)
    tokens: list[Token] = field(default_factory=list)
    issues: dict[int, Issue] = field(default_factory=dict)
    labels: dict[str, tuple[str, str]] = field(default_factory=dict)
    checks: list[Check] = field(default_factory=list)
    required: dict[str, list[str]] = field(default_factory=dict)  # names of checks, by branch
    protected: str = ""  # branches that nobody may push to, as a pattern of the shell
    by_ruleset: bool = False  # whether a ruleset requires them, in place of the branch's protection
    teams: tuple[str, ...] = ()  # that may be asked for a review
    beyond: dict[str, list[str]] = field(default_factory=dict)  # other repositories that a token reaches, by its name
    former: list[str] = field(default_factory=list)  # names that it had
    asked: list[Asked] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)  # what metabot must never do
    broken: list[str] = field(default_factory=list)  # what GitHub's description does not have
    people_first: bool = False  # whether writing to a branch is wrong where a person has committed
    ahead: timedelta = timedelta()
    unknown_mergeability: int = 0  # how often GitHub has not computed it yet
    late_lists: int = 0  # how many lists lack what came last, as those of a server that lags
    rate: Rate = field(default_factory=Rate)
    lock: threading.RLock = field(default_factory=threading.RLock)
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _people: Iterator[int] = field(default_factory=lambda: itertools.count(100))

    @property
    def owner(self) -> str:
        return self.name.split("/", maxsplit=1)[0]

    @property
    def pulls(self) -> list[Pull]:
        return [issue for issue in self.issues.values() if isinstance(issue, Pull)]

    def now(self) -> datetime:
        return (datetime.now(UTC) + self.ahead).replace(microsecond=0)

    def new_id(self) -> int:
        return next(self._ids)

    def join(self, login: str, role: Role, kind: Literal["User", "Bot", "Organization"] = "User") -> Person:
        person = Person(login, role, next(self._people), kind)
        self.people[login] = person
        return person

    def token_of(self, secret: str) -> Token:
        for token in self.tokens:
            if token.secret == secret and (token.expires is None or token.expires > self.now()):
                return token
        raise RefusedError(401, "Bad credentials")

    def role(self, login: str | None) -> Role:
        """A stranger may read what is public."""
        role = self.people[login].role if login in self.people else "none"
        return "read" if role == "none" and not self.private else role

    def association(self, login: str) -> str:
        return "OWNER" if login == self.owner else _ROLES.get(self.role(login), "NONE")

    def pull(self, number: int) -> Pull:
        found = self.issues[number]
        assert isinstance(found, Pull), f"#{number} is an issue"
        return found

    def known(self, login: str) -> None:
        """An account that nothing was said about has no part in the repository."""
        if login not in self.people:
            self.join(login, "none")

    def opened(self, author: str, title: str, body: str, labels: list[str] | None = None) -> Issue:
        self.known(author)
        number, now = len(self.issues) + 1, self.now()
        issue = Issue(number, title, body, author, now, now, labels=list(labels or []))
        self.issues[number] = issue
        return issue

    def opened_pull(
        self, author: str, title: str, body: str, *, head: str, base: str, head_sha: str, draft: bool, fork: str | None
    ) -> Pull:
        self.known(author)
        number, now = len(self.issues) + 1, self.now()
        pull = Pull(
            number,
            title,
            body,
            author,
            now,
            now,
            head=head,
            base=base,
            head_sha=head_sha,
            base_sha=self.bare.branches()[base],
            draft=draft,
            fork=fork,
        )
        self.issues[number] = pull
        self.bare.point(f"refs/pull/{number}/head", head_sha)
        return pull

    def ended(self, issue: Issue, by: str | None) -> None:
        issue.state, issue.ended, issue.ended_by, issue.updated = "closed", self.now(), by, self.now()

    def reopened(self, issue: Issue) -> None:
        issue.state, issue.ended, issue.ended_by, issue.updated = "open", None, None, self.now()

    def commented(self, number: int, by: str, text: str) -> Comment:
        self.known(by)
        issue, now = self.issues[number], self.now()
        comment = Comment(self.new_id(), by, text, now, now)
        issue.comments.append(comment)
        issue.updated = now
        return comment

    def follow(self, by: str | None = None) -> None:
        """Takes over what git was told: a branch moved, was deleted, or came into the base."""
        branches = self.bare.branches()
        for pull in self.pulls:
            if pull.state == "open" and pull.fork is None:
                self._follow(pull, branches, by)

    def _follow(self, pull: Pull, branches: dict[str, str], by: str | None) -> None:
        head, base = branches.get(pull.head), branches.get(pull.base)
        if head is not None and head != pull.head_sha:
            pull.head_sha, pull.base_sha, pull.updated = head, base or pull.base_sha, self.now()
            self.bare.point(f"refs/pull/{pull.number}/head", head)
        if base is not None and base != pull.base_sha and self.bare.contains(base, pull.head_sha):
            self.ended(pull, by)
            pull.merged, pull.merge_sha = True, base
        elif head is None or base is None:
            self.ended(pull, by)

    def wrongs(self, branch: str, before: str, after: str | None) -> list[str]:
        """What is wrong with metabot's moving a branch, or deleting it: `after` is none then."""
        if branch == "main":
            return ["moved main"]
        wrong = [] if after is None or self.bare.contains(after, before) else [f"force-pushed {branch}"]
        authors = set(self.bare.authors("main", before)) if self.people_first else set()
        people = sorted(one for one in authors - {"metabot-bot"} if self.role(one) != "none")
        return wrong + [f"wrote to {branch}, where {one} had committed" for one in people]

    def commits_of(self, pull: Pull) -> list[str]:
        return self.bare.between(pull.base_sha, pull.head_sha)

    def mergeability(self, pull: Pull) -> tuple[bool | None, str]:
        base = self.bare.branches().get(pull.base)
        if self.unknown_mergeability:
            self.unknown_mergeability -= 1
            return None, "unknown"
        if pull.state == "closed" or base is None:
            return None, "unknown"
        if self.bare.merged_tree(base, pull.head_sha) is None:
            return False, "dirty"
        return True, "draft" if pull.draft else "blocked" if self._blocked(pull) else "clean"

    def _blocked(self, pull: Pull) -> bool:
        passed = {check.name for check in self.checks if check.sha == pull.head_sha and check.conclusion == "success"}
        return not set(self.required.get(pull.base, [])) <= passed
