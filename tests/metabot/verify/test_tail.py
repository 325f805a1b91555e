"""The end of a command's output."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot.verify.tail import KEPT, Tail


def tail(*chunks: bytes) -> str:
    kept = Tail()
    for chunk in chunks:
        kept.add(chunk)
    return kept.text()


def test_keeps_the_end() -> None:
    """Of more than it keeps, the last characters; memory does not grow with the output."""
    kept = Tail()
    for _ in range(1_000):
        kept.add(b"x" * 10_000)
    kept.add(b"end")
    assert kept.text() == "x" * (KEPT - 3) + "end"
    assert len(kept._bytes) < 100_000


def test_takes_out_what_acts_on_a_terminal() -> None:
    """Colours, titles, carriage returns, bells and characters that turn text around are gone; lines and tabs stay."""
    assert tail(b"\x1b[31mred\x1b[0m\x1b]0;title\x07\ta\r\nb\x07\r", "\u202ec\u200b".encode()) == "red\ta\nbc"


@given(st.lists(st.binary(max_size=200), max_size=20))
def test_any_bytes_in_any_pieces(chunks: list[bytes]) -> None:
    """However the bytes are cut, the text is the same, and has no control character but line ends and tabs."""
    text = tail(*chunks)
    assert text == tail(b"".join(chunks))
    assert all(character in "\n\t" or ord(character) >= 32 for character in text)


@pytest.mark.parametrize("character", ["a", "é", "€", "😀"])
def test_characters_of_several_bytes(character: str) -> None:
    """The last 4,000 characters are kept, however many bytes each of them takes."""
    assert tail(f"begin{character * KEPT}".encode()) == character * KEPT
