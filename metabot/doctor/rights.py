"""Where pull requests go: the token, what it may do, and what it may do too much."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from metabot import temporary
from metabot.config import Settings
from metabot.doctor.clock import CLOCK_TODO, TOLERATED_NS
from metabot.doctor.line import Line, ok, problem, warning
from metabot.git import Repository
from metabot.project.origin import origin
from metabot.project.told import day
from metabot.publish.github.host import GithubHost
from metabot.publish.host import Rights

_NEEDED: Final = "contents, pull requests and issues to read and write, for this repository alone"
_PATIENCE: Final = 20.0  # seconds for rate limits and failures: somebody waits for the answer
_SOON: Final = 14 * 24 * 3_600 * 10**9


def rights(settings: Settings) -> Iterator[Line]:
    """Asks GitHub where the settings name it, and nobody else."""
    if settings.publish.kind == "local":
        yield from _local(settings)
        return
    if not settings.github.repository:
        yield problem("[github] repository is empty", "Write owner/name of the repository that pull requests go to.")
        return
    variable = settings.github.token_variable
    if not os.environ.get(variable, "").strip():
        todo = f"Make a fine-grained token ({_NEEDED}) and set it where metabot runs; docs/github.md says how."
        yield problem(f"the environment variable {variable} holds no token", todo)
        return
    with temporary.folder() as folder:
        # Nothing is pushed, so that no clone is needed.
        host = GithubHost(Repository.made(folder), settings, patience=_PATIENCE)
        yield from of_rights(host.rights(), now_ns=time.time_ns())
        stopped = host.stopped()
    if stopped is not None:
        yield warning(f"metabot is stopped there: {stopped}", "Take that back where metabot is to go on.")


def of_rights(found: Rights, *, now_ns: int) -> Iterator[Line]:
    """What is missing is a problem, what is too much a warning."""
    yield ok(f"the token is {found.login}'s; it may {', '.join(sorted(found.granted)) or 'do nothing that was told'}")
    yield from _clock(found, now_ns)
    if found.missing:
        yield problem(f"the token lacks {', '.join(sorted(found.missing))}", f"Give it {_NEEDED}.")
    if found.excessive:
        said = f"the token may do more than metabot needs: {', '.join(sorted(found.excessive))}"
        yield warning(said, f"Replace it by a fine-grained one with {_NEEDED}.")
    if found.expires_ns is not None and found.expires_ns < now_ns + _SOON:
        yield warning(
            f"the token expires on {day(found.expires_ns)}", "Make a new one before, and set it in its place."
        )


def _clock(found: Rights, now_ns: int) -> Iterator[Line]:
    """By the one clock outside that is asked anyway."""
    apart = 0 if found.answered_ns is None else now_ns - found.answered_ns
    if abs(apart) > TOLERATED_NS:
        way = "ahead of" if apart > 0 else "behind"
        yield problem(f"the clock is {abs(apart) / 6e10:.0f} minutes {way} GitHub's", CLOCK_TODO)


def _local(settings: Settings) -> Iterator[Line]:
    where, remote = settings.target.repository, settings.publish.remote
    found = origin(where) if isinstance(where, Path) else None
    unknown = remote != "origin" and isinstance(where, Path) and not Repository(where).knows_remote(remote)
    if found is None or (remote != "origin" and not unknown):
        yield ok(f"pull requests are kept in {settings.publish.pulls}, their branches at the remote {remote}")
    elif unknown or not found.has_remote:
        yield problem(
            f"{where} has no remote {remote} to push branches to",
            f"Add one (git remote add {remote} ADDRESS), or name another in [publish] remote.",
        )
    elif found.address is not None and found.address.is_github:
        yield warning(
            f"branches go to {found.address.host} {found.address.repository}, and pull requests are kept here",
            f'Write kind = "github" in [publish] and repository = "{found.address.repository}" in [github].',
        )
    else:
        yield ok(f"pull requests are kept in {settings.publish.pulls}, their branches at the remote {remote}")
