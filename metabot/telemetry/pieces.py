"""A prompt cut into pieces, so that prompts can be compared and found again without keeping their text.

A piece is one line: white space around it is stripped for the hash, a line that is empty then is dropped, and a
stripped line of more than 256 characters is cut every 256. Lines end at a line feed alone. A piece's hash is the
8-byte BLAKE2b digest of its UTF-8 text as a big-endian unsigned integer. Its length counts every character of the raw
text that it covers: white space, line end and the dropped lines behind it (the first piece also covers those before
it), so that the lengths add up to the text's.

Two programs that hash the same text get the same pieces: these rules are a format. Change them, and what is stored
must be read again.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from metabot_instrument.vocabulary.blocks import hash_text

__all__ = ["LONGEST", "Piece", "cut", "hash_text"]

LONGEST: Final = 256  # characters


class Piece(NamedTuple):
    hash: int
    chars: int


def cut(text: str) -> list[Piece]:
    """The pieces of one text, in order; none where it is white space alone."""
    pieces: list[Piece] = []
    uncovered = 0  # characters of dropped lines that no piece covers yet
    for line in _lines(text):
        stripped = line.strip()
        if not stripped and pieces:
            pieces[-1] = Piece(pieces[-1].hash, pieces[-1].chars + len(line))
        elif not stripped:
            uncovered += len(line)
        else:
            pieces += _of_line(stripped, around=uncovered + len(line) - len(stripped))
            uncovered = 0
    return pieces


def _lines(text: str) -> list[str]:
    *ended, last = text.split("\n")
    return [*(line + "\n" for line in ended), last]


def _of_line(stripped: str, around: int) -> list[Piece]:
    parts = [stripped[at : at + LONGEST] for at in range(0, len(stripped), LONGEST)]
    *full, last = parts
    return [*(Piece(hash_text(part), len(part)) for part in full), Piece(hash_text(last), len(last) + around)]
