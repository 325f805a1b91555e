"""Lines of the deployed revision as the base branch counts them, by git's own comparison of the two."""

from __future__ import annotations

from dataclasses import replace

from metabot.git import Hunk, Repository
from metabot.place.placement import Location


def moved(location: Location, repository: Repository, deployed: str, base: str) -> Location | None:
    """The place in the base branch; None where its own lines were changed since, or the file is gone."""
    hunks = repository.hunks(deployed, base, location.path)
    if location.path not in repository.files(base) or any(_touches(hunk, location) for hunk in hunks):
        return None
    shift = sum(hunk.new_lines - hunk.old_lines for hunk in hunks if hunk.old_first < location.first_line)
    return replace(location, first_line=location.first_line + shift, last_line=location.last_line + shift)


def _touches(hunk: Hunk, location: Location) -> bool:
    if hunk.old_lines == 0:  # lines that were put behind `old_first`
        return location.first_line <= hunk.old_first < location.last_line
    return hunk.old_first <= location.last_line and location.first_line < hunk.old_first + hunk.old_lines
