"""The file that both sides of the monitor's export are tested with."""

from __future__ import annotations

from tests.instrument.monitor.golden_export import GOLDEN, text


def test_the_export_is_as_the_file_has_it() -> None:
    """Whoever changes what is exported writes the file anew, and what reads it is tested with that."""
    assert text() == GOLDEN.read_text(encoding="utf-8")
