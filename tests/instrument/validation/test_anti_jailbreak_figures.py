"""What `docs/security.md` says of the validators' precision and recall."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_the_documented_table_is_what_the_script_prints() -> None:
    """Each figure of the table is recomputed on the sets."""
    sys.path.insert(0, str(ROOT))
    try:
        from benchmarks.validators import table
    finally:
        sys.path.remove(str(ROOT))
    assert table() in (ROOT / "docs" / "security.md").read_text("utf-8")
