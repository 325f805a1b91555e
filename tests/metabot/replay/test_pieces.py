"""Hashes of lines, and sketches of many of them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from metabot.replay.pieces import KEPT, overlap, pieces, sketch, text_hash
from metabot.telemetry import pieces as stored


@given(st.text(st.characters(exclude_categories=())) | st.text("a \n\t", max_size=900))
def test_the_hashes_are_the_stores(text: str) -> None:
    """The rules stand twice, because the replay runs alone: they must stay the same."""
    assert pieces(text) == [f"{piece.hash:016x}" for piece in stored.cut(text)]
    assert text_hash(text) == f"{stored.hash_text(text):016x}"


def of(*lines: object) -> tuple[str, ...]:
    return sketch(text_hash(str(line)) for line in lines)


def test_small_sets_are_compared_exactly() -> None:
    """Two of four lines in all; nothing and nothing are equal."""
    assert overlap(of(1, 2, 3), of(2, 3, 4)) == 0.5
    assert overlap((), ()) == 1.0
    assert overlap((), of(1)) == 0.0


def test_large_sets_are_compared_by_their_sketches() -> None:
    """Within a tenth of the truth, a half, with a bounded number of hashes."""
    one, other = of(*range(3_000)), of(*range(1_000, 4_000))
    assert len(one) == KEPT
    assert abs(overlap(one, other) - 0.5) < 0.1
