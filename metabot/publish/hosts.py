"""Which host a repository's pull requests live on, by the settings."""

from __future__ import annotations

import time
from collections.abc import Callable

from metabot.config import Settings
from metabot.git import Repository
from metabot.publish.host import Host
from metabot.publish.local_host import LocalHost


def host_of(settings: Settings, repository: Repository, *, clock: Callable[[], int] = time.time_ns) -> Host:
    """Asks nothing of it yet. SettingsError where [github] does not say enough."""
    if settings.publish.kind == "github":
        from metabot.publish.github.host import GithubHost  # noqa: PLC0415  PyGithub, which the other kind needs not

        return GithubHost(repository, settings)
    return LocalHost(repository, settings, clock=clock)
