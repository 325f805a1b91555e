"""What a monitor is, and what it finds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol, runtime_checkable

from metabot_instrument.monitoring.observation import Observation


@dataclass(frozen=True, slots=True)
class Found:
    """Something that a person may want to look at."""

    kind: str  # one of the monitor's own few words, so that they can be counted
    about: str  # the action or the session
    says: str  # with its figures, in a sentence
    figures: Mapping[str, float | str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@runtime_checkable
class Monitor(Protocol):
    """One thread at a time calls it."""

    name: str

    def take(self, seen: Observation) -> None:
        """What it remembers has to be bounded, whatever names are seen. Numbers are finite and at least 0."""

    def found(self) -> Sequence[Found]: ...

    def figures(self) -> dict[str, Any]:
        """What JSON can say."""

    def reset(self) -> None:
        """Forgets everything; called in a forked child, too."""
