"""Where a project's repository is: its top folder, its base branch, and the address that its remote names.

Read from git's own files in the folder, not by asking a remote. An address may hold a password: only the host and the
path of a repository are taken from it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from metabot.errors import RepositoryError
from metabot.git import Repository

_SECTION: Final = re.compile(r'^[ \t]*\[remote "origin"\][ \t]*$(.*?)(?=^[ \t]*\[|\Z)', re.MULTILINE | re.DOTALL)
_URL: Final = re.compile(r"^[ \t]*url[ \t]*=[ \t]*(\S+)[ \t]*$", re.MULTILINE)
_ADDRESS: Final = re.compile(
    r"^(?:[a-z+]+://)?(?:[^@/\s]*@)?(?P<host>[A-Za-z0-9.-]+\.[A-Za-z]+)(?::\d+)?[:/]"
    r"(?P<owner>[A-Za-z0-9][A-Za-z0-9-]*)/(?P<name>[A-Za-z0-9._-]+?)(?:\.git)?/?$"
)
_LARGEST: Final = 100_000  # characters of git's settings
_ELSEWHERE: Final = re.compile(r"gitlab|bitbucket|codeberg|azure|gitea|sr\.ht", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    host: str
    repository: str  # owner/name

    @property
    def is_github(self) -> bool:
        """By its name; else it may be a GitHub Enterprise Server, or anything."""
        return self.host == "github.com" or self.host.endswith(".ghe.com")

    @property
    def api_url(self) -> str:
        """Of github.com and GitHub's own subdomains, or as a GitHub Enterprise Server with this host has it."""
        return f"https://api.{self.host}" if self.is_github else f"https://{self.host}/api/v3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    base_branch: str | None  # None: it has no commit yet
    how: str  # the branch was told
    has_remote: bool
    address: Address | None  # None: of a host that is no GitHub, by its name, or a folder


def top(folder: Path) -> Path | None:
    """The repository's top folder that `folder` is, or lies in; None where it is in none."""
    for above in (folder, *folder.parents):
        if (above / ".git").exists():
            return above
    return None


def origin(folder: Path) -> Origin | None:
    """What is known of the repository whose top this folder is; None where it is none that git takes."""
    try:
        repository = Repository(folder)
    except RepositoryError:
        return None
    branch, how = _base(repository, folder)
    url = _remote(folder)
    return Origin(base_branch=branch, how=how, has_remote=url is not None, address=_address(url or ""))


def _base(repository: Repository, folder: Path) -> tuple[str | None, str]:
    default = _referred(folder / ".git/refs/remotes/origin/HEAD", "refs/remotes/origin/")
    current = _referred(folder / ".git/HEAD", "refs/heads/")
    for branch, how in (
        (default, "the remote's default branch"),
        ("main", "a branch of this name is there"),
        ("master", "a branch of this name is there, and none called main"),
        (current, "the branch that is checked out"),
    ):
        if branch is not None and repository.resolve(f"refs/heads/{branch}") is not None:
            return branch, how
    return None, ""


def _referred(file: Path, prefix: str) -> str | None:
    named = (_small(file) or "").strip().removeprefix("ref: ")
    return named.removeprefix(prefix) if named.startswith(prefix) else None


def _remote(folder: Path) -> str | None:
    section = _SECTION.search(_small(folder / ".git/config") or "")
    url = _URL.search(section[1]) if section else None
    return url[1] if url else None


def _small(file: Path) -> str | None:
    try:
        return file.read_text("utf-8")[:_LARGEST] if file.is_file() and not file.is_symlink() else None
    except (OSError, UnicodeDecodeError):
        return None


def _address(url: str) -> Address | None:
    found = _ADDRESS.match(url)
    if found is None or _ELSEWHERE.search(found["host"]):
        return None
    return Address(host=found["host"].lower(), repository=f"{found['owner']}/{found['name']}")
