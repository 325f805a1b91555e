"""Pull requests on GitHub: which are there, and what is done to one.

All that metabot opened are known from GitHub alone. The first look reads every pull request; later ones read from the
newest change back to what was seen, which is kept beside the ledger and may be lost.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import quote

import msgspec

from metabot.publish.github import answers
from metabot.publish.github.client import Client
from metabot.publish.github.kept import File
from metabot.publish.github.texts import GHOST, OPENING, nanoseconds, plain
from metabot.publish.host import Commit, HostedPull

PREFIX: Final = "metabot/"
# GitHub's seconds, and a change that was not listed yet when its neighbours were.
_OVERLAP: Final = timedelta(minutes=5)
_ROUNDS: Final = 3  # looks at a list that moves while it is read


class Seen(msgspec.Struct, frozen=True):
    repository: int  # its id: another one may come to have the name
    until: datetime
    pulls: dict[int, answers.Pull]


class Pulls:
    def __init__(self, client: Client, kept: Path) -> None:
        self._client = client
        self._file = File(kept, Seen)
        self._path = f"/repos/{client.address.repository}/pulls"

    def own(self, repository: int) -> list[HostedPull]:
        seen = self._file.read()
        before = seen if seen is not None and seen.repository == repository else None
        after = self._newer(before or self._whole(repository))
        if after != seen:
            self._file.write(after)
        return [self.hosted(after.pulls[number]) for number in sorted(after.pulls, reverse=True)]

    def others(self) -> Iterator[HostedPull]:
        query = {"state": "open", "sort": "created", "direction": "asc"}
        for page in self._client.pages("list pull requests", self._path, list[answers.Pull], **query):
            yield from (self.hosted(pull) for pull in page if not self._is_own(pull))

    def one(self, number: int) -> answers.Pull:
        return self._client.get(f"read #{number}", f"{self._path}/{number}", answers.Pull)

    def open_from(self, branch: str) -> answers.Pull | None:
        query = {"state": "open", "head": f"{self._client.address.owner}:{branch}"}
        found = self._client.get("look for a pull request", self._path, list[answers.Pull], **query)
        return next((pull for pull in found if self._is_own(pull)), None)

    def set(self, number: int, values: dict[str, str]) -> answers.Pull:
        return self._client.change(f"change #{number}", "PATCH", f"{self._path}/{number}", answers.Pull, values)

    def commits(self, number: int) -> list[Commit]:
        pages = self._client.pages("list commits", f"{self._path}/{number}/commits", list[answers.Commit])
        return [_commit(one) for page in pages for one in page]

    def changed(self, number: int, among: Collection[str]) -> dict[str, str | None]:
        pages = self._client.pages("list changed files", f"{self._path}/{number}/files", list[answers.File])
        head, found = "", dict[str, str | None]()
        for file in (file for page in pages for file in page):
            if file.previous_filename in among and file.status == "renamed":
                found[file.previous_filename or ""] = None
            if file.filename in among:
                head = head or self.one(number).head.sha
                found[file.filename] = None if file.status == "removed" else self._text(head, file.filename)
        return found

    def hosted(self, pull: answers.Pull, *, ended_by: str | None = None) -> HostedPull:
        body = plain(pull.body)
        merged = pull.merged_at is not None
        ended = pull.merged_at or pull.closed_at
        return HostedPull(
            number=pull.number,
            title=pull.title,
            body=body.replace(OPENING, ""),
            state="merged" if merged else pull.state,
            draft=pull.draft,
            branch=pull.head.ref,
            own_branch=self._is_of_here(pull),
            head_revision=pull.head.sha,
            base_branch=pull.base.ref,
            author=_login(pull.user),
            labels=tuple(label.name for label in pull.labels),
            where=pull.html_url,
            created_ns=nanoseconds(pull.created_at),
            updated_ns=nanoseconds(pull.updated_at),
            ended_ns=nanoseconds(ended) if ended else None,
            ended_by=pull.merged_by.login if pull.merged_by else ended_by,
            merged_revision=pull.merge_commit_sha if merged else None,
            unfinished=OPENING in body and pull.state == "open",
        )

    def _whole(self, repository: int) -> Seen:
        """By number, which never changes: nothing moves past a reader of page after page."""
        query = {"state": "all", "sort": "created", "direction": "asc"}
        pages = self._client.pages("list pull requests", self._path, list[answers.Pull], **query)
        found = [pull for page in pages for pull in page]
        until = max((pull.updated_at for pull in found), default=datetime.min.replace(tzinfo=UTC))
        return Seen(repository, until, self._among(found))

    def _newer(self, seen: Seen) -> Seen:
        """Again where it took more than one page: what changed meanwhile moved to the front."""
        for _ in range(_ROUNDS):
            found, pages = self._changed_since(seen.until)
            until = max((pull.updated_at for pull in found), default=seen.until)
            seen = Seen(seen.repository, max(until, seen.until), seen.pulls | self._among(found))
            if pages <= 1:
                break
        return seen

    def _changed_since(self, until: datetime) -> tuple[list[answers.Pull], int]:
        query = {"state": "all", "sort": "updated", "direction": "desc"}
        found: list[answers.Pull] = []
        number = 0
        for page in self._client.pages("list pull requests", self._path, list[answers.Pull], **query):
            number += 1
            found += page
            if page and page[-1].updated_at + _OVERLAP < until:
                break
        return found, number

    def _among(self, found: list[answers.Pull]) -> dict[int, answers.Pull]:
        return {pull.number: pull for pull in found if self._is_own(pull)}

    def _is_own(self, pull: answers.Pull) -> bool:
        return self._is_of_here(pull) and pull.head.ref.startswith(PREFIX)

    def _is_of_here(self, pull: answers.Pull) -> bool:
        here = self._client.address.repository.casefold()
        return pull.head.repo is not None and pull.head.repo.full_name.casefold() == here

    def _text(self, revision: str, path: str) -> str | None:
        where = f"/repos/{self._client.address.repository}/contents/{quote(path)}"
        found = self._client.find("read a file", where, answers.Content, ref=revision)
        if found is None or found.type != "file" or found.encoding != "base64":
            return None
        content = base64.b64decode(found.content)
        try:
            return None if b"\0" in content else content.decode()
        except UnicodeDecodeError:
            return None


def _commit(one: answers.Commit) -> Commit:
    author, committer = _email(one.commit.author), _email(one.commit.committer)
    return Commit(revision=one.sha, author_email=author, committer_email=committer)


def _email(signature: answers.Signature | None) -> str:
    return (signature.email if signature else None) or ""


def _login(user: answers.User | None) -> str:
    return user.login if user else GHOST
