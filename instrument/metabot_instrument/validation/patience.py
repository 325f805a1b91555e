"""How long the action that is being validated can still wait. Standard library only."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final


@dataclass(slots=True, eq=False)
class Patience:
    """Of one action in one pipeline; `kept` is what validators keep of it from one call to the next."""

    until: float  # of time.monotonic(); in the past where it will not be asked for again
    depth: int = 1  # above 1 where a validator validates itself
    kept: dict[object, object] = field(default_factory=dict)


patience: Final[ContextVar[Patience | None]] = ContextVar("patience", default=None)
"""None where a validator is called by nobody's pipeline."""
