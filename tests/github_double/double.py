"""The double as a test holds it: GitHub's repository, and what people do there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from github_double.faults import Fault, Faults
from github_double.place import Place
from github_double.state import Check, Comment, Issue, Level, Pull, Role, Token


@dataclass
class Double(Place):
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
    ) -> str:
        """Gives its secret. Without `listed` it is not for this repository; with `scopes` it is a classic one."""
        self.tokens.append(Token(name, login, permissions or {}, listed=listed, expires=expires, scopes=scopes))
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

    def fail_next(self, fault: Fault, times: int = 1, *, method: str = "", path: str = "") -> None:
        """The next requests of a method whose path contains `path` fail so."""
        self.faults.add(fault, times, method, path)

    def push_as(
        self,
        person: str,
        branch: str,
        files: Mapping[str, str | None],
        *,
        message: str = "a change",
        parent: str | None = None,
    ) -> str:
        """A commit onto the branch, or onto `parent` by force; a new branch leaves main. None deletes a file."""
        with self.lock:
            branches = self.bare.branches()
            onto = parent or branches.get(branch) or branches.get("main")
            revision = self.bare.commit(branch, onto, files, by=person, at=self.now(), message=message)
            self.follow(person)
            return revision

    def delete_branch(self, branch: str, by: str = "ada") -> None:
        with self.lock:
            self.bare.run("update-ref", "-d", f"refs/heads/{branch}")
            self.follow(by)

    def open_pull(
        self, by: str, branch: str, *, title: str = "A change", body: str = "", base: str = "main", fork: bool = False
    ) -> Pull:
        """A person's. Of a fork the branch's commit is there and its branch is not."""
        with self.lock:
            head = self.bare.branches()[branch]
            if fork:
                self.bare.run("update-ref", "-d", f"refs/heads/{branch}")
            where = by if fork else None
            return self.opened_pull(by, title, body, head=branch, base=base, head_sha=head, draft=False, fork=where)

    def open_issue(self, by: str, title: str, body: str = "", labels: tuple[str, ...] = ()) -> Issue:
        with self.lock:
            return self.opened(by, title, body, list(labels))

    def close(self, number: int, by: str) -> None:
        with self.lock:
            self.ended(self.issues[number], by)

    def reopen(self, number: int) -> None:
        with self.lock:
            self.reopened(self.issues[number])

    def merge(self, number: int, by: str, how: Literal["merge", "squash"] = "merge") -> str:
        """Merges in git, as the button does. Fails where it conflicts."""
        with self.lock:
            self.follow()
            pull = self.pull(number)
            assert pull.state == "open", f"#{number} is not open"
            base = self.bare.branches()[pull.base]
            tree = self.bare.merged_tree(base, pull.head_sha)
            assert tree is not None, f"#{number} conflicts with {pull.base}"
            parents = [base, pull.head_sha] if how == "merge" else [base]
            merged = self.bare.commit_tree(tree, parents, by=by, at=self.now(), message=f"{pull.title} (#{number})")
            pull.base_sha = base
            self.ended(pull, by)
            pull.merged, pull.merge_sha = True, merged
            self.bare.point(f"refs/heads/{pull.base}", merged)
            self.follow(by)
            return merged

    def comment(self, number: int, by: str, text: str) -> Comment:
        with self.lock:
            return self.commented(number, by, text)

    def edit(self, number: int, *, title: str | None = None, body: str | None = None) -> None:
        with self.lock:
            issue = self.issues[number]
            issue.title = issue.title if title is None else title
            issue.body = issue.body if body is None else body
            issue.updated = self.now()

    def tick(self, number: int, containing: str) -> None:
        """Ticks the one empty checkbox of an issue whose line contains this."""
        with self.lock:
            lines = self.issues[number].body.split("\n")
            found = [at for at, line in enumerate(lines) if "[ ]" in line and containing in line]
            assert len(found) == 1, f"{len(found)} empty checkboxes with {containing!r}"
            lines[found[0]] = lines[found[0]].replace("[ ]", "[x]", 1)
            self.edit(number, body="\n".join(lines))

    def label(self, number: int, *labels: str) -> None:
        with self.lock:
            issue = self.issues[number]
            issue.labels += [name for name in labels if name not in issue.labels]
            issue.updated = self.now()

    def set_check(
        self,
        sha: str,
        name: str,
        conclusion: str | None,
        *,
        required: bool = False,
        kind: Literal["run", "status"] = "run",
        branch: str = "main",
    ) -> None:
        """A check of a commit; without a conclusion it still runs."""
        with self.lock:
            self.checks = [check for check in self.checks if (check.sha, check.name) != (sha, name)]
            self.checks.append(Check(self.new_id(), sha, name, conclusion, kind, self.now()))
            if required:
                names = self.required.setdefault(branch, [])
                names += [] if name in names else [name]

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
