"""The end of each line: who wrote it, and the how-manieth of that writer it is."""

from __future__ import annotations

import os
import re


def new_writer() -> str:
    """Eight hex digits for one process's writing to one log."""
    return os.urandom(4).hex()


def stamped(line: bytes, writer: str, seq: int) -> bytes:
    """A JSON object that is not empty, with `writer` and `seq` as its last keys, as a line."""
    return b'%b,"writer":"%b","seq":%d}\n' % (line.rstrip()[:-1], writer.encode(), seq)


def stamp_of(writer: str) -> re.Pattern[bytes]:
    """Finds the number at the end of a line of `writer`; text inside cannot look like it: its quotes are escaped."""
    return re.compile(rb'"writer":"%b","seq":(\d+)\}\Z' % writer.encode())
