"""Self time against plain arithmetic, and on broken trees."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.latency.self_time import covered, with_self_time

SCHEMA = {
    "trace_id": pl.String,
    "span_id": pl.String,
    "parent_id": pl.String,
    "start_ns": pl.Int64,
    "end_ns": pl.Int64,
}
Row = tuple[str, str, str | None, int, int]


def self_times(*rows: Row) -> list[int]:
    spans = pl.LazyFrame(list(rows), schema=SCHEMA, orient="row")
    return with_self_time(spans).collect()["self_ns"].to_list()


def moments(start: int, end: int) -> set[int]:
    """The unit intervals that a span covers."""
    return set(range(start, end))


def brute_force(rows: Sequence[Row]) -> list[int]:
    return [
        len(
            moments(start, end).difference(
                *(
                    moments(child_start, child_end)
                    for child_trace, child, parent, child_start, child_end in rows
                    if (child_trace, parent) == (trace, span) and child != span
                )
            )
        )
        for trace, span, _, start, end in rows
    ]


@st.composite
def forests(draw: st.DrawFn) -> list[Row]:
    """Spans of a few traces whose parents are earlier, later, absent or the spans themselves."""
    ids = draw(st.lists(st.tuples(st.sampled_from("xy"), st.integers(0, 9)), unique=True, max_size=14))
    rows: list[Row] = []
    for trace, number in ids:
        parent = draw(st.none() | st.integers(0, 9).map(str))
        start = draw(st.integers(0, 30))
        rows.append((trace, str(number), parent, start, start + draw(st.integers(-3, 20))))
    return rows


@given(forests())
def test_equals_the_moments_that_no_child_covers(rows: list[Row]) -> None:
    """On any forest, with cycles, orphans and negative durations, self time is what remains moment by moment."""
    assert self_times(*rows) == brute_force(rows)


@given(forests(), st.randoms(use_true_random=False))
def test_does_not_depend_on_the_order_of_rows(rows: list[Row], random: object) -> None:
    """Spans arrive in any order."""
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert sorted(zip(shuffled, self_times(*shuffled), strict=True), key=str) == sorted(
        zip(rows, self_times(*rows), strict=True), key=str
    )


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([("t", "a", None, 0, 100)], [100], id="a leaf has all of it"),
        pytest.param(
            [("t", "a", None, 0, 100), ("t", "b", "a", 10, 30), ("t", "c", "a", 20, 40)],
            [70, 20, 20],
            id="side by side counts once",
        ),
        pytest.param(
            [("t", "a", None, 0, 100), ("t", "b", "a", 10, 90), ("t", "c", "a", 20, 30), ("t", "d", "a", 80, 95)],
            [15, 80, 10, 15],
            id="a child that ends within an earlier one",
        ),
        pytest.param(
            [("t", "a", None, 10, 20), ("t", "b", "a", 0, 15), ("t", "c", "a", 18, 90)],
            [3, 15, 72],
            id="what a child runs outside is not the parent's",
        ),
        pytest.param([("t", "a", "gone", 0, 5)], [5], id="an orphan"),
        pytest.param([("t", "a", "a", 0, 5)], [5], id="its own parent"),
        pytest.param([("t", "a", "b", 0, 9), ("t", "b", "a", 0, 4)], [5, 0], id="a cycle"),
        pytest.param([("t", "a", None, 9, 0), ("t", "b", "a", 1, 2)], [0, 1], id="the clock jumped back"),
        pytest.param([("t", "a", None, 0, 9), ("u", "b", "a", 0, 9)], [9, 9], id="the parent is of another trace"),
        pytest.param([], [], id="nothing"),
    ],
)
def test_self_time_of(rows: list[Row], expected: list[int]) -> None:
    """Each of these has gone wrong in some tool."""
    assert self_times(*rows) == expected


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 30), st.integers(0, 30))))
def test_covered_is_the_size_of_the_union(rows: list[tuple[str, int, int]]) -> None:
    """Overlapping, touching, nested and empty intervals alike; a group without any length is left out."""
    intervals = pl.LazyFrame(rows, schema={"by": pl.String, "start_ns": pl.Int64, "end_ns": pl.Int64}, orient="row")
    found = dict(covered(intervals, "by").collect().rows())
    for key in "ab":
        union: set[int] = set().union(*(moments(start, end) for by, start, end in rows if by == key))
        assert found.get(key, 0) == len(union)
