"""Text that came out of telemetry. Anyone who can make an application log a string can write it.

`Untrusted` holds free text and cannot be printed by accident: formatting, joining and concatenating raise.
`Name` holds an identifier (a service, an operation, a model); whatever could carry markup was taken out of it.
Standard library only.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final, NoReturn, Self

_NAME_LIMIT: Final = 120
_NOT_IN_A_NAME: Final = re.compile(r"[^\w ./:<>{}+*=,%&$-]")


class Name(str):
    """An identifier out of telemetry, safe to print: one line, no markup, no mention, at most 120 characters.

    Characters that could carry markup, a mention, a link's brackets or a terminal's control sequence become `_`.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        folded = unicodedata.normalize("NFKC", text).strip()
        cleaned = _NOT_IN_A_NAME.sub("_", folded)
        return super().__new__(cls, cleaned[:_NAME_LIMIT] or "_")


class Untrusted:
    """Free text out of telemetry. `quoted` is the only way to see it; everything else raises `TypeError`."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def quoted(self, limit: int = 200) -> str:
        """One line of at most `limit` characters in which nothing renders, links, mentions or closes an issue."""
        raise NotImplementedError  # TODO analyzers author

    def raw_for_storage(self) -> str:
        """The text as it came, for the store and the ledger alone. A test lists who may call this."""
        return self._text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Untrusted) and other._text == self._text

    def __hash__(self) -> int:
        return hash((Untrusted, self._text))

    def __len__(self) -> int:
        return len(self._text)

    def __repr__(self) -> str:
        return f"Untrusted({len(self._text)} characters)"

    def _refuse(self, *_: object) -> NoReturn:
        raise TypeError("text from telemetry is printed through quoted() only")

    __str__ = __format__ = __add__ = __radd__ = __iter__ = __getitem__ = __contains__ = __mod__ = _refuse  # type: ignore[assignment]
