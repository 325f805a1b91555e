"""An export in a file."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from metabot_instrument.boundary import contained


@contained("monitor", None)
def write(found: Mapping[str, Any], place: str | os.PathLike[str]) -> None:
    """By way of a file beside it: a reader sees the one before or this one."""
    path = Path(place)
    beside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        beside.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
