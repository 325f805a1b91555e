"""An action that has ended, as a monitor sees it. Standard library only."""

from __future__ import annotations

from typing import NamedTuple


class Observation(NamedTuple):  # made for every action: a frozen dataclass takes four times as long
    """Of an action that succeeded, `error` is None; else it is the type of its failure, never its text."""

    kind: str  # tool, model, validator or whatever the application has
    name: str
    started: float  # Unix seconds
    duration_ms: float | None = None
    error: str | None = None
    tokens: int | None = None
    session: str | None = None

    @property
    def ok(self) -> bool:
        return self.error is None
