"""Text that came out of telemetry. Anyone who can make an application log a string can write it.

`Untrusted` holds free text and cannot be printed by accident: formatting, joining and concatenating raise.
`Name` holds an identifier (a service, an operation, a model); whatever could carry markup was taken out of it.
Standard library only.

What renders, links or mentions is taken from GitHub Flavored Markdown (https://github.github.com/gfm/) and GitHub's
references (https://docs.github.com/en/get-started/writing-on-github, autolinked references and closing keywords).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final, NoReturn, Self

_NAME_LIMIT: Final = 120
_NOT_IN_A_NAME: Final = re.compile(r"[^\w ./:‹›{}+*=,%&$-]|[\u115f\u1160\u3164\uffa0]")
_ANGLES: Final = str.maketrans("<>", "‹›")
_LINKED_IN_A_NAME: Final = re.compile(r"(?<=:)//|(?<=www)\.|(?<=GH)-(?=\d)", re.IGNORECASE)

# Printable, yet nothing to see: fillers, the blank braille pattern, joiners and variation selectors can carry hidden
# text. (Unicode's Default_Ignorable_Code_Point, without those that the category test already finds.)
_INVISIBLE: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_UNSEEN_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_MARKS_ON_ONE_LETTER: Final = 2  # living scripts need no more; a stack of them covers the lines around it

_INERT: Final = str.maketrans(
    {
        "`": "'",
        "“": '"',
        "”": '"',
        "\\": "⧵",  # so that the escapes that stand in a quotation are ours
        "<": "‹",
        ">": "›",
        "[": "⁅",
        "]": "⁆",
        "*": "∗",
        "~": "∼",
        "|": "¦",
        "@": "(at)",
        "#": "♯",
        "$": "﹩",
        "&": "＆",  # an entity such as &#64; would be an @ again once rendered
    }
)
_LINKING: Final = (
    (re.compile(r"(?<=:)//"), "∕∕"),
    (re.compile(r"(?<=www)\.", re.IGNORECASE), "·"),
    (re.compile(r"(?<=GH)-(?=\d)", re.IGNORECASE), "‑"),
    (re.compile(r":(?=[\w+-]+:)"), "∶"),  # :emoji:
    (re.compile(r"(?<![^\W_])_|_(?![^\W_])"), "ˍ"),  # emphasis; an underscore within a word renders as itself
)


class Name(str):
    """An identifier out of telemetry, safe to print: one line, no markup, no mention, at most 120 characters.

    Characters that could carry markup, a mention, a link or a terminal's control sequence become `_`; angle brackets
    become `‹ ›`. A name of a name is the same name.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        folded = unicodedata.normalize("NFKC", text[: 4 * _NAME_LIMIT]).translate(_ANGLES)
        cleaned = _LINKED_IN_A_NAME.sub("_", _NOT_IN_A_NAME.sub("_", folded.strip()))
        return super().__new__(cls, cleaned[:_NAME_LIMIT].strip() or "_")


class Untrusted:
    """Free text out of telemetry. `quoted` is the only way to see it; everything else raises `TypeError`.

    It is no `str`: joining, adding, iterating and encoding it fail by themselves, and the type checker says so before.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def quoted(self, limit: int = 200) -> str:
        """The text between “ and ”: one line of at most `limit` characters that reads the same wherever it is put.

        White space becomes one space; control, zero-width and bidirectional characters are shown as escapes;
        characters that Markdown, HTML, GitHub or a terminal would act on are replaced by look-alikes. What is cut off
        is marked by `…`. A bare commit id stays one, and may be linked to its own repository's commit.

        Raises `ValueError` for a limit under 3, the marks themselves.
        """
        if limit < 3:
            raise ValueError(f"quoted(limit={limit}) leaves no room for the quotation marks: use 3 or more")
        head = self._text[: 8 * limit]  # a text of megabytes costs no more than its beginning
        kept: list[str] = []
        room = limit - 2
        for piece in _visible(" ".join(head.split())):
            if len(piece) > room:
                return _marked("".join(kept), limit, cut=True)
            kept.append(piece)
            room -= len(piece)
        return _marked("".join(kept), limit, cut=len(self._text) > len(head))

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

    def __str__(self) -> NoReturn:
        raise TypeError("text from telemetry is printed through quoted() only")

    def __format__(self, _: str) -> NoReturn:
        raise TypeError("text from telemetry is printed through quoted() only")


def _marked(text: str, limit: int, *, cut: bool) -> str:
    if cut:
        return f"“{text[: limit - 3].rstrip('_')}…”"  # an underscore is harmless within a word only
    return f"“{text}”"


def _visible(line: str) -> Iterator[str]:
    """The inert form of a line, in pieces that a cut must not divide."""
    for pattern, replacement in _LINKING:
        line = pattern.sub(replacement, line)
    marks = 0
    for character in line:
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if category in _UNSEEN_CATEGORIES or marks > _MARKS_ON_ONE_LETTER or _INVISIBLE.match(character):
            yield _escape(character)
        else:
            yield character.translate(_INERT)


def _escape(character: str) -> str:
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
