"""How much work it is to find out which trace a line belongs to."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.telemetry.agent_logs import lineage
from metabot.telemetry.agent_logs.lineage import Lineage, Link
from metabot.telemetry.record import Reject

Lines = list[Link[int]]


def link(own: str, parent: str | None, start: int, length: int = 0, number: int = 0) -> Link[int]:
    return Link(
        line=number, place="", id=own, parent=parent, span_id=own, start_ns=start, end_ns=start + length
    )  # fmt: skip


def claimed(size: int) -> Lines:
    """Many children wait for an id; as many lines have it, none of which was open when they began."""
    waiting = [link(f"c{number}", "p", 0) for number in range(size)]
    return [*waiting, *(link("p", "q", 10**9) for _ in range(size))]


def late(size: int) -> Lines:
    """Many lines have an id, all of them later than the children that come behind them."""
    return [*(link("p", None, 10**9) for _ in range(size)), *(link(f"c{number}", "p", 0) for number in range(size))]


def chain(size: int) -> Lines:
    """Each is below the one before it, and nothing is above the first."""
    return [link(str(number), str(number - 1), 0) for number in range(size)]


def circle(size: int) -> Lines:
    """Each is below the one before it, and the first below the last."""
    return [link(str(number), str((number - 1) % size), 0) for number in range(size)]


def read(lines: Lines) -> Iterator[int | Reject]:
    known: Lineage[int] = Lineage("test", now_ns=lambda: 10**18)
    for one in lines:
        yield from (found if isinstance(found, Reject) else found[0].line for found in known.add(one))
    yield from (found if isinstance(found, Reject) else found[0].line for found in known.rest())


def work(lines: Lines) -> int:
    """How many lines of the module were run."""
    steps = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal steps
        steps += event == "line"
        return trace if frame.f_code.co_filename == lineage.__file__ else None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        assert sum(1 for _ in read(lines)) == len(lines)
    finally:
        sys.settrace(before)
    return steps


@pytest.mark.parametrize("shape", [claimed, late, chain, circle])
def test_twice_the_lines_are_twice_the_work(shape: Any) -> None:
    """Whatever a hostile file holds: four times the work would stop a load."""
    assert work(shape(800)) < 2.5 * work(shape(400))


_IDS = st.sampled_from("abcd")


@given(st.lists(st.tuples(_IDS, st.none() | _IDS, st.integers(0, 4), st.integers(0, 10**7)), max_size=12))
def test_each_line_comes_out_once(told: list[tuple[str, str | None, int, int]]) -> None:
    """Whoever is whose parent, in whatever order, and in circles."""
    lines = [
        link(own, parent, second * 10**6, length, number) for number, (own, parent, second, length) in enumerate(told)
    ]
    assert sorted(number for number in read(lines) if isinstance(number, int)) == list(range(len(told)))
