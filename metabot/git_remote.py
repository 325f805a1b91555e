"""Other repositories that a repository knows: where their branches stand, what comes from there, what goes there."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from metabot.errors import RepositoryError
from metabot.git_environment import ON_DISK, scheme_of, words_of
from metabot.git_folder import GitFolder, full
from metabot.redact import redact

_NO: Final = re.compile(r"error: 4\d\d|Authentication failed|not found|Permission")  # said by a remote that was reached
_FETCH: Final = ("--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head", "--no-auto-maintenance")
_FETCH_SECONDS: Final = 900.0  # a whole history may have to come


class RemoteUnreachableError(RepositoryError):
    """The same may succeed later."""


class Remotes(GitFolder):
    """Hooks of a remote on disk do not run, and nothing is ever forced."""

    def fetch(self, url: str) -> None:
        """Sets every branch to where it stands at the address; branches that are gone there stay.

        For a repository that metabot made: its settings are obeyed.

        The address becomes the remote `origin`. Only branches come: no tags, no submodules.
        """
        command = ("fetch", *_FETCH, *_program(url, "upload-pack"), "--", url, "+refs/heads/*:refs/heads/*")
        answer = self._run(*command, scheme=scheme_of(url), seconds=_FETCH_SECONDS, own=True)
        if answer.status != 0:
            where = f"{redact(url)[0]}: could not be fetched: {answer.words or f'exit code {answer.status}'}"
            raise RepositoryError(f"{where}\n  Look at the address, the network and who may read there.")
        self._must("name the remote", "config", "remote.origin.url", url)

    def push(self, remote: str, branch: str, sha: str) -> None:
        """Makes the branch at the remote, or moves it forward; never forces. Hooks of a remote on disk do not run."""
        url = self._url(remote)
        target = f"{full(sha)}:{self._branch_ref(branch)}"
        options = ("--no-verify", "--no-follow-tags", "--recurse-submodules=no", "--porcelain")
        command = ("push", *options, *_program(url, "receive-pack"), "--", url, target)
        answer = self._run(*command, scheme=scheme_of(url))
        if answer.status != 0:
            refused = [line for line in answer.output.decode(errors="replace").splitlines() if line.startswith("!")]
            words = words_of("\n".join([answer.words, *refused]))
            kind = RepositoryError if refused or _NO.search(words) else RemoteUnreachableError
            message = f"{self.path}: {redact(remote)[0]} refused branch {branch}: {words}"
            raise kind(f"{message}\n  Look at that branch there; metabot never forces a push.")

    def knows_remote(self, remote: str) -> bool:
        """By a name of its settings, or by a path that is there; nobody is asked."""
        named = self._run("config", "--get", f"remote.{remote}.url").status == 0
        return named or scheme_of(remote) != "file" or (self.path / remote).exists()

    def remote_branch(self, remote: str, branch: str) -> str | None:
        """The commit that the remote's branch stands at; None where the remote has no such branch."""
        ref = self._branch_ref(branch)
        return self._heads(remote, [ref]).get(ref)

    def bring(self, remote: str, branches: Collection[str]) -> dict[str, str]:
        """Where these branches stand at the remote, which has no other ones; their commits are here then.

        No branch of the repository moves.
        """
        there = self._heads(remote, [f"refs/heads/{branch}" for branch in branches])
        missing = [name for name, sha in there.items() if self.resolve(sha) is None]
        if missing:
            url = self._url(remote)
            command = ("fetch", *_FETCH, *_program(url, "upload-pack"), "--", url, *missing)
            self._must(f"fetch of {remote}", *command, scheme=scheme_of(url))
        return {name.removeprefix("refs/heads/"): sha for name, sha in there.items()}

    def delete_at(self, remote: str, branch: str, *, at: str) -> None:
        """Deletes the remote's branch only while it stands there; RepositoryError where it moved meanwhile."""
        url, ref = self._url(remote), self._branch_ref(branch)
        lease = f"--force-with-lease={ref}:{full(at)}"  # the deletion's condition: nothing else is pushed
        command = ("push", "--no-verify", lease, *_program(url, "receive-pack"), "--", url, f":{ref}")
        self._must(f"delete {branch} at {remote}", *command, scheme=scheme_of(url))

    def _url(self, remote: str) -> str:
        # Pushed to by address: a remote's section of the settings can name programs.
        answer = self._run("config", "--get", f"remote.{remote}.url")
        url = answer.output.decode().strip() if answer.status == 0 else remote
        if not url or url.startswith("-"):
            raise RepositoryError(f"{self.path}: {remote} names no remote.\n  See git remote -v.")
        return str(self.path / url) if scheme_of(url) == "file" and "://" not in url else url

    def _heads(self, remote: str, refs: Collection[str]) -> dict[str, str]:
        url = self._url(remote)
        command = ("ls-remote", *_program(url, "upload-pack"), "--", url, *refs)
        listing = self._must(f"ask {remote}", *command, scheme=scheme_of(url)).decode()
        found = (line.split("\t", 1) for line in listing.splitlines())
        return {name: sha for sha, name in found if name in refs}


def _program(url: str, name: str) -> tuple[str, ...]:
    """What a remote on disk runs, without the hooks and programs that its settings name."""
    return (f"--{name}={ON_DISK}{name}",) if scheme_of(url) == "file" else ()
