"""The target repository: what its commits hold, worktrees of them, and commits of our own.

The user's checkout and index are never touched. Every failure is a `RepositoryError` in git's own words.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Final, NewType

from metabot import temporary
from metabot.errors import RepositoryError
from metabot.git_environment import AUTHOR_EMAIL, Access, identity
from metabot.git_folder import full
from metabot.git_remote import Remotes

ObjectId = NewType("ObjectId", str)

_REGULAR: Final = ("100644", "100755")
_LINK: Final = "120000"
_SUBMODULE: Final = "160000"
_HUNK: Final = re.compile(rb"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _Entry:
    mode: str
    object_id: ObjectId


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines of the old file and those of the new one that stand instead of them; 1-based, and 0 lines stand behind."""

    old_first: int
    old_lines: int
    new_first: int
    new_lines: int


class Repository(Remotes):
    """A git repository by its top folder (or a bare one). A folder inside of a repository is refused."""

    def __init__(self, path: Path, access: Access | None = None) -> None:
        super().__init__(path, access)
        self._trees: dict[str, dict[str, _Entry]] = {}

    def contains(self, sha: str, other: str) -> bool:
        """Whether a commit is the other one or comes after it. An other one that is not here is not contained."""
        return self._run("merge-base", "--is-ancestor", full(other), full(sha)).status == 0

    def files(self, sha: str) -> tuple[str, ...]:
        """Paths of the regular files at a commit, in git's order; links, submodules and paths not in UTF-8 left out."""
        return tuple(path for path, entry in self._tree(sha).items() if entry.mode in _REGULAR)

    def read(self, sha: str, path: str) -> str | None:
        """A regular file's text at a commit, its line ends as they are; None: missing, binary or not UTF-8."""
        entry = self._tree(sha).get(path)
        if entry is None or entry.mode not in _REGULAR:
            return None
        return _text(self._must("read a file", "cat-file", "blob", entry.object_id))

    def texts(self, sha: str, paths: Sequence[str], *, largest: int) -> Iterator[tuple[str, str]]:
        """Those paths that are text as `read` gives it, of at most `largest` bytes; all with two calls of git."""
        tree = self._tree(sha)
        wanted = {path: tree[path].object_id for path in paths if path in tree and tree[path].mode in _REGULAR}
        small = [path for path, size in self._sizes(wanted) if size <= largest]
        with tempfile.TemporaryFile() as contents:
            names = "".join(f"{wanted[path]}\n" for path in small).encode()
            self._must("read files", "cat-file", "--batch", stdin=names, into=contents)
            contents.seek(0)
            for path in small:
                text = _text(_next_blob(contents, path))
                if text is not None:
                    yield path, text

    def hunks(self, old: str, new: str, path: str) -> tuple[Hunk, ...]:
        """Which lines of a file differ between two commits, in order; none where it is the same, or missing in both."""
        options = ("-p", "--unified=0", "--no-ext-diff", "--no-textconv", "--text", "--no-renames", "--no-color")
        commits = (full(old), full(new))
        output = self._must("compare a file", "--literal-pathspecs", "diff-tree", *options, *commits, "--", path)
        return tuple(Hunk(*(int(number or 1) for number in found)) for found in _HUNK.findall(output))

    def _sizes(self, objects: Mapping[str, ObjectId]) -> Iterator[tuple[str, int]]:
        names = "".join(f"{name}\n" for name in objects.values()).encode()
        answer = self._must("read files' sizes", "cat-file", "--batch-check=%(objectsize)", stdin=names).decode()
        for path, size in zip(objects, answer.splitlines(), strict=True):
            if size.isdecimal():  # else the object is missing
                yield path, int(size)

    @contextmanager
    def worktree(self, sha: str, at: Path) -> Iterator[Path]:
        """A detached worktree at `at`, which must not exist yet; removed at exit with whatever was written into it.

        Files are written as the commit holds them: no filter and no line-end conversion runs.
        """
        at = at.resolve()
        if at.exists():
            raise RepositoryError(f"{at}: is in the way of a worktree.\n  Remove it, or let prune_worktrees do so.")
        at.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._must("add a worktree", "worktree", "add", "--detach", "--no-checkout", "--", str(at), full(sha))
            self._check_out(sha, at)
            self._must("fill a worktree's index", "-C", str(at), "read-tree", full(sha))
            yield at
        finally:
            self._remove_worktree(at)

    def prune_worktrees(self, under: Path) -> tuple[Path, ...]:
        """Removes worktrees that a killed run left below `under`. Call it only while no other run works there."""
        below = under.resolve()
        leftovers = [path for path in self._worktrees() if path != below and path.is_relative_to(below)]
        for path in leftovers:
            self._remove_worktree(path)
        return tuple(leftovers)

    def is_own(self, sha: str) -> bool:
        """Whether a commit is here and metabot made it."""
        answer = self._run("cat-file", "-e", f"{full(sha)}^{{commit}}")
        return answer.status == 0 and self._committer(sha)[0] == AUTHOR_EMAIL

    def commit(
        self, base_sha: str, branch: str, files: Mapping[str, str], message: str, *, over: str | None = None
    ) -> str:
        """Commits whole files on top of a base and points the local branch at it; the checkout and the index stay.

        A branch of that name which metabot did not make, or which is checked out, is refused. `over` is a commit that
        the new one overrides: it becomes a second parent, so that its branch can be moved forward without force.
        """
        sha = self.write_commit(base_sha, files, message, over=over)
        self._point(branch, sha)
        return sha

    def write_commit(self, base_sha: str, files: Mapping[str, str], message: str, *, over: str | None = None) -> str:
        """The commit alone, which no branch names: git forgets it in time.

        It bears the base's date, so that the same change after a killed run is the same commit.
        """
        with temporary.folder() as folder:
            index = {"GIT_INDEX_FILE": str(folder / "index")}
            self._must("read the base", "read-tree", full(base_sha), env=index)
            lines = b"".join(self._index_line(base_sha, path, text) for path, text in files.items())
            self._must("change the index", "update-index", "-z", "--add", "--index-info", stdin=lines, env=index)
            tree = self._must("write the tree", "write-tree", env=index).decode().strip()
        parents = ("-p", base_sha, *(("-p", full(over)) if over else ()))
        commit = ("commit-tree", "--no-gpg-sign", *parents, "-F", "-", tree)
        who = identity(date=self._committer(base_sha)[1])
        return self._must("commit", *commit, stdin=message.encode(), env=who).decode().strip()

    def commits(self, head: str, bases: Sequence[str]) -> list[tuple[str, str, str]]:
        """What a commit has beyond bases, oldest first: its id, its author's address and its committer's."""
        known = [f"^{full(base)}" for base in bases]
        options = ("--reverse", "--topo-order", "--no-commit-header", "--format=%H%x00%ae%x00%ce")
        listing = self._must("list commits", "rev-list", *options, full(head), *known, "--").decode(errors="replace")
        found = (line.split("\0") for line in listing.splitlines())
        return [(sha, author, committer) for sha, author, committer in found]

    def fork(self, sha: str, other: str) -> str | None:
        """The newest commit that both contain."""
        answer = self._run("merge-base", full(sha), full(other))
        return answer.output.decode().strip() if answer.status == 0 else None

    def changed_paths(self, old: str, new: str) -> tuple[str, ...]:
        """Paths that differ between two commits, in git's order."""
        options = ("-r", "-z", "--name-only", "--no-renames", "--no-ext-diff")
        listing = self._must("compare commits", "diff-tree", *options, full(old), full(new), "--")
        return tuple(os.fsdecode(path) for path in listing.split(b"\0") if path)

    def _tree(self, sha: str) -> dict[str, _Entry]:
        if sha not in self._trees:
            listing = self._must("list a commit's files", "ls-tree", "-r", "-z", "--full-tree", full(sha))
            self._trees[sha] = dict(_entries(listing))
        return self._trees[sha]

    def _check_out(self, sha: str, at: Path) -> None:
        tree = self._tree(sha)
        for path, entry in tree.items():
            target = at / _inside(path)
            (target if entry.mode == _SUBMODULE else target.parent).mkdir(parents=True, exist_ok=True)
        blobs = {path: entry for path, entry in tree.items() if entry.mode != _SUBMODULE}
        # Links come last: while files are written there is none that could lead out of the worktree.
        in_order = sorted(blobs, key=lambda path: blobs[path].mode == _LINK)
        with tempfile.TemporaryFile() as contents:
            wanted = "".join(f"{blobs[path].object_id}\n" for path in in_order).encode()
            self._must("read a commit's files", "cat-file", "--batch", stdin=wanted, into=contents)
            contents.seek(0)
            for path in in_order:
                _write(at / path, blobs[path].mode, _next_blob(contents, path))

    def _worktrees(self) -> list[Path]:
        listing = os.fsdecode(self._must("list worktrees", "worktree", "list", "--porcelain"))
        return [Path(line.removeprefix("worktree ")) for line in listing.splitlines() if line.startswith("worktree ")]

    def _remove_worktree(self, at: Path) -> None:
        # The folder first: git would look at a .git in there that a target's command may have rewritten.
        with suppress(FileNotFoundError):
            shutil.rmtree(at)
        if at in self._worktrees():
            self._must("forget a worktree", "worktree", "remove", "--force", "--force", "--", str(at))

    def _index_line(self, base_sha: str, path: str, text: str) -> bytes:
        tree = self._tree(base_sha)
        entry = tree.get(_inside(path))
        above = any(str(parent) in tree for parent in PurePosixPath(path).parents)
        below = any(other.startswith(f"{path}/") for other in tree)
        if above or below or (entry is not None and entry.mode not in _REGULAR):
            message = f"{path}: is a link, a folder, a submodule or below a file at {base_sha}."
            raise RepositoryError(f"{message}\n  Change a regular file instead.")
        written = self._must("store a file", "hash-object", "-w", "--no-filters", "--stdin", stdin=text.encode())
        mode = entry.mode if entry is not None else _REGULAR[0]
        return f"{mode} {written.decode().strip()}\t{path}\0".encode()

    def _committer(self, sha: str) -> tuple[str, str]:
        # Read from the object: git show would check signatures with the program that the settings name.
        text = self._must("read a commit", "cat-file", "commit", full(sha)).decode(errors="replace")
        found = re.search(r"^committer .*<(.*)> (\d+ [+-]\d{4})$", text, re.MULTILINE)
        if found is None:
            raise RepositoryError(f"{sha}: names no committer and date.\n  Run git fsck.")
        return found[1], f"@{found[2]}"

    def _point(self, branch: str, sha: str) -> None:
        ref = self._branch_ref(branch)
        before = self.resolve(ref)
        if before == sha:
            return
        if before is not None:
            listing = os.fsdecode(self._must("list worktrees", "worktree", "list", "--porcelain"))
            if self._committer(before)[0] != AUTHOR_EMAIL or f"branch {ref}" in listing.splitlines():
                message = f"{self.path}: branch {branch} exists and is checked out or not metabot's."
                raise RepositoryError(f"{message}\n  Rename or delete it: git branch -D {branch}")
        self._must("make a branch", "update-ref", "--no-deref", ref, sha, before or "0" * len(sha))


