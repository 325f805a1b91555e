"""Choosing among the places that fit, without guessing."""

from __future__ import annotations

from collections.abc import Iterable

from metabot.place.placement import Location
from metabot.place.several import Several

_ALIKE = 0.05  # sureness that no condition of ours tells apart


def chosen(found: Iterable[Location]) -> tuple[Location, ...] | Several:
    """The surest place, the others behind it; `Several` where another one is as sure."""
    ranked = sorted(dict.fromkeys(found), key=lambda one: (-one.sure, one.path, one.first_line))
    alike = [one for one in ranked if one.sure >= ranked[0].sure - _ALIKE]
    return Several(named(alike)) if len(alike) > 1 else tuple(ranked)


def named(found: Iterable[Location]) -> tuple[str, ...]:
    """Places of the repository for people, each once."""
    return tuple(dict.fromkeys(f"{one.path}:{one.symbol or one.first_line}" for one in found))
