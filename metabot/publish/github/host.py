"""GitHub as a place where pull requests live. Only the one repository of the settings is ever touched."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from typing import Final

from filelock import FileLock

from metabot.config import Settings
from metabot.errors import PublishError
from metabot.git import Repository
from metabot.own_calls import validators_of
from metabot.publish.github import answers
from metabot.publish.github.address import address_of
from metabot.publish.github.board import Board
from metabot.publish.github.branches import Branches
from metabot.publish.github.checks import checks
from metabot.publish.github.client import PATIENCE, Client
from metabot.publish.github.opening import opened
from metabot.publish.github.pulls import Pulls
from metabot.publish.github.refused import RefusedError
from metabot.publish.github.rights import rights
from metabot.publish.github.talk import Talk
from metabot.publish.host import STOP_FILE, STOP_LABEL, Check, Comment, Commit, Dashboard, Draft, HostedPull, Rights
from metabot.publish.identity import block_in

_HIDDEN: Final = (403, 404, 410)


class GithubHost:
    """A `Host`. `patience` is how many seconds this process waits for rate limits and failures, in all."""

    def __init__(
        self,
        repository: Repository,
        settings: Settings,
        *,
        patience: float = PATIENCE,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        address = address_of(settings.github)
        name = hashlib.sha256(f"{address.api} {address.repository}".encode()).hexdigest()[:16]
        kept = settings.state / "github"
        self._client = Client(
            address, kept / f"{name}.answers", patience=patience, sleep=sleep, validators=validators_of(settings)
        )
        self._base = settings.target.base_branch
        self._has_dashboard = settings.publish.dashboard
        self._lock = kept / f"{name}.lock"
        self._pulls = Pulls(self._client, kept / f"{name}.pulls")
        self._board = Board(self._client, kept / f"{name}.dashboard")
        self._talk = Talk(self._client)
        self._branches = Branches(self._client, repository, sleep)

    @property
    def name(self) -> str:
        return self._client.address.repository

    @property
    def closes_with_branch(self) -> bool:
        return True

    def pulls(self) -> Sequence[HostedPull]:
        return [self._owned(pull) for pull in self._pulls.own(self._repository.id)]

    def pull(self, number: int) -> HostedPull:
        found = self._pulls.one(number)
        ended = found.state == "closed" and found.merged_at is None
        return self._owned(self._pulls.hosted(found, ended_by=self._closer(number) if ended else None))

    def others(self) -> Iterable[HostedPull]:
        return self._pulls.others()

    def open_draft(self, draft: Draft) -> HostedPull:
        self._living()
        with self._alone():
            return self._owned(self._pulls.hosted(opened(self._client, self._pulls, draft, self._login)))

    def edit(self, number: int, *, title: str | None = None, body: str | None = None) -> None:
        given = {"title": title, "body": body}
        values = {field: text for field, text in given.items() if text is not None}
        if values:
            self._pulls.set(number, values)

    def close(self, number: int) -> None:
        self._pulls.set(number, {"state": "closed"})

    def commits(self, number: int) -> Sequence[Commit]:
        return self._pulls.commits(number)

    def changed(self, number: int, among: Collection[str]) -> dict[str, str | None]:
        return self._pulls.changed(number, among)

    def checks(self, revision: str) -> Sequence[Check]:
        return checks(self._client, revision, self._base)

    def comments(self, number: int, *, since_ns: int = 0) -> Sequence[Comment]:
        return self._talk.comments(number, self._login, since_ns=since_ns)

    def say(self, number: int, key: str, text: str) -> None:
        with self._alone():
            self._talk.say(number, self._login, key, text)

    def may_write(self, login: str) -> bool:
        return self._talk.may_write(login)

    def dashboard(self) -> Dashboard | None:
        return self._board.read(self._login) if self._repository.has_issues else None

    def write_dashboard(self, title: str, body: str) -> Dashboard:
        self._living()
        if not self._repository.has_issues:
            where = f"{self._client.address.page}: issues are off in this repository, so there is no dashboard."
            raise PublishError(f"{where}\n  Turn them on there, or set [publish] dashboard = false.")
        with self._alone():
            return self._board.write(self._login, title, body)

    def branch(self, name: str) -> str | None:
        return self._branches.brought(name)

    def push(self, branch: str, revision: str) -> None:
        self._living()
        self._branches.push(branch, revision)

    def delete_branch(self, name: str, *, at: str) -> None:
        self._branches.delete(name, at=at)

    def stopped(self) -> str | None:
        path = f"/repos/{self.name}/contents/{STOP_FILE}"
        if self._client.find("look for the kill switch", path, answers.Content, ref=self._base) is not None:
            return f"{self._base} of the repository holds the file {STOP_FILE}."
        board = self.dashboard() if self._has_dashboard else None  # else the token may lack the right to read issues
        if board is not None and STOP_LABEL in board.labels:
            return f"the dashboard ({board.where}) bears the label {STOP_LABEL}."
        return None

    def rights(self) -> Rights:
        return rights(self._client, self._login, self._base, private=self._repository.private)

    @cached_property
    def _repository(self) -> answers.Repository:
        found = self._client.get("read the repository", f"/repos/{self.name}", answers.Repository)
        if found.full_name.casefold() != self.name.casefold():
            where = f"{self._client.address.page}: is {found.full_name} now."
            raise PublishError(f"{where}\n  If it is still the one that is meant, write that into [github] repository.")
        return found

    @cached_property
    def _login(self) -> str:
        return self._client.get("read the token's account", "/user", answers.User).login

    def _owned(self, pull: HostedPull) -> HostedPull:
        """A person may open one from metabot's branch. The block tells its own, or who opened it."""
        own = block_in(pull) is not None or pull.author.casefold() == self._login.casefold()
        return replace(pull, own=own)

    def _living(self) -> None:
        if self._repository.archived:
            where = f"{self._client.address.page}: the repository is archived: nobody can change it."
            raise PublishError(f"{where}\n  Unarchive it, or stop metabot for it.")

    def _closer(self, number: int) -> str | None:
        """Told by the issue that a pull request is, to whom may read issues."""
        try:
            found = self._client.get(f"read #{number}", f"/repos/{self.name}/issues/{number}", answers.Issue)
        except RefusedError as error:
            if error.status not in _HIDDEN:
                raise
            return None
        return found.closed_by.login if found.closed_by else None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process of this machine at a time makes something; the lock dies with it."""
        self._lock.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self._lock):
            yield
