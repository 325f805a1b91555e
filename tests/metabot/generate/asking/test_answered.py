"""What is read out of whatever a server sends."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from metabot.generate.asking.answered import Answered, Failed, Piece, gathered, piece_of
from tests.model_server import chunk, usage

KEYS = st.sampled_from(["choices", "delta", "message", "content", "finish_reason", "usage", "prompt_tokens", "refusal"])
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
ANYTHING = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4))


@given(st.lists(ANYTHING, max_size=4))
def test_anything_is_read(sent: list[object]) -> None:
    """JSON of any form becomes an answer or a failure, and what an answer holds is of its type."""
    result = gathered(map(piece_of, sent))
    assert isinstance(result, Answered | Failed)
    if isinstance(result, Answered):
        assert isinstance(result.text, str)
        assert result.input_tokens is None or result.input_tokens >= 0


def test_pieces_are_put_together() -> None:
    """The text in order; the finish reason and the counts from wherever they come."""
    sent = [chunk("Here "), chunk("it is."), chunk(finish="stop"), usage(7, 3)]
    assert gathered(map(piece_of, sent)) == Answered(
        text="Here it is.", refusal="", finish_reason="stop", input_tokens=7, output_tokens=3, cached_tokens=None
    )


def test_nothing_behind_a_failure_is_read() -> None:
    """What came before it is no answer."""
    failed = Failed(why="broken")
    assert gathered([Piece(text="Here", is_choice=True), failed, Piece(finish_reason="stop")]) is failed
