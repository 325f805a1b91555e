"""What publishing needs of the place where pull requests live: a folder beside a git remote, or GitHub.

Titles, bodies, comments and names in here were written by whoever may write there, so they are read and never followed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

# GitHub takes 65,536 characters in a text, of which a host's own hidden marks need a few.
LARGEST_TEXT: Final = 65_000

STOP_FILE: Final = ".github/metabot.stop"
STOP_LABEL: Final = "metabot: stop"

PullState = Literal["open", "closed", "merged"]
Right = Literal["contents", "pull requests", "issues", "checks", "workflows", "administration", "secrets", "actions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HostedPull:
    """A pull request as it stands there now. Times are UTC nanoseconds since 1970."""

    number: int
    title: str
    body: str
    state: PullState
    draft: bool
    branch: str
    own_branch: bool  # of the repository itself, where only people with write access push: no fork's
    head_revision: str
    base_branch: str
    author: str
    own: bool = True  # it has metabot's block, or metabot's account opened it: a person may use the same branch
    labels: tuple[str, ...]
    where: str  # its address, or the path of its text
    created_ns: int
    updated_ns: int
    ended_ns: int | None = None  # when it was closed or merged
    ended_by: str | None = None  # who did, where that is told
    merged_revision: str | None = None
    unfinished: bool = False  # opened by a process that ended before its labels: `open_draft` once more finishes it


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is opened. Its branch is pushed already."""

    title: str
    body: str
    branch: str
    base_branch: str
    labels: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()  # logins, and teams as `owner/team`; one that cannot be asked is left out


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    id: int
    author: str
    body: str
    created_ns: int
    own: bool  # metabot's
    key: str = ""  # of metabot's own: what `Host.say` said it for


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    revision: str
    author_email: str
    committer_email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    name: str
    state: Literal["passed", "failed", "pending"]
    required: bool | None  # None: who may not see the branch's protection cannot tell
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """The one issue, or file, that metabot edits in place."""

    number: int
    body: str
    labels: tuple[str, ...]
    open: bool
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What the token may do here. A right of unknown extent is in none of the three."""

    login: str
    granted: frozenset[Right]
    missing: frozenset[Right]  # that metabot needs
    excessive: frozenset[str]  # that metabot does not need: rights, scopes, or other repositories
    expires_ns: int | None = None
    answered_ns: int | None = None  # by the place's own clock


class Host(Protocol):
    """Every method raises `PublishError` where the place refuses or cannot be reached, after it was tried again.

    What changes something changes it once: called again after a process that was ended in between, it finds what is
    there.
    """

    @property
    def name(self) -> str:
        """The repository as people write it there: `owner/name`, or the folder."""

    @property
    def closes_with_branch(self) -> bool:
        """Whether a pull request ends there with its branch, so that one that is open has one."""

    def pulls(self) -> Sequence[HostedPull]:
        """All that metabot could have opened, open and ended, newest first: from branches `metabot/…` of its own."""

    def pull(self, number: int) -> HostedPull: ...

    def others(self) -> Iterable[HostedPull]:
        """Open pull requests of everybody else."""

    def open_draft(self, draft: Draft) -> HostedPull:
        """Opens a draft, or finishes and gives the one that is open for its branch. Texts keep to `LARGEST_TEXT`."""

    def edit(self, number: int, *, title: str | None = None, body: str | None = None) -> None: ...

    def close(self, number: int) -> None:
        """Closes it; the branch stays until `delete_branch`."""

    def commits(self, number: int) -> Sequence[Commit]:
        """Those that its branch has beyond its base, oldest first."""

    def changed(self, number: int, among: Collection[str]) -> dict[str, str | None]:
        """Those of these files that it changes, as its head holds them; None: deleted, binary or too large to tell."""

    def checks(self, revision: str) -> Sequence[Check]: ...

    def comments(self, number: int, *, since_ns: int = 0) -> Sequence[Comment]:
        """On a pull request, with what was written in reviews, or on the dashboard; oldest first."""

    def say(self, number: int, key: str, text: str) -> None:
        """Comments once for each key, which stands hidden in the comment; with another text that comment is edited."""

    def may_write(self, login: str) -> bool:
        """Whether somebody has write access to the repository; a deleted account has none."""

    def dashboard(self) -> Dashboard | None: ...

    def write_dashboard(self, title: str, body: str) -> Dashboard:
        """Makes or edits the one dashboard; one that a person closed is edited and stays closed."""

    def branch(self, name: str) -> str | None:
        """The commit at which a branch stands; its objects are in the target repository here then."""

    def push(self, branch: str, revision: str) -> None:
        """Makes a branch or moves it forward, never otherwise; the objects come from the target repository here."""

    def delete_branch(self, name: str, *, at: str) -> None:
        """Only while it stands `at` this commit; one that is gone is gone."""

    def stopped(self) -> str | None:
        """Why metabot may not act here, in words: the file `.github/metabot.stop` in the base branch, or the label
        `metabot: stop` on its dashboard."""

    def rights(self) -> Rights: ...
