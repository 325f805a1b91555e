"""A place where pull requests live, in memory: what people do there is done by name, and what metabot did is kept."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

from metabot.errors import PublishError
from metabot.git_environment import AUTHOR_EMAIL
from metabot.publish.host import Check, Comment, Commit, Dashboard, Draft, HostedPull, Rights
from metabot.publish.identity import Block, write

NOW = 1_795_000_000_000_000_000
DAY = 86_400 * 10**9
ME = "metabot[bot]"


def block(number: int) -> Block:
    return Block(
        fingerprint=f"{number:012x}",
        analyzer="prompt-cache-miss",
        rule_version=1,
        evidence="e" * 64,
        unit="calls per trace",
        observed=3.0,
        expected=1.0,
        metabot="1.0",
        base="a" * 40,
    )


class MemoryHost:
    """A `Host`. `did` lists what was changed, in order; `fails_at` raises at the named change, before it is made."""

    name = "shop/desk"
    closes_with_branch = False

    def __init__(self) -> None:
        self.now_ns = NOW
        self.writers = {"ada", "bob"}
        self.all: dict[int, HostedPull] = {}
        self.branches: dict[str, str] = {}
        self.theirs: dict[int, list[Commit]] = {}
        self.failing: list[Check] = []
        self.talk: dict[int, list[Comment]] = {}
        self.board: Dashboard | None = None
        self.switch: str | None = None
        self.did: list[str] = []
        self.asked: list[str] = []
        self.fails_at = ""

    def add(self, number: int, **changes: Any) -> HostedPull:
        """A pull request of metabot's, open since now."""
        known: dict[str, Any] = {
            "number": number,
            "title": f"Change {number}",
            "body": f"{write(block(number))}\n\nA change.\n",
            "state": "open",
            "draft": True,
            "branch": f"metabot/prompt-cache-miss-{number:012x}",
            "own_branch": True,
            "head_revision": f"{number:040x}",
            "base_branch": "main",
            "author": ME,
            "labels": (),
            "where": f"https://github.test/shop/desk/pull/{number}",
            "created_ns": self.now_ns,
            "updated_ns": self.now_ns,
        }
        pull = self.all[number] = HostedPull(**(known | changes))
        if pull.state == "open":
            self.branches[pull.branch] = pull.head_revision
        return pull

    def change(self, number: int, **changes: Any) -> None:
        self.all[number] = replace(self.all[number], updated_ns=self.now_ns, **changes)

    def comment(self, number: int, author: str, body: str) -> None:
        said = self.talk.setdefault(number, [])
        self.now_ns += 1
        said.append(Comment(id=1000 * number + len(said), author=author, body=body, created_ns=self.now_ns, own=False))

    def end(self, number: int, by: str | None, state: str = "closed") -> None:
        self.now_ns += 1
        self.change(number, state=state, ended_ns=self.now_ns, ended_by=by)

    def own_comments(self, number: int) -> list[str]:
        return [comment.body for comment in self.talk.get(number, []) if comment.own]

    def pulls(self) -> Sequence[HostedPull]:
        return sorted(self.all.values(), key=lambda pull: -pull.number)

    def pull(self, number: int) -> HostedPull:
        return self.all[number]

    def others(self) -> Iterable[HostedPull]:
        return ()

    def open_draft(self, draft: Draft) -> HostedPull:
        self._do(f"open {draft.branch}")
        return self.add(
            max(self.all, default=0) + 1,
            title=draft.title,
            body=draft.body,
            branch=draft.branch,
            head_revision=self.branches[draft.branch],
        )

    def edit(self, number: int, *, title: str | None = None, body: str | None = None) -> None:
        pull = self.all[number]
        if (title or pull.title, body or pull.body) != (pull.title, pull.body):
            self._do(f"edit {number}")
            self.change(number, title=title or pull.title, body=body or pull.body)

    def close(self, number: int) -> None:
        if self.all[number].state == "open":
            self._do(f"close {number}")
            self.end(number, ME)

    def commits(self, number: int) -> Sequence[Commit]:
        mine = Commit(revision="a" * 40, author_email=AUTHOR_EMAIL, committer_email=AUTHOR_EMAIL)
        return [mine, *self.theirs.get(number, [])]

    def changed(self, number: int, among: Collection[str]) -> dict[str, str | None]:
        return {}

    def checks(self, revision: str) -> Sequence[Check]:
        return self.failing

    def comments(self, number: int, *, since_ns: int = 0) -> Sequence[Comment]:
        self.asked.append(f"comments {number}")
        return [comment for comment in self.talk.get(number, []) if comment.created_ns >= since_ns]

    def say(self, number: int, key: str, text: str) -> None:
        said = self.talk.setdefault(number, [])
        for place, comment in enumerate(said):
            if comment.key == key:
                if comment.body != text:
                    self._do(f"edit comment {key}")
                    said[place] = replace(comment, body=text)
                return
        self._do(f"say {key}")
        self.now_ns += 1
        said.append(
            Comment(
                id=1000 * number + len(said),
                author=ME,
                body=text,
                created_ns=self.now_ns,
                own=True,
                key=key,
            )
        )

    def may_write(self, login: str) -> bool:
        self.asked.append(f"may {login} write")
        return login in self.writers

    def dashboard(self) -> Dashboard | None:
        return self.board

    def write_dashboard(self, title: str, body: str) -> Dashboard:
        self._do("write dashboard")
        self.board = Dashboard(
            number=900, body=body, labels=(), open=True, where="https://github.test/shop/desk/issues/900"
        )
        return self.board

    def branch(self, name: str) -> str | None:
        return self.branches.get(name)

    def push(self, branch: str, revision: str) -> None:
        self._do(f"push {branch}")
        self.branches[branch] = revision

    def delete_branch(self, name: str, *, at: str) -> None:
        if self.branches.get(name) == at:
            self._do(f"delete {name}")
            del self.branches[name]

    def stopped(self) -> str | None:
        return self.switch

    def rights(self) -> Rights:
        return Rights(login=ME, granted=frozenset(), missing=frozenset(), excessive=frozenset())

    def _do(self, what: str) -> None:
        if what.startswith(self.fails_at) and self.fails_at:
            raise PublishError(f"{self.name}: could not {what}.\n  Try again.")
        self.did.append(what)
