"""How a wrong set-up is said. Standard library only."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def misuse(where: str, what: str, advice: str) -> ValueError:
    return ValueError(f"{where}: {what.rstrip('.')}.\n  {advice}")


def nearest(name: str, known: Iterable[str], more: str = "") -> str:
    """Advice on a name that is unknown."""
    names = list(known)
    near = get_close_matches(name, names, 1)
    return f"Did you mean {near[0]}?" if near else f"Known here: {', '.join(names) or 'none'}{more}."
