"""What was traced, read back from its file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from metabot_instrument.lines.writers import flush


class Trace:
    """What was traced."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def lines(self) -> list[dict[str, Any]]:
        assert flush(10.0)
        return [json.loads(line) for line in self.path.read_bytes().splitlines()] if self.path.exists() else []

    def line(self, operation: str) -> dict[str, Any]:
        (found,) = (line for line in self.lines() if line["operation"] == operation)
        return found

    def path_of(self, operation: str) -> list[str]:
        """The operations from the root to this one."""
        by_id = {line["trace_id"]: line for line in self.lines()}
        line: dict[str, Any] | None = self.line(operation)
        above = []
        while line is not None:
            above.append(line["operation"])
            line = by_id[line["parent_id"]] if line["parent_id"] else None
        return above[::-1]
