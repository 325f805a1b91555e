"""What people do in the repository, and what runs there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from github_double.place import Place
from github_double.state import Check, Comment, Issue, Pull, Review


class Deeds(Place):
    """Text that a person types comes with the line ends of a browser's form."""

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
            return self.commented(number, by, _typed(text))

    def review(
        self, number: int, by: str, body: str = "", state: Literal["APPROVED", "CHANGES_REQUESTED"] | None = None
    ) -> None:
        with self.lock:
            self.known(by)
            pull = self.pull(number)
            pull.reviews.append(
                Review(self.new_id(), by, _typed(body), state or "COMMENTED", self.now(), pull.head_sha)
            )
            pull.updated = self.now()

    def update_branch(self, number: int, by: str) -> str:
        """The button that merges the base into the branch."""
        with self.lock:
            pull = self.pull(number)
            base = self.bare.branches()[pull.base]
            tree = self.bare.merged_tree(pull.head_sha, base)
            assert tree is not None, f"#{number} conflicts with {pull.base}"
            message = f"Merge branch '{pull.base}' into {pull.head}"
            merged = self.bare.commit_tree(tree, [pull.head_sha, base], by=by, at=self.now(), message=message)
            self.bare.point(f"refs/heads/{pull.head}", merged)
            self.follow(by)
            return merged

    def lock_thread(self, number: int) -> None:
        """Nobody comments any more."""
        with self.lock:
            self.issues[number].locked = True

    def delete_issue(self, number: int) -> None:
        with self.lock:
            self.issues[number].deleted = True

    def edit(self, number: int, *, title: str | None = None, body: str | None = None) -> None:
        with self.lock:
            issue = self.issues[number]
            issue.title = issue.title if title is None else title
            issue.body = issue.body if body is None else _typed(body)
            issue.updated = self.now()

    def tick(self, number: int, containing: str) -> None:
        """Ticks the one empty checkbox of an issue whose line contains this."""
        with self.lock:
            lines = self.issues[number].body.replace("\r\n", "\n").split("\n")
            found = [at for at, line in enumerate(lines) if "[ ]" in line and containing in line]
            assert len(found) == 1, f"{len(found)} empty checkboxes with {containing!r}"
            lines[found[0]] = lines[found[0]].replace("[ ]", "[x]", 1)
            self.edit(number, body="\n".join(lines))

    def label(self, number: int, *labels: str) -> None:
        with self.lock:
            issue = self.issues[number]
            for name in labels:
                self.labels.setdefault(name, ("ededed", ""))
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


def _typed(text: str) -> str:
    """As it comes out of a browser's form."""
    return "\r\n".join(text.splitlines()) + ("\r\n" if text.endswith("\n") else "")
