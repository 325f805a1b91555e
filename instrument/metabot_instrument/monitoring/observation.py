"""An action that has ended, as a monitor sees it. Standard library only."""

from __future__ import annotations

from typing import Final, NamedTuple

LONGEST: Final = 200  # characters of a name
_LATEST: Final = 4_102_444_800.0  # 2100-01-01
_LARGEST: Final = 1e15


class Observation(NamedTuple):  # made for every action: a frozen dataclass takes four times as long
    """Of an action that succeeded, `error` is None; else it is the type of its failure, never its text."""

    kind: str  # tool, model, validator or whatever the application has
    name: str
    started: float  # Unix seconds
    duration_ms: float | None = None
    error: str | None = None
    tokens: int | None = None
    session: str | None = None


def clean(seen: Observation) -> Observation:
    """With texts of 200 characters at most, since it may wait for long, and None for what is not of its kind.

    Raises ValueError where it has no kind, no name or no time.
    """
    kind, name, started, duration_ms, error, tokens, session = seen
    if not (isinstance(kind, str) and isinstance(name, str) and _is_number(started) and started < _LATEST):
        raise ValueError("an observation without a kind, a name or a time since 1970")
    return Observation(
        kind[:LONGEST],
        name[:LONGEST],
        started,
        duration_ms if _is_number(duration_ms) else None,
        None if error is None else (error if isinstance(error, str) else type(error).__name__)[:LONGEST],
        tokens if _is_number(tokens) else None,
        session[:LONGEST] if isinstance(session, str) else None,
    )


def _is_number(value: object) -> bool:
    """One of at least 0 that can be added up."""
    return type(value) in (int, float) and 0 <= value < _LARGEST  # type: ignore[operator]
