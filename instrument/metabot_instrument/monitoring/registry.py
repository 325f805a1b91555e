"""The monitors that there are, by type."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from metabot_instrument.monitoring.monitor import Monitor
from metabot_instrument.typed_tables import made_of

MONITORS: Final = {
    "performance": "metabot_instrument.monitoring.performance:Performance",
    "error_analysis": "metabot_instrument.monitoring.error_analysis:ErrorAnalysis",
    "usage_patterns": "metabot_instrument.monitoring.usage_patterns:UsagePatterns",
}


def monitors_of(tables: Iterable[Mapping[str, Any]]) -> list[Monitor]:
    """Raises ValueError where a table names no monitor, or one that does not know its keys."""
    found: list[Monitor] = []
    for number, table in enumerate(tables, 1):
        where = f"monitors, table {number}"
        made = made_of(table, MONITORS, where)
        if not isinstance(made, Monitor):
            raise ValueError(f"{where}: {table['type']} is no monitor. Give it {', '.join(_NEEDED)}.")  # noqa: TRY004
        found.append(made)
    return found


_NEEDED: Final = ("name", "take(seen)", "found()", "figures()", "reset()")
