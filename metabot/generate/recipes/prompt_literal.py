"""One string literal as lines of source: what is between two line ends, written as it stands in the file.

A line end is a line feed in a triple-quoted string, or the escape for one anywhere but in a raw string. A backslash
before a line feed joins two lines of the source into one of the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import libcst as cst

from metabot.place.parsing import parse_expression
from metabot.place.texts import HOLE, evaluated

Literal = cst.SimpleString | cst.FormattedString
TextOf = Callable[[cst.BaseExpression], str | None]
"""What an expression inside an f-string is, where that is known: a name of a module's constant."""

_TOKEN: Final = re.compile(r"\\\r?\n|\\.|\r?\n|[^\\\r\n]+|\r", re.DOTALL)
_RAW_TOKEN: Final = re.compile(r"\r?\n|[^\r\n]+|\r")
_JOINED: Final = re.compile(r"\\\r?\n")
_ENDS: Final = ("\n", "\r\n", "\\n")


@dataclass(frozen=True, slots=True)
class Line:
    code: str
    text: str | None  # None: an expression makes a part of it
    expressions: tuple[str, ...]  # {now:%H:%M}, as written


@dataclass(frozen=True, slots=True)
class Lines:
    opening: str  # prefix and quotes, with a backslash and line end directly behind them
    lines: tuple[Line, ...]
    ends: frozenset[str]  # how the line ends are written
    closing: str

    def joined(self, order: list[int]) -> str:
        """The literal with its lines in another order. Only for a literal with one kind of line end.

        Where another line than before comes first in a triple-quoted string, it stays on a line of the file by itself.
        """
        (end,) = self.ends
        text = end.join(self.lines[index].code for index in order)
        own_line = order[0] != 0 and end != "\\n" and "r" not in self.opening.lower() and "\\" not in self.opening
        return self.opening + ("\\" + end if own_line else "") + text + self.closing


def lines_of(literal: Literal, text_of: TextOf) -> Lines:
    prefix, quote = literal.prefix, literal.quote
    opening = prefix + quote
    ends: set[str] = set()
    lines: list[Line] = []
    parts: list[str | cst.FormattedStringExpression] = []
    for token in _tokens(literal):
        if isinstance(token, str) and token in _ENDS:
            ends.add(token)
            lines.append(_line(parts, prefix, quote, text_of))
            parts = []
        elif isinstance(token, str) and not lines and not parts and _JOINED.fullmatch(token):
            opening += token
        else:
            parts.append(token)
    lines.append(_line(parts, prefix, quote, text_of))
    return Lines(opening, tuple(lines), frozenset(ends), quote)


def _tokens(literal: Literal) -> Iterator[str | cst.FormattedStringExpression]:
    pattern = _RAW_TOKEN if "r" in literal.prefix.lower() else _TOKEN
    if isinstance(literal, cst.SimpleString):
        yield from pattern.findall(literal.raw_value)
        return
    for part in literal.parts:
        if isinstance(part, cst.FormattedStringText):
            yield from pattern.findall(part.value)
        elif isinstance(part, cst.FormattedStringExpression):
            yield part


def _line(parts: list[str | cst.FormattedStringExpression], prefix: str, quote: str, text_of: TextOf) -> Line:
    texts: list[str | None] = []
    run = ""
    for part in parts:
        if isinstance(part, str):
            run += part
            continue
        known = text_of(part.expression) if part.format_spec is None and part.conversion is None else None
        texts += [_text(run, prefix, quote), known]
        run = ""
    texts.append(_text(run, prefix, quote))
    code = "".join(part if isinstance(part, str) else code_of(part) for part in parts)
    unknown = tuple(code_of(part) for part in parts if not isinstance(part, str) and text_of(part.expression) is None)
    return Line(code, None if None in texts else "".join(text or "" for text in texts), unknown)


def _text(code: str, prefix: str, quote: str) -> str | None:
    """What Python makes of a run of a literal's source. The line feed keeps a quotation mark from ending it."""
    guard = "\n" if len(quote) == 3 else ""
    try:
        text = evaluated(parse_expression(f"{prefix}{quote}{code}{guard}{quote}"))
    except (SyntaxError, ValueError):
        return None
    return None if text is None or HOLE in text else text.removesuffix(guard) if guard else text


def code_of(node: cst.CSTNode) -> str:
    return cst.Module([]).code_for_node(node)
