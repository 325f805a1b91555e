"""What people tell metabot in comments: `/metabot decline <reason>`, `/metabot pause` and `/metabot resume`.

Pure. Read as Markdown is: a command is a line of its own in a plain paragraph. What stands in a quotation, a list, a
heading, a code block, a code span or a hidden comment is no command. Who may give one is asked elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

REASON: Final = 500  # characters of a reason that are kept
_READ: Final = 65_536  # characters of a comment, as many as GitHub takes
_HINT: Final = re.compile(r"^ {0,3}/metabot\b", re.IGNORECASE | re.MULTILINE)
_COMMAND: Final = re.compile(r"/metabot[ \t]+([a-z]{1,20})(?:[ \t]+(.*))?", re.IGNORECASE)
_BLOCKS: Final = ("blockquote", "code", "fence", "heading", "hr", "html_block", "lheading", "list", "reference")
_INLINE: Final = ("backticks", "html_inline", "newline")


@dataclass(frozen=True, slots=True)
class Command:
    verb: str  # in small letters; metabot may not know it
    reason: str  # what else the line says, in the person's words


def addressed(text: str) -> bool:
    """Whether it is worth reading: some line begins like a command. Cheap, for texts of strangers."""
    return _HINT.search(text[:_READ].replace("\r", "\n")) is not None


def commands(text: str) -> list[Command]:
    """In the order in which they stand."""
    found = (_COMMAND.fullmatch(line.strip()) for line in _plain_lines(text[:_READ]))
    return [Command(match[1].lower(), (match[2] or "").strip()[:REASON]) for match in found if match]


def _plain_lines(text: str) -> Iterator[str]:
    tokens = _markdown().parse(text)
    for before, token in pairwise(tokens):
        if before.type == "paragraph_open" and before.level == 0:
            yield from _lines(token.children or ())


def _lines(children: Sequence[Token]) -> Iterator[str]:
    """Those that are plain text from their beginning."""
    line, plain = "", True
    for child in children:
        if child.type in ("softbreak", "hardbreak"):
            if plain:
                yield line
            line, plain = "", True
        elif child.type.startswith("text") or line.strip():
            line += child.content
        else:
            plain = False
    if plain:
        yield line


@cache
def _markdown() -> MarkdownIt:
    """Without links and emphasis: they decide nothing here, and take long on what was made to take long."""
    from markdown_it import MarkdownIt  # noqa: PLC0415  most commands read no comment

    return MarkdownIt("zero", {"html": True}).enable([*_BLOCKS, *_INLINE])
