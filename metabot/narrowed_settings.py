"""The settings as they hold for the target repository, which may narrow them by a file in its base branch."""

from __future__ import annotations

from collections.abc import Callable

from metabot.analysis import unknown_analyzers
from metabot.config import Settings
from metabot.errors import RepositoryError
from metabot.narrowing import PATH, narrowed
from metabot.verify.environment import base_of


def narrowed_settings(settings: Settings, progress: Callable[[str], None]) -> Settings:
    """By the file as it was fetched last; what of it does not hold is said. Without a repository as they are."""
    try:
        repository, revision = base_of(settings)
    except RepositoryError:
        return settings  # whoever needs the repository will say so
    found = narrowed(settings, repository.read(revision, PATH))
    for line in found.left_out:
        progress(line)
    for name in unknown_analyzers(found.settings.publish.analyzers_off):
        progress(f"{PATH}: analyzers_off names {name!r}, which is no analyzer.")
    return found.settings
