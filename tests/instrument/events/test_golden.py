"""The file that both sides of the event log are tested with."""

from __future__ import annotations

from tests.instrument.events.golden import GOLDEN, lines


def test_the_lines_are_as_the_file_has_them() -> None:
    """Whoever changes what is written writes the file anew, and what reads it is tested with that."""
    assert "".join(lines()) == GOLDEN.read_text(encoding="utf-8")
