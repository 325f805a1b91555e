"""Pull requests for a repository whose remote is a bare repository on disk: a folder of records beside it.

Merging is git's: what the base branch contains, here or at the remote, is merged.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from metabot.config import Settings
from metabot.errors import PublishError, RepositoryError
from metabot.git import Repository
from metabot.publish.host import STOP_FILE, Check, Comment, Commit, Dashboard, Draft, HostedPull, Rights
from metabot.publish.records import Record, Records, Said

OWN: Final = "metabot"  # who it is here
_DASHBOARD: Final = 0  # its number


class LocalHost:
    """A `Host`. A branch and a record come to be once, whatever process ends when.

    Changes are made under the folder's lock, a push of the same commit changes nothing the second time, and the record
    is written last.
    """

    def __init__(self, repository: Repository, settings: Settings, *, clock: Callable[[], int] = time.time_ns) -> None:
        self._repository = repository
        self._remote = settings.publish.remote
        self._base = settings.target.base_branch
        self._records = Records(settings.publish.pulls)
        self._clock = clock

    @property
    def name(self) -> str:
        return str(self._records.folder)

    @property
    def closes_with_branch(self) -> bool:
        return False

    def pulls(self) -> Sequence[HostedPull]:
        return self._hosted(self._records.all()[::-1])

    def pull(self, number: int) -> HostedPull:
        return self._hosted([self._records.read(number)])[0]

    def others(self) -> Sequence[HostedPull]:
        return ()

    def open_draft(self, draft: Draft) -> HostedPull:
        with self._records.alone():
            for hosted in self._hosted([one for one in self._records.all() if one.branch == draft.branch]):
                if hosted.state == "open":
                    return hosted
            now = self._clock()
            record = Record(
                number=self._records.next_number(),
                title=draft.title,
                state="open",
                draft=True,
                branch=draft.branch,
                head_revision=self.branch(draft.branch) or "",
                base_branch=draft.base_branch,
                labels=draft.labels,
                reviewers=draft.reviewers,
                created_ns=now,
                updated_ns=now,
            )
            self._records.write_text(record.number, _text(draft.title, draft.body))
            self._records.write(record)
            return self._hosted([record])[0]

    def edit(self, number: int, *, title: str | None = None, body: str | None = None) -> None:
        with self._records.alone():
            record = self._records.read(number)
            stood = _parted(self._records.text(number) or "")
            text = _text(title or stood[0] or record.title, stood[1] if body is None else body)
            if text != self._records.text(number):
                self._records.write_text(number, text)
                self._records.write(replace(record, title=title or record.title, updated_ns=self._clock()))

    def close(self, number: int) -> None:
        with self._records.alone():
            record = self._records.read(number)
            if record.state == "open":
                now = self._clock()
                self._records.write(replace(record, state="closed", updated_ns=now, ended_ns=now, ended_by=OWN))

    def commits(self, number: int) -> Sequence[Commit]:
        with _mapped(self.name):
            found = self._repository.commits(*self._at(number))
        return [Commit(revision=sha, author_email=author, committer_email=by) for sha, author, by in found]

    def changed(self, number: int, among: Collection[str]) -> dict[str, str | None]:
        with _mapped(self.name):
            head, bases = self._at(number)
            fork = self._repository.fork(bases[0], head)
            paths = () if fork is None else self._repository.changed_paths(fork, head)
            return {path: self._repository.read(head, path) for path in paths if path in among}

    def checks(self, revision: str) -> Sequence[Check]:  # noqa: ARG002  git has no checks
        return ()

    def comments(self, number: int, *, since_ns: int = 0) -> Sequence[Comment]:
        return [
            Comment(
                id=index,
                author=said.author,
                body=said.body,
                created_ns=said.created_ns,
                own=bool(said.key),
                key=said.key,
            )
            for index, said in enumerate(self._records.comments(number), 1)
            if said.created_ns >= since_ns
        ]

    def say(self, number: int, key: str, text: str) -> None:
        with self._records.alone():
            before = self._records.comments(number)
            new = Said(author=OWN, body=text, created_ns=self._clock(), key=key)
            after = [replace(said, body=text) if said.key == key else said for said in before]
            if key not in {said.key for said in before}:
                after.append(new)
            if after != before:
                self._records.write_comments(number, after)

    def may_write(self, login: str) -> bool:  # noqa: ARG002  the file system has asked
        """Whoever can write into the folder may write into the repository beside it."""
        return True

    def dashboard(self) -> Dashboard | None:
        text = self._records.text(_DASHBOARD)
        if text is None:
            return None
        where = str(self._records.text_path(_DASHBOARD))
        return Dashboard(number=_DASHBOARD, body=_parted(text)[1], labels=(), open=True, where=where)

    def write_dashboard(self, title: str, body: str) -> Dashboard:
        with self._records.alone():
            text = _text(title, body)
            if text != self._records.text(_DASHBOARD):
                self._records.write_text(_DASHBOARD, text)
        where = str(self._records.text_path(_DASHBOARD))
        return Dashboard(number=_DASHBOARD, body=body, labels=(), open=True, where=where)

    def branch(self, name: str) -> str | None:
        with _mapped(name):
            return self._repository.bring(self._remote, [name]).get(name)

    def push(self, branch: str, revision: str) -> None:
        with _mapped(f"{branch}: could not be published"):
            self._repository.push(self._remote, branch, revision)

    def delete_branch(self, name: str, *, at: str) -> None:
        with _mapped(name):
            if self._repository.remote_branch(self._remote, name) == at:
                self._repository.delete_at(self._remote, name, at=at)

    def stopped(self) -> str | None:
        with _mapped(self.name):
            known = self._repository.knows_remote(self._remote)  # else publishing will say so
            for base in self._bases(self._repository.bring(self._remote, [self._base]) if known else {}):
                if STOP_FILE in self._repository.files(base):
                    return f"{self._base} of the repository holds the file {STOP_FILE}."
        return None

    def rights(self) -> Rights:
        return Rights(login=OWN, granted=frozenset(), missing=frozenset(), excessive=frozenset())

    def _hosted(self, records: Sequence[Record]) -> list[HostedPull]:
        waiting = [record.branch for record in records if record.state == "open"]
        with _mapped(self.name):
            there = self._repository.bring(self._remote, [*waiting, self._base]) if waiting else {}
            bases = self._bases(there) if waiting else []
            return [self._as_it_stands(record, there.get(record.branch), bases) for record in records]

    def _as_it_stands(self, record: Record, there: str | None, bases: Sequence[str]) -> HostedPull:
        title, body = _parted(self._records.text(record.number) or "")
        head = there or record.head_revision
        return HostedPull(
            number=record.number,
            title=title or record.title,
            body=body,
            state="merged" if record.state == "open" and self._is_merged(head, bases) else record.state,
            draft=record.draft,
            branch=record.branch,
            own_branch=True,
            head_revision=head,
            base_branch=record.base_branch or self._base,
            author=OWN,
            labels=record.labels,
            where=str(self._records.text_path(record.number)),
            created_ns=record.created_ns,
            updated_ns=record.updated_ns,
            ended_ns=record.ended_ns,
            ended_by=record.ended_by,
        )

    def _bases(self, there: Mapping[str, str]) -> list[str]:
        """Where the base branch stands, here and at the remote."""
        here = self._repository.resolve(f"refs/heads/{self._base}")
        if here is None:
            raise RepositoryError(f"{self._base}: the repository has no such branch.\n  Name [target] base_branch.")
        return list(dict.fromkeys((here, there.get(self._base, here))))

    def _is_merged(self, head: str, bases: Sequence[str]) -> bool:
        """Contained in a base; or, merged as one commit, its files stand there as it has them."""
        if any(self._repository.contains(base, head) for base in bases):
            return True
        if self._repository.resolve(head) is None:
            return False  # deleted at the remote, and never here
        read = self._repository.read
        for base in bases:
            fork = self._repository.fork(base, head)
            if fork is not None and fork != base:
                changed = self._repository.changed_paths(fork, head)
                if changed and all(read(base, path) == read(head, path) for path in changed):
                    return True
        return False

    def _at(self, number: int) -> tuple[str, list[str]]:
        """The head of a pull request, and the bases."""
        record = self._records.read(number)
        there = self._repository.bring(self._remote, [record.branch, self._base])
        return there.get(record.branch) or record.head_revision, self._bases(there)


def _text(title: str, body: str) -> str:
    return f"# {title}\n\n{body}"


def _parted(text: str) -> tuple[str, str]:
    """Title and body."""
    if not text.startswith("# "):
        return "", text
    title, _, body = text[2:].partition("\n")
    return title.strip(), body.removeprefix("\n")


@contextmanager
def _mapped(what: str) -> Iterator[None]:
    try:
        yield
    except RepositoryError as error:
        raise PublishError(f"{what}.\n{error}" if " " in what else str(error)) from error
