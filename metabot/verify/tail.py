"""The end of a command's output, as a person may read it."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

KEPT: Final = 4_000  # characters
_BYTES: Final = 4 * KEPT + 3  # a character is at most four bytes of UTF-8, and the first may be cut
_TERMINAL: Final = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[@-_])")


class Tail:
    """Takes bytes without end and keeps the last of them."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def add(self, chunk: bytes) -> None:
        self._bytes += chunk
        if len(self._bytes) > 2 * _BYTES:
            del self._bytes[:-_BYTES]

    def text(self) -> str:
        """The last 4,000 characters, without terminal sequences and characters that control or do not show."""
        plain = _TERMINAL.sub("", self._bytes.decode(errors="replace").replace("\r\n", "\n"))
        shown = (c for c in plain if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf"))
        return "".join(shown)[-KEPT:]
