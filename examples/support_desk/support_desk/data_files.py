"""The files in `data/`: one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_DATA = Path(__file__).parent / "data"


def rows(name: str) -> Iterator[dict[str, Any]]:
    for line in (_DATA / name).read_text(encoding="utf-8").splitlines():
        yield json.loads(line)
