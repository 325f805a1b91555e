"""How a stop prints."""

from __future__ import annotations

from metabot.cli.outcomes import outcome_lines
from metabot.pipeline import Outcome
from metabot.stopped import Stopped
from tests.proposals import FINGERPRINT, finding


def stopped(detail: str) -> list[str]:
    end = Stopped(finding=FINGERPRINT, stage="better", reason="not measured", detail=detail)
    lines = outcome_lines([Outcome(finding=finding(), end=end)])
    return [line.strip() for line in lines[lines.index("stopped") + 2 :]]


def test_a_short_detail_stands_whole() -> None:
    """Ten lines are read."""
    assert stopped("\n".join(f"line {number}" for number in range(10))) == [f"line {number}" for number in range(10)]


def test_of_a_long_one_both_ends_stand() -> None:
    """A failing program says last what was wrong."""
    shown = stopped("\n".join(["It fails.", *(f"  File {number}" for number in range(40)), "OSError: no key"]))
    assert shown[0] == "It fails."
    assert shown[-1] == "OSError: no key"
    assert len(shown) == 11
    assert f"… metabot show {FINGERPRINT} says the rest" in shown
