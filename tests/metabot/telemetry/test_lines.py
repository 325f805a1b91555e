from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from metabot.telemetry.lines import lines


def test_lines_keep_their_ends_and_lose_the_mark_of_the_byte_order():
    """The last one may have none."""
    assert list(lines([b"\xef\xbb\xbfa\r\n\nb"])) == ["a\r\n", "\n", "b"]
    assert list(lines([])) == []


def test_a_character_may_lie_in_two_chunks_and_a_broken_one_is_a_question_mark():
    """Nothing is lost around it."""
    whole = "né\n".encode()
    assert list(lines([whole[:2], whole[2:]])) == ["né\n"]
    assert list(lines([b"a\xffb\n"])) == ["a\ufffdb\n"]


@given(st.text(), st.lists(st.integers(0, 50)))
def test_the_chunks_do_not_matter(text, cuts):
    """Together the lines are the text, wherever the bytes are cut."""
    text = text.replace("\ufeff", "")
    data = text.encode()
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    pieces = [data[start:end] for start, end in pairwise(places) if start < end]
    assert "".join(lines(pieces)) == text


def test_of_a_line_without_end_the_beginning_is_kept():
    """The lines behind it are whole."""
    first, second = lines([b"a" * 10] * 1_000 + [b"\nb\n"], longest=20)
    assert (len(first), first[:3], second) == (31, "aaa", "b\n")
