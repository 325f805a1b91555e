"""Which lines of a prompt to move so that its fixed text stands first: decided on items, whatever writes them.

An item is a line of a string, or a part of a concatenation that holds whole lines. The changing paragraph before the
longest fixed stretch moves behind that stretch; every item stays, blank ones included. Where words or numbers tie the
two to their order, nothing moves.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from metabot.generate.recipe import NotSure

MIN_SHARE: Final = 0.6  # of the recorded fixed text that must stand in the stretch: less is not worth a move
_BACKWARD: Final = re.compile(r"\b(above|preceding|aforementioned)\b", re.IGNORECASE)
_FORWARD: Final = re.compile(r"\b(below|beneath)\b", re.IGNORECASE)
_ONWARD: Final = re.compile(r"\b(following|as follows)\b", re.IGNORECASE)
_OPENED: Final = re.compile(r"\s*<([A-Za-z][\w-]*)>")  # at the beginning of a line
_CLOSED: Final = re.compile(r"</([A-Za-z][\w-]*)>")
_NUMBERED: Final = re.compile(r"\W*(?:step )?(\d+)[.):]\s", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    code: str  # as the source writes it
    text: str | None  # as Python makes it; None: it changes from call to call
    weight: int  # characters that the recorded prompts share

    @property
    def blank(self) -> bool:
        return self.text is not None and not self.text.strip()


@dataclass(frozen=True, slots=True)
class Move:
    """Positions: `lead` to `lead_end` go behind `fixed` to `fixed_end`; between the two are blank items."""

    lead: int
    lead_end: int
    fixed: int
    fixed_end: int

    def order(self, count: int) -> list[int]:
        """The items' positions in their new order."""
        return [
            *range(self.lead),
            *range(self.fixed, self.fixed_end),
            *range(self.lead_end, self.fixed),
            *range(self.lead, self.lead_end),
            *range(self.fixed_end, count),
        ]


def move(items: Sequence[Item]) -> Move | NotSure:
    """The move, or why there is none."""
    first = next((index for index, item in enumerate(items) if item.text is None), None)
    if first is None:
        return NotSure("nothing in the text changes from call to call")
    begin, end = _longest_fixed(items, first)
    if end < len(items):
        end = _paragraph_end(items, begin, end)
    begin = _rest_of_paragraph(items, begin, end)
    fixed = next((index for index in range(begin, end) if not items[index].blank), end)
    fixed_end = next((index + 1 for index in reversed(range(fixed, end)) if not items[index].blank), fixed)
    total = sum(item.weight for item in items)
    if not total or _weight(items, fixed, fixed_end) < MIN_SHARE * total:
        return NotSure(f"less than {MIN_SHARE:.0%} of the fixed text stands in one piece behind the changing lines")
    found = Move(_paragraph_begin(items, first), begin, fixed, fixed_end)
    for index in (found.lead_end - 1, found.fixed_end - 1):
        if items[index].code.rstrip().rstrip("\"'").removesuffix("\\n").rstrip().endswith(":"):
            return NotSure("a line that ends with a colon introduces what follows it; moving would part the two")
    why = tied(items[found.lead : found.lead_end], items[found.fixed : found.fixed_end])
    return NotSure(why) if why else found


def tied(lead: Sequence[Item], fixed: Sequence[Item]) -> str | None:
    """Why the changing lines must stay before the fixed ones, as far as words tell.

    Deeper in the fixed text, "above" means that text itself, which moves as a whole.
    """
    first, then = _lines(lead), _lines(fixed)
    opening = then[: next((at for at, line in enumerate(then) if not line.strip()), len(then))]
    last = next((line for line in reversed(first) if line.strip()), "")
    points_back = any(_BACKWARD.search(line) for line in opening)
    points_on = any(_FORWARD.search(line) for line in first) or _ONWARD.search(last) is not None
    before, behind = _numbers(first), _numbers(opening)
    if points_back or points_on:
        return "words in the text point from the changing lines to the fixed ones, or back"
    if before and behind and behind[0] == before[-1] + 1:
        return "the changing lines and the fixed ones are numbered through"
    if _open(first):
        return "the changing lines open a tag or a fence that they do not close"
    return None


def _open(lines: Sequence[str]) -> bool:
    opened = sorted(found[1] for line in lines if (found := _OPENED.match(line)) is not None)
    closed = sorted(name for line in lines for name in _CLOSED.findall(line))
    fences = sum(line.lstrip().startswith("```") for line in lines)
    return opened != closed or fences % 2 == 1


def _lines(items: Sequence[Item]) -> list[str]:
    return [line for item in items for line in (item.code if item.text is None else item.text).split("\n")]


def _numbers(lines: Sequence[str]) -> list[int]:
    return [int(found[1]) for line in lines if (found := _NUMBERED.match(line)) is not None]


def _longest_fixed(items: Sequence[Item], first: int) -> tuple[int, int]:
    """The stretch without changing items, behind the first of these, that weighs most."""
    best = (len(items), len(items))
    start = first
    for index in range(first, len(items) + 1):
        if index == len(items) or items[index].text is None:
            if _weight(items, start, index) > _weight(items, *best):
                best = (start, index)
            start = index + 1
    return best


def _paragraph_end(items: Sequence[Item], begin: int, end: int) -> int:
    """Before changing lines the stretch ends with its last whole paragraph: their heading stays with them."""
    return next((index for index in reversed(range(begin, end)) if items[index].blank), begin)


def _rest_of_paragraph(items: Sequence[Item], begin: int, end: int) -> int:
    """Fixed lines in the same paragraph belong to the changing ones, unless that is most of the text."""
    gap = next((index for index in range(begin, end) if items[index].blank), begin)
    return gap if _weight(items, gap, end) >= MIN_SHARE * _weight(items, begin, end) else begin


def _paragraph_begin(items: Sequence[Item], first: int) -> int:
    return next((index + 1 for index in reversed(range(first)) if items[index].blank), 0)


def _weight(items: Sequence[Item], begin: int, end: int) -> int:
    return sum(item.weight for item in items[begin:end])
