"""Monitors by name, as a settings file says them: those that are shipped, or a dotted path of your own."""

from __future__ import annotations

from typing import Final

from metabot_instrument.misuse import misuse
from metabot_instrument.monitoring.monitor import Monitor
from metabot_instrument.tables import made

_HERE: Final = "metabot_instrument.monitoring"
TYPES: Final = {
    "performance": f"{_HERE}.performance:Performance",
    "error_analysis": f"{_HERE}.error_analysis:ErrorAnalysis",
    "usage_patterns": f"{_HERE}.usage_patterns:UsagePatterns",
}
NEEDED: Final = ("name", "take(seen)", "found()", "figures()", "reset()")


def monitors_of(tables: object) -> list[Monitor]:
    """Raises ValueError where a table names no monitor, or one that does not know its keys."""
    found = made(tables, section="monitors", types=TYPES, method="take")
    for at, one in enumerate(found, 1):
        if not isinstance(one, Monitor):
            raise misuse(
                f"monitors, number {at}", f"{type(one).__name__} is no monitor", f"Give it {', '.join(NEEDED)}."
            )
    return found
