"""What is written today is what the file says, which the bot's reader is tested with."""

from __future__ import annotations

from tests.instrument.traces.golden import GOLDEN, lines


def test_the_file_is_what_is_written() -> None:
    """Whoever changes a line sees it in the file's difference."""
    assert "".join(lines()) == GOLDEN.read_text(encoding="utf-8")