def _entries(listing: bytes) -> Iterator[tuple[str, _Entry]]:
    for line in listing.split(b"\0"):
        head, _, path = line.partition(b"\t")
        with suppress(UnicodeDecodeError):
            if path:
                mode, _, object_id = head.decode().split(" ")
                yield path.decode(), _Entry(mode, ObjectId(object_id))


def _inside(path: str) -> str:
    parts: Sequence[str] = path.split("/")
    if PurePosixPath(path).is_absolute() or any(part.lower() in ("", ".", "..", ".git") for part in parts):
        raise RepositoryError(
            f"{path!r}: leads out of the repository or into .git.\n  Use a path that git ls-files shows."
        )
    return path


def _next_blob(contents: IO[bytes], path: str) -> bytes:
    head = contents.readline().split()
    if len(head) != 3:
        raise RepositoryError(
            f"{path}: its content is not in the repository.\n  Fetch the whole history: git fetch --refetch"
        )
    content = contents.read(int(head[2]))
    contents.read(1)  # the line end that git writes after each
    return content


def _text(content: bytes) -> str | None:
    if b"\0" in content:
        return None
    try:
        return content.decode()
    except UnicodeDecodeError:
        return None


def _write(target: Path, mode: str, content: bytes) -> None:
    try:
        if mode == _LINK:
            target.symlink_to(os.fsdecode(content))
            return
        with target.open("xb") as file:
            file.write(content)
        target.chmod(0o755 if mode == "100755" else 0o644)
    except (FileExistsError, ValueError) as error:
        raise RepositoryError(f"{target}: the commit names it twice or not as a path.\n  Run git fsck.") from error
