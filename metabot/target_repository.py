"""The repository that the settings name: a folder, or an address that is cloned into metabot's own state folder."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from metabot.config import Settings
from metabot.config_values import Remote
from metabot.errors import RepositoryError
from metabot.git import Repository
from metabot.git_environment import Access
from metabot.publish.github.address import address_of
from metabot.verify.scratch import remove


def target_repository(settings: Settings) -> Repository:
    """As it is here. An address that was never fetched is, once. Raises RepositoryError."""
    where = settings.target.repository
    if where is None:
        raise RepositoryError("target.repository is empty. Name the folder of the repository to propose changes for.")
    return _clone(where, settings)[0] if isinstance(where, Remote) else Repository(where, _access(settings))


def refreshed(settings: Settings, progress: Callable[[str], None]) -> None:
    """Fetches an address at the start of a pass. Where that fails, the clone of an earlier pass is gone on with."""
    where = settings.target.repository
    if not isinstance(where, Remote):
        return
    progress(f"fetching {where}")
    try:
        repository, is_new = _clone(where, settings)
        if not is_new:
            repository.fetch(where.url)
    except RepositoryError as error:
        progress(f"{str(error).splitlines()[0]}; going on with what is here")


def _clone(remote: Remote, settings: Settings) -> tuple[Repository, bool]:
    """The bare clone, and whether it was made just now."""
    at = settings.state.resolve() / "clones" / hashlib.sha256(remote.url.encode()).hexdigest()[:16]
    at.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(at.with_suffix(".lock")):
        if at.exists():
            return Repository(at, _access(settings)), False
        return _made(remote, at, _access(settings)), True


def _access(settings: Settings) -> Access | None:
    """The token's, which reaches the one repository of the settings and no other."""
    return address_of(settings.github).access if settings.publish.kind == "github" else None


def _made(remote: Remote, at: Path, access: Access | None) -> Repository:
    """Whole or not at all: a killed run leaves a folder of another name, which the next one removes."""
    part = at.with_suffix(".part")
    remove(part)
    part.mkdir()
    try:
        Repository.made(part, access).fetch(remote.url)
    except RepositoryError:
        remove(part)
        raise
    part.rename(at)
    return Repository(at, access)
