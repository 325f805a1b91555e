"""Where the time of a trial went: sums, and bars for runs that went on beside each other."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.cli.proposal_runs import numbered
from metabot.cli.proposal_times import covered, time_lines
from tests.tried import tried

SPANS = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 20)).map(lambda one: (one[0], one[0] + one[1])))


@given(SPANS)
def test_a_second_in_which_several_run_counts_once(spans: list[tuple[int, int]]) -> None:
    """Beside every second marked one by one."""
    assert covered(spans) == len({second for begin, end in spans for second in range(begin, end)})


def lines(*began: float | None) -> list[str]:
    """Of a trial of 12.5 seconds with runs of 1.5 seconds each, begun at the times given."""
    made = tried()
    runs = tuple(replace(run, started=start) for run, start in zip(made.runs, began, strict=True))
    made = replace(made, runs=runs)
    return time_lines(made, numbered(made))


def test_runs_in_turn_are_shares_of_the_whole() -> None:
    """Of the same five runs, whether or not it was kept when they began."""
    known = lines(100.0, 102.0, 104.0, 106.0, 108.0)
    assert known == lines(None, None, None, None, None)
    assert known[-1].split() == ["the", "rest", "setup,", "sandbox,", "copies", "5.00", "s", "40.0%"]


def test_runs_beside_each_other_are_drawn_at_their_times() -> None:
    """Three at once, then two: 3.5 seconds in all, and the rest is what they leave of the trial."""
    shown = lines(100.0, 100.0, 100.0, 102.0, 102.0)
    assert next(line for line in shown if "the rest" in line).split()[-2:] == ["9.50", "s"]
    head, *bars = shown[shown.index("") + 1 :]
    assert head.split()[-4:] == ["0", "s", "3.5", "s"]
    assert [line.split()[0] for line in bars] == ["2", "3", "4", "5", "6"]
    columns = [(line.index("█"), len(line)) for line in bars]
    assert len({columns[0], columns[1], columns[2]}) == 1
    assert columns[3] == columns[4]
    assert columns[0][1] < columns[3][0]
    assert columns[3][1] == len(head)


@pytest.mark.parametrize("began", [(None, 100.0, 100.0, 100.0, 100.0), (None,) * 5])
def test_no_bars_where_it_is_not_known_when_each_began(began: tuple[float | None, ...]) -> None:
    """As an earlier version kept them."""
    assert "█" not in "".join(lines(*began))
