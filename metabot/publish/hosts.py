"""Which host a repository's pull requests live on, by the settings."""

from __future__ import annotations

from metabot.config import Settings
from metabot.git import Repository
from metabot.publish.host import Host
from metabot.publish.local_host import LocalHost


def host_of(settings: Settings, repository: Repository) -> Host:
    """Asks nothing of it yet."""
    return LocalHost(repository, settings)
