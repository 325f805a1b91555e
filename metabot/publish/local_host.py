"""Pull requests for a repository whose remote is a bare repository on disk: a folder of records beside it.

Merging is git's: what the base branch contains, here or at the remote, is merged.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from metabot.config import Settings
from metabot.errors import PublishError, RepositoryError
from metabot.git import Repository
from metabot.publish.host import Check, Comment, Commit, Dashboard, Draft, HostedPull, Rights
from metabot.publish.records import Record, Records, Said

OWN: Final = "metabot"  # who it is here
STOP_FILE: Final = ".github/metabot.stop"
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

    def pulls(self) -> Sequence[HostedPull]:
        return [self._hosted(record) for record in reversed(self._records.all())]

    def pull(self, number: int) -> HostedPull:
        return self._hosted(self._records.read(number))

    def others(self) -> Sequence[HostedPull]:
        return ()

    def open_draft(self, draft: Draft) -> HostedPull:
        with self._records.alone():
            for record in self._records.all():
                hosted = self._hosted(record)
                if record.branch == draft.branch and hosted.state == "open":
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
            return self._hosted(record)

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
            head = self.pull(number).head_revision
            found = self._repository.commits(head, self._bases())
        return [Commit(revision=sha, author_email=author, committer_email=by) for sha, author, by in found]

    def changed(self, number: int, among: Collection[str]) -> dict[str, str | None]:
        with _mapped(self.name):
            head = self.pull(number).head_revision
            return {path: self._repository.read(head, path) for path in self._paths(head) if path in among}

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
            return self._repository.bring(self._remote, name)

    def push(self, branch: str, revision: str) -> None:
        with _mapped(f"{branch}: could not be published"):
            self._repository.push(self._remote, branch, revision)

    def delete_branch(self, name: str, *, at: str) -> None:
        with _mapped(name):
            if self._repository.remote_branch(self._remote, name) == at:
                self._repository.delete_at(self._remote, name, at=at)

    def stopped(self) -> str | None:
        with _mapped(self.name):
            for base in self._bases():
                if STOP_FILE in self._repository.files(base):
                    return f"{self._base} of the repository holds the file {STOP_FILE}."
        return None

    def rights(self) -> Rights:
        return Rights(login=OWN, granted=frozenset(), missing=frozenset(), excessive=frozenset())

    def _hosted(self, record: Record) -> HostedPull:
        title, body = _parted(self._records.text(record.number) or "")
        head, merged = record.head_revision, False
        if record.state == "open":
            head = self.branch(record.branch) or head
            with _mapped(self.name):
                merged = bool(head) and self._is_merged(head)
        return HostedPull(
            number=record.number,
            title=title or record.title,
            body=body,
            state="merged" if merged else record.state,
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

    def _bases(self) -> list[str]:
        """Where the base branch stands, here and at the remote."""
        here = self._repository.resolve(f"refs/heads/{self._base}")
        there = self._repository.bring(self._remote, self._base)
        return list(dict.fromkeys(sha for sha in (here, there) if sha is not None))

    def _is_merged(self, head: str) -> bool:
        """Contained in a base; or, merged as one commit, its files stand there as it has them."""
        bases = self._bases()
        if any(self._repository.contains(base, head) for base in bases):
            return True
        if self._repository.resolve(head) is None:
            return False  # deleted at the remote, and never here
        files = {path: self._repository.read(head, path) for path in self._paths(head)}
        reads = self._repository.read
        return bool(files) and any(all(reads(base, path) == files[path] for path in files) for base in bases)

    def _paths(self, head: str) -> tuple[str, ...]:
        """What the branch changes."""
        bases = self._bases()
        if not bases:
            raise RepositoryError(f"{self._base}: the repository has no such branch.\n  Name [target] base_branch.")
        fork = self._repository.fork(bases[0], head)
        return () if fork is None else self._repository.changed_paths(fork, head)


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
