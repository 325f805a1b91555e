"""A verified change as a branch: one commit on its base, which moves the branch forward and forces nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from metabot.errors import PublishError, RepositoryError
from metabot.git import Repository
from metabot.publish import texts
from metabot.publish.host import Host
from metabot.verify.measured import VerifiedProposal


class Files(NamedTuple):
    """What a commit brings, whole, to its base."""

    base: str
    files: Mapping[str, str]
    message: str


def bring_branch(host: Host, repository: Repository, branch: str, verified: VerifiedProposal) -> None:
    """Commits and pushes, unless the branch is the change already. Raises PublishError where git or the host refuses.

    A branch of metabot's own, on an older base or with an older change, becomes the second parent. What somebody else
    pushed there is in the way, and stays.
    """
    proposal = verified.proposal
    files = {edit.path: edit.after for edit in proposal.edits} | {proposal.new_test.path: proposal.new_test.text}
    bring_files(host, repository, branch, Files(verified.base_revision, files, texts.commit_message(verified)))


def bring_files(host: Host, repository: Repository, branch: str, new: Files) -> None:
    """The same for any files."""
    there = host.branch(branch)
    try:
        own = there if there is not None and repository.is_own(there) else None
        if own is not None and _is(repository, own, new.base, new.files):
            return
        head = repository.commit(new.base, branch, new.files, new.message, over=own)
    except RepositoryError as error:
        raise PublishError(f"{branch}: could not be published.\n{error}") from error
    host.push(branch, head)


def _is(repository: Repository, head: str, base: str, files: Mapping[str, str]) -> bool:
    """Whether a commit is this change on this base."""
    if repository.fork(base, head) != base:
        return False
    paths = repository.changed_paths(base, head)
    return set(paths) == set(files) and all(repository.read(head, path) == files[path] for path in paths)
