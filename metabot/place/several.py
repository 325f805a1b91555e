"""The answer of a search that must not guess."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Several:
    """More than one place fits equally well."""

    places: tuple[str, ...]  # of the repository: path and symbol
