"""How a finding's picture is drawn: in 80 columns, with colours on a terminal alone, in ASCII where it has no more."""

from __future__ import annotations

import sys
from typing import IO, Final

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.measure import Measurement
from rich.segment import Segment
from rich.style import Style
from rich.table import Table
from rich.text import Text

from metabot.cli.console import WIDTH

BLAMED: Final = "bold red"
_FULL, _LIGHT = "█", "░"
_ASCII: Final = str.maketrans({_FULL: "#", _LIGHT: ".", "→": ">", "–": "-", "×": "x", "…": "~"})


def terminal(file: IO[str] | None = None) -> Console:
    """Never wider than 80 columns. Nothing that is printed is read as markup."""
    return Console(file=file or sys.stdout, width=WIDTH, markup=False, highlight=False, emoji=False, soft_wrap=False)


class Bar:
    """A bar from `begin` to `end` of `size`, at least one column wide; `until` is where its second shade begins."""

    def __init__(
        self, size: float, begin: float, end: float, *, until: float | None = None, width: int, style: str = ""
    ) -> None:
        self._size = size
        self._begin, self._end, self._until = begin, end, until
        self._width, self._style = width, style

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        begin = min(self._column(self._begin), self._width - 1)
        end = max(self._column(self._end), begin + 1)
        until = end if self._until is None else min(max(self._column(self._until), begin), end)
        bar = " " * begin + _FULL * (until - begin) + _LIGHT * (end - until)
        yield Segment(ascii_of(bar) if options.ascii_only else bar, Style.parse(self._style))

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(self._width, self._width)

    def _column(self, place: float) -> int:
        return round(self._width * min(max(place / self._size, 0.0), 1.0)) if self._size > 0 else 0


def ascii_of(text: str) -> str:
    """For terminals whose encoding has nothing else; a letter that it lacks becomes a question mark."""
    return text.translate(_ASCII).encode("ascii", "replace").decode()


def label(console: Console, text: str, *, style: str = "") -> Text:
    """One line that is cut where its column ends."""
    shown = ascii_of(text) if console.options.ascii_only else text
    return Text(shown, style=style, no_wrap=True, overflow="crop" if console.options.ascii_only else "ellipsis")


def rows(*columns: tuple[str, int]) -> Table:
    """A grid whose columns are `(left or right, width)`."""
    grid = Table.grid(padding=(0, 1, 0, 0))
    for justify, width in columns:
        grid.add_column(justify="right" if justify == "right" else "left", width=width, no_wrap=True)
    return grid


def draw(console: Console, what: RenderableType) -> None:
    """Without the blanks that fill a column up, so that what is copied is what is seen."""
    with console.capture() as drawn:
        console.print(what)
    console.file.write("".join(f"{line.rstrip()}\n" for line in drawn.get().removesuffix("\n").split("\n")))
