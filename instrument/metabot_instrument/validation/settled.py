"""What the settings of a validator must be."""

from __future__ import annotations

from math import isfinite


def positive(validator: object, *names: str, whole: bool = False) -> None:
    """Raises ValueError for a setting that is no number above 0."""
    for name in names:
        value = getattr(validator, name)
        kinds = int if whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds) or not isfinite(value) or value <= 0:
            kind = "whole number" if whole else "number"
            called = getattr(validator, "name", type(validator).__name__)
            raise ValueError(f"{called}: {name} = {value!r:.100} will not do. Say a {kind} above 0.")
