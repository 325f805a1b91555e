"""docs/monitor.md holds with what it says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

from metabot_instrument.monitor.session import HEARD
from metabot_instrument.monitor.thresholds import Thresholds, ToolLimits
from tests.instrument.monitor.golden_export import GOLDEN

PAGE = (Path(__file__).parents[3] / "docs/monitor.md").read_text(encoding="utf-8")


def test_its_example_runs(tmp_path: Path) -> None:
    """Nothing fails in it, and the export is there."""
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    program = f"{example}\nfrom metabot_instrument import failures\nassert failures() == {{}}"
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "idle 1\n", "")
    assert json.loads((tmp_path / "monitor.json").read_text())["format"] == "metabot-monitor"


def test_every_field_of_the_export_stands_in_its_table() -> None:
    """At the top and one below it; names of tools, states and models apart."""
    table = PAGE[PAGE.index("## The export") :]
    export = json.loads(GOLDEN.read_text(encoding="utf-8"))
    for field, value in export.items():
        assert f"`{field}" in table
        below = value if field in ("llm", "memory", "session", "unmatched") else {}
        assert all(f"`{name}`" in table or f"`{field}.{name}" in table for name in below)
    for one in (export["tools"]["search"], export["states"]["IDLE"], export["llm"]["recent"][0], export["alerts"][0]):
        assert all(f"`{name}`" in table for name in one)


def test_every_signal_and_threshold_is_named() -> None:
    """With its default."""
    for name in HEARD:
        assert f"`{name}`" in PAGE or f"`{name.rpartition(':')[2]}`" in PAGE or name.startswith("cycle:")
    for field in fields(ToolLimits):
        default = "none" if field.default is None else field.default
        assert f"| `tool.{field.name}` | {default} |" in PAGE
    for name in ("memory_percent", "tokens"):
        assert f"| `{name}` |" in PAGE
    assert f"| {Thresholds().memory_percent:g} |" in PAGE
