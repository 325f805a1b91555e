"""docs/monitoring.md holds with what it says."""

from __future__ import annotations

import re
from inspect import signature
from pathlib import Path

from metabot_instrument.monitoring.registry import NEEDED, TYPES, monitors_of

PAGE = (Path(__file__).parents[3] / "docs/monitoring.md").read_text(encoding="utf-8")


def test_every_setting_stands_there_with_its_default():
    """Of every monitor that is shipped."""
    told, monitor = [], ""
    for name, setting, default in re.findall(r"^\| (`\w+`)? ?\| `(\w+)` \| `(.+?)` \|", PAGE, re.MULTILINE):
        monitor = name or monitor
        told.append((monitor.strip("`"), setting, default))
    there = [
        (kind, name, str(one.default))
        for kind in TYPES
        for name, one in signature(type(monitors_of([{"type": kind}])[0])).parameters.items()
    ]
    assert sorted(told) == sorted(there)


def test_what_a_monitor_needs_stands_there():
    """Each method in the table."""
    assert all(f"`{each}`" in PAGE for each in NEEDED)
