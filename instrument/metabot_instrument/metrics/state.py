"""A group of gauges from one object that says how the application stands: a dataclass, a mapping, or any object.

The first of a gauge's names that the object has is taken, the later ones being those of earlier systems; what it lacks,
or has as None, stays as it was. A collection is counted. Agents are said all together: of a type that was there before
and is not now, none is at work.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sized
from typing import Final

NAMES: Final = {
    "pforge_efficiency": ("efficiency", "pforge_efficiency", "e_intelligent"),
    "pforge_entropy": ("entropy", "pforge_entropy"),
    "pforge_gaps": ("gaps", "pforge_gaps", "pforge_gaps_total", "empty_spaces"),
    "pforge_misfits": ("misfits", "pforge_misfits", "pforge_misfits_total"),
    "pforge_false_pieces": ("false_pieces", "falsePieces", "pforge_false_pieces", "pforge_false_pieces_total"),
}
ACTIVE: Final = ("agents_active", "agentsActive", "active_agents", "pforge_agents_active")  # a mapping by type


def levels(state: object) -> Iterator[tuple[str, object]]:
    """Gauges and what the object says of each."""
    for gauge, names in NAMES.items():
        said = _first(state, names)
        if said is not None:
            yield gauge, len(said) if isinstance(said, Sized) and not isinstance(said, str | bytes) else said


def active(state: object) -> Mapping[str, object] | None:
    """All agents at work by type; a plain number is of the type `any`. None where nothing is said of them."""
    said = _first(state, ACTIVE)
    if said is None or isinstance(said, Mapping):
        return said
    return {"any": said}


def _first(state: object, names: tuple[str, ...]) -> object:
    found = (state.get(name) if isinstance(state, Mapping) else getattr(state, name, None) for name in names)
    return next((value for value in found if value is not None), None)
