"""What the settings of a validator must be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from metabot_instrument.misuse import misuse

_MOST: Final = 1e9  # of anything: more is a mistake


def positive(validator: object, *names: str, whole: bool = False) -> None:
    """Raises ValueError for a setting that is no number above 0, or absurd."""
    for name in names:
        value = getattr(validator, name)
        if isinstance(value, bool) or not isinstance(value, int if whole else int | float) or not 0 < value <= _MOST:
            advice = f"Say a {'whole ' if whole else ''}number above 0 and up to {_MOST:,.0f}."
            raise _refused(validator, name, advice)


def share(validator: object, *names: str, least: float = 0) -> None:
    """Raises ValueError for a setting that is no number from `least` to 1."""
    for name in names:
        value = getattr(validator, name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= 1:
            raise _refused(validator, name, f"Say a number from {least:g} to 1.")


def one_of(validator: object, name: str, words: Sequence[str]) -> None:
    """Raises ValueError for a setting that is none of these words."""
    if getattr(validator, name) not in words:
        raise _refused(validator, name, f"Say {' or '.join(words)}.")


def listed(validator: object, name: str) -> tuple[str, ...]:
    """The texts of a list. Raises ValueError for a single one, which would be a list of its letters, and for others."""
    value = getattr(validator, name)
    if not isinstance(value, Iterable) or isinstance(value, str | Mapping):
        raise _refused(validator, name, f'Write a list, as {name} = ["message"].')
    found = tuple(value)
    if not all(isinstance(one, str) for one in found):
        raise _refused(validator, name, f'Write texts, as {name} = ["message"].')
    return found


def _refused(validator: object, name: str, advice: str) -> ValueError:
    return misuse(getattr(validator, "name", ""), f"{name} = {getattr(validator, name)!r:.100} will not do", advice)
