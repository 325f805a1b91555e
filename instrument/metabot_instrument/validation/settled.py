"""What the settings of a validator must be."""

from __future__ import annotations

from typing import Final

from metabot_instrument.validation.misuse import misuse

_MOST: Final = 1e9  # of anything: more is a mistake


def positive(validator: object, *names: str, whole: bool = False) -> None:
    """Raises ValueError for a setting that is no number above 0, or absurd."""
    for name in names:
        value = getattr(validator, name)
        if isinstance(value, bool) or not isinstance(value, int if whole else int | float) or not 0 < value <= _MOST:
            advice = f"Say a {'whole ' if whole else ''}number above 0 and up to {_MOST:,.0f}."
            raise misuse(getattr(validator, "name", ""), f"{name} = {value!r:.100} will not do", advice)
