"""What placing searches, without git: `searched({"desk/tools.py": "…"})`."""

from __future__ import annotations

from collections.abc import Mapping

from metabot.place.placement import Location
from metabot.place.several import Several
from metabot.place.sources import Source, Sources, origin


def searched(files: Mapping[str, str]) -> Sources:
    return Sources(tuple(Source(path, text, origin(path, text)) for path, text in files.items()))


def shown(found: tuple[Location, ...] | Several) -> list[str]:
    """Each place as `path:first-last symbol`, surest first; the places between which nothing is chosen after a mark."""
    if isinstance(found, Several):
        return ["?", *found.places]
    return [f"{one.path}:{one.first_line}-{one.last_line} {one.symbol}" for one in found]
