"""Sums and quantiles of values of which some are unknown."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from analyzers.usage.quantities import Spread, Tally, most_common


def spread(*values):
    return Spread.of_ns(pl.Series(values, dtype=pl.Int64))


def test_of_nothing_known_nothing_is_said():
    """Not zero: an average of unknown durations is unknown."""
    assert (spread(None).known, spread(None).unknown, spread(None).p50_seconds) == (0, 1, None)
    assert Tally.of(pl.Series([None], dtype=pl.Int64)) == Tally(known=None, unknown_calls=1)
    assert Tally.of(pl.Series([0, None], dtype=pl.Int64)) == Tally(known=0, unknown_calls=1)


def test_a_quantile_occurred():
    """Between two values the larger one: a time that somebody really waited."""
    found = spread(*(second * 10**9 for second in (4, 1, 3, 2)))
    assert (found.p50_seconds, found.p95_seconds, found.max_seconds, found.total_seconds) == (3, 4, 4, 10)


@given(st.lists(st.none() | st.integers(0, 10**15), max_size=40))
def test_quantiles_are_ordered_and_hold_their_share(values):
    """At least the share of the known values does not exceed the quantile."""
    known = [value / 1e9 for value in values if value is not None]
    found = spread(*values)
    assert (found.known, found.unknown) == (len(known), len(values) - len(known))
    if known:
        quantiles = {0.5: found.p50_seconds, 0.95: found.p95_seconds, 0.99: found.p99_seconds, 1: found.max_seconds}
        for share, value in quantiles.items():
            assert value in known
            assert sum(one <= value for one in known) >= share * len(known)
        assert list(quantiles.values()) == sorted(quantiles.values())


def test_the_most_common_stand_first():
    """And what is unknown is not among them."""
    assert most_common(pl.Series(["b", "a", None, "b", "c"]), 2) == (("b", 2), ("a", 1))
