"""The bare repository behind the double, through git as GitHub would use it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from github_double.hooks import PRE_RECEIVE

_ZERO: Final = "0" * 40
_SETTINGS: Final = """
[http]
receivepack = true
[uploadpack]
allowAnySHA1InWant = true
[gc]
auto = 0
[core]
repositoryformatversion = 0
bare = true
fsync = none
"""


@dataclass(frozen=True)
class Change:
    """A file between two revisions."""

    path: str
    status: str  # added, modified, removed, renamed
    before: str | None  # its path, where it was renamed
    blob: str
    added: int
    removed: int
    patch: str | None  # None of a binary file


class Bare:
    def __init__(self, path: Path) -> None:
        self.path = path
        for folder in ("objects", "refs/heads", "hooks"):  # what `git init --bare` makes, without its process
            (path / folder).mkdir(parents=True)
        (path / "HEAD").write_text("ref: refs/heads/main\n")
        (path / "config").write_text(_SETTINGS)
        (path / "hooks/pre-receive").write_text(PRE_RECEIVE)
        (path / "hooks/pre-receive").chmod(0o755)

    def run(self, *arguments: str, told: str | None = None, **more: str) -> str:
        done = self.tried(*arguments, told=told, **more)
        done.check_returncode()
        return done.stdout.rstrip("\n")

    def tried(self, *arguments: str, told: str | None = None, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["git", "-C", str(self.path), "-c", "core.quotePath=false", *arguments],
            capture_output=True,
            text=True,
            input=told,
            check=False,
            env={**environment(), **more},
        )

    def blob(self, object_id: str) -> bytes:
        command = ["git", "-C", str(self.path), "cat-file", "blob", object_id]
        return subprocess.run(command, capture_output=True, check=True, env=environment()).stdout

    def branches(self) -> dict[str, str]:
        """Read from the files that they are as long as nothing packs them."""
        assert not (self.path / "packed-refs").exists()
        heads = self.path / "refs/heads"
        return {
            str(path.relative_to(heads)): path.read_text().strip()
            for path in sorted(heads.rglob("*"))
            if path.is_file() and path.suffix != ".lock"
        }

    def resolved(self, revision: str) -> str | None:
        """The commit that a branch or an id names."""
        for name in (f"refs/heads/{revision}", revision):
            done = self.tried("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
            if done.returncode == 0:
                return done.stdout.strip()
        return None

    def commit(
        self, branch: str, parent: str | None, files: Mapping[str, str | None], *, by: str, at: datetime, message: str
    ) -> str:
        """A branch's next commit as a person would push it; None deletes a file."""
        who = f"{by} <{by}@example.org> {int(at.timestamp())} +0000"
        lines = [f"commit refs/heads/{branch}", "mark :1", f"author {who}", f"committer {who}", _data(message)]
        lines += [f"from {parent}"] if parent else []
        for path, text in files.items():
            lines += [f"D {path}"] if text is None else [f"M 100644 inline {path}", _data(text)]
        told = "\n".join([*lines, "get-mark :1", "done", ""])
        return self.run("fast-import", "--quiet", "--force", "--done", told=told)

    def commit_tree(self, tree: str, parents: list[str], *, by: str, at: datetime, message: str) -> str:
        named = [word for parent in parents for word in ("-p", parent)]
        return self.run("commit-tree", tree, *named, "-m", message, **_identity(by, at))

    def point(self, ref: str, revision: str) -> None:
        self.run("update-ref", ref, revision)

    def merged_tree(self, base: str, head: str) -> str | None:
        """The tree of a merge; None where it conflicts."""
        done = self.tried("merge-tree", "--write-tree", base, head)
        return done.stdout.splitlines()[0] if done.returncode == 0 else None

    def contains(self, descendant: str, ancestor: str) -> bool:
        return self.tried("merge-base", "--is-ancestor", ancestor, descendant).returncode == 0

    def fork_point(self, one: str, other: str) -> str | None:
        return self.tried("merge-base", one, other).stdout.strip() or None

    def between(self, base: str, head: str) -> list[str]:
        """The commits that `head` has beyond `base`, oldest first."""
        return self.run("rev-list", "--reverse", "--topo-order", f"{base}..{head}").splitlines()

    def authors(self, base: str, head: str) -> list[str]:
        """Names, of the commits that `head` has beyond `base`."""
        return self.run("log", "--format=%an", f"{base}..{head}").splitlines()

    def changes(self, base: str, head: str) -> list[Change]:
        """What `head` changes since it left `base`, as a pull request shows it."""
        since = self.fork_point(base, head)
        if since is None:
            return []
        raw = self.run("diff-tree", "-r", "-M", "--raw", "--no-abbrev", since, head).splitlines()
        counts = self.run("diff-tree", "-r", "-M", "--numstat", since, head).splitlines()
        return [self._change(since, head, one, count) for one, count in zip(raw, counts, strict=True)]

    def _change(self, since: str, head: str, raw: str, counted: str) -> Change:
        meta, *paths = raw.split("\t")
        blob, letter = meta.split()[3:5]
        added, removed, _ = counted.split("\t", 2)
        patch = self.run("diff", since, head, "--", *paths).split("\n@@", 1)
        return Change(
            path=paths[-1],
            status={"A": "added", "D": "removed", "R": "renamed"}.get(letter[0], "modified"),
            before=paths[0] if len(paths) > 1 else None,
            blob=blob if blob != _ZERO else meta.split()[2],
            added=0 if added == "-" else int(added),
            removed=0 if removed == "-" else int(removed),
            patch="@@" + patch[1] if len(patch) > 1 else None,
        )


def environment() -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "LC_ALL": "C.UTF-8",
    }


def _data(text: str) -> str:
    return f"data {len(text.encode())}\n{text}"


def _identity(who: str, at: datetime) -> dict[str, str]:
    values = {"NAME": who, "EMAIL": f"{who}@example.org", "DATE": at.isoformat()}
    return {f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER") for part, value in values.items()}
