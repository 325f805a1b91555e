"""One folder of git's, and git run in it: the only import of GitPython.

Whatever a repository's own settings could start is out of force, git sees nothing of our environment, and a web server
is asked from a folder of git's own.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, Self

from metabot import temporary
from metabot.errors import RepositoryError
from metabot.git_environment import Access, environment, words_of

_WEB: Final = ("https", "http")
_BRANCHES: Final = ("refs/heads", "refs/remotes")
_FULL_ID: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_REMOTE_SECONDS: Final = 120.0  # a remote that does not answer must not hold a pass


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    output: bytes
    words: str


class GitFolder:
    """A git repository by its top folder (or a bare one). A folder inside of a repository is refused."""

    def __init__(self, path: Path, access: Access | None = None) -> None:
        self.path = path.resolve()
        self._access = access
        if not self.path.is_dir() or self._run("rev-parse", "--git-dir").status != 0:
            message = f"{path}: not the top folder of a git repository.\n  Name the folder that holds .git."
            raise RepositoryError(message)

    @classmethod
    def made(cls, at: Path, access: Access | None = None) -> Self:
        """An empty bare repository at `at`, in a folder that is there and empty."""
        _initialised(at.resolve(), "--initial-branch=main")
        return cls(at, access)

    def resolve(self, revision: str) -> str | None:
        """The full id of the commit that a branch, a tag or a shortened id names; None where there is none."""
        if not revision or revision.startswith("-"):
            return None
        answer = self._run("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        return answer.output.decode().strip() if answer.status == 0 else None

    def _branch_ref(self, branch: str) -> str:
        if branch.startswith("-") or self._run("check-ref-format", f"refs/heads/{branch}").status != 0:
            raise RepositoryError(f"{branch}: not a name that git gives a branch.\n  Choose another one.")
        return f"refs/heads/{branch}"

    def _must(
        self,
        what: str,
        *arguments: str,
        stdin: bytes = b"",
        env: Mapping[str, str] | None = None,
        into: IO[bytes] | None = None,
        scheme: str | None = None,
    ) -> bytes:
        answer = self._run(*arguments, stdin=stdin, env=env, into=into, scheme=scheme)
        if answer.status != 0:
            where = f"{self.path}: git could not {what}: {answer.words or f'exit code {answer.status}'}"
            raise RepositoryError(f"{where}\n  Run git fsck there, and look whether the disk is full or read-only.")
        return answer.output

    def _run(
        self,
        *arguments: str,
        stdin: bytes = b"",
        env: Mapping[str, str] | None = None,
        into: IO[bytes] | None = None,
        scheme: str | None = None,
        seconds: float = _REMOTE_SECONDS,
        own: bool = False,  # the repository is metabot's, and so are its settings
    ) -> Answer:
        variables = {**environment(self.path, scheme, self._access), **(env or {})}
        limit = seconds if scheme else None
        with ExitStack() as stack:
            if scheme in _WEB and not own:
                variables |= stack.enter_context(self._apart())
            return _git(self.path, *arguments, variables=variables, stdin=stdin, into=into, seconds=limit)

    @contextmanager
    def _apart(self) -> Iterator[dict[str, str]]:
        """A folder of git's own with nothing but this repository's objects and branches, for one command.

        Where a web server is asked with a token, a setting of the repository could name a proxy, switch the check of
        certificates off, or turn one address into another.
        """
        kind = self._must("tell its kind", "rev-parse", "--show-object-format").decode().strip()
        where = ("rev-parse", "--path-format=absolute", "--git-path")
        objects, shallow = (
            Path(os.fsdecode(self._must(f"find its {name}", *where, name)).rstrip("\n"))
            for name in ("objects", "shallow")
        )
        branches = self._must("list branches", "for-each-ref", "--format=%(objectname) %(refname)", *_BRANCHES)
        with temporary.folder() as folder:
            _initialised(folder, f"--object-format={kind}")
            (folder / "packed-refs").write_bytes(branches)
            if shallow.exists():
                shutil.copy(shallow, folder / "shallow")
            yield {"GIT_DIR": str(folder), "GIT_OBJECT_DIRECTORY": str(objects)}


def full(sha: str) -> str:
    if not _FULL_ID.fullmatch(sha):
        raise RepositoryError(f"{sha!r}: not a full commit id.\n  Ask Repository.resolve for one.")
    return sha


def _initialised(at: Path, *options: str) -> None:
    answer = _git(at, "init", "--quiet", "--bare", "--template=", *options, ".", variables=environment(at, None))
    if answer.status != 0:
        raise RepositoryError(f"{at}: git could not make a repository: {answer.words}\n  Look at the disk.")


def _git(
    path: Path,
    *arguments: str,
    variables: Mapping[str, str],
    stdin: bytes = b"",
    into: IO[bytes] | None = None,
    seconds: float | None = None,
) -> Answer:
    try:
        import git  # noqa: PLC0415  GitPython starts git on import, and fails there where git is missing
    except ImportError as error:
        raise RepositoryError("git was not found on PATH.\n  Install git 2.34 or newer.") from error
    # Ours are unset by name; `env -i NAME=value` would show the values, a token among them, to who lists processes.
    foreign = sorted({*os.environ, "LANGUAGE"} - set(variables))
    command = ["env", *(part for name in foreign for part in ("-u", name)), "git", *arguments]
    with tempfile.TemporaryFile() as source:
        source.write(stdin)
        source.seek(0)
        try:
            status, output, words = git.Git(path).execute(
                command,
                istream=source,
                env=variables,
                output_stream=into,
                with_extended_output=True,
                with_exceptions=False,
                stdout_as_string=False,
                strip_newline_in_stdout=False,
                kill_after_timeout=seconds,
            )
        except git.exc.GitCommandNotFound as error:
            raise RepositoryError("env or git was not found on PATH.\n  Install git 2.34 or newer.") from error
    return Answer(status, output if isinstance(output, bytes) else b"", words_of(words))
