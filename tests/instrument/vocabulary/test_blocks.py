from hypothesis import given
from hypothesis import strategies as st

from metabot_instrument.vocabulary.blocks import SIZE, chained, shared

TEXTS = st.lists(st.text(max_size=3 * SIZE), max_size=4)


def test_a_prompt_shorter_than_a_block_has_none():
    """What is too short to be kept by a cache has nothing to share."""
    assert chained([]) == ()
    assert chained(["x" * (SIZE - 2)]) == ()
    assert len(chained(["x" * (SIZE - 1)])) == 1  # with the end of the text


@given(TEXTS, TEXTS, TEXTS)
def test_two_prompts_share_the_whole_blocks_of_what_they_begin_with(begin, one, other):
    """As many as are equal characters from the start, cut to whole blocks: seen in hashes alone."""
    mine, theirs = ("".join(text + "\x1e" for text in begin + rest) for rest in (one, other))
    equal = next(
        (at for at, (a, b) in enumerate(zip(mine, theirs, strict=False)) if a != b), min(len(mine), len(theirs))
    )
    assert shared(chained(begin + one), chained(begin + other)) == equal // SIZE


def test_a_block_stands_for_everything_before_it():
    """The same text behind another beginning is another block."""
    behind = "z" * 4 * SIZE
    assert not set(chained(["a", behind])) & set(chained(["b", behind]))


def test_texts_are_told_apart_by_where_they_end():
    """Two messages are not one message with the same characters."""
    assert chained(["ab", "c" * SIZE]) != chained(["a", "b" + "c" * SIZE])


def test_the_hashes_are_a_format():
    """Other programs that hash the same texts have to get these very numbers."""
    assert chained(["a" * 600]) == (FIRST, SECOND)
    assert len(chained(["\ud800" * SIZE])) == 1


FIRST, SECOND = 14895584802429729375, 5493448151317816250
