"""Which lines of a prompt to move so that its fixed text stands first: decided on items, whatever writes them.

An item is a line of a string, or a part of a concatenation that holds whole lines. The changing paragraph before the
longest fixed stretch moves behind that stretch; every item stays, blank ones included.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from metabot.generate.recipe import NotSure

MIN_SHARE: Final = 0.6  # of the recorded fixed text that must stand in the stretch: less is not worth a move


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
    return found


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
