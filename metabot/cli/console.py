"""Where commands print: data to standard output, progress and remarks to standard error; 80 columns at most."""

from __future__ import annotations

import sys
import textwrap
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from metabot import config

WIDTH: Final = 80
_NARROWEST: Final = 8


def out(line: str = "") -> None:
    sys.stdout.write(_shown(line) + "\n")


def remark(line: str) -> None:
    sys.stderr.write(_shown(line) + "\n")
    sys.stderr.flush()


def printable(text: str) -> str:
    """On one line: names of files and of archives' members may hold what a terminal would act on."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def _shown(lines: str) -> str:
    return lines if lines.isprintable() else "\n".join(map(printable, lines.split("\n")))


def wrapped(text: str, *, indent: str = "", first: str | None = None, lines: int | None = None) -> list[str]:
    """`text` in lines of at most 80 columns; what does not fit into `lines` of them ends in an ellipsis."""
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        max_lines=lines,
        placeholder=" …",
        break_on_hyphens=False,
    )


def cut(text: str, width: int) -> str:
    """`text` in at most `width` columns; what is cut out of its middle becomes an ellipsis."""
    if len(text) <= width:
        return text
    tail = (width - 1) // 2
    return f"{text[: width - 1 - tail]}…{text[len(text) - tail :]}"


def columns(rows: Iterable[tuple[str, ...]], *, align: str, first: int) -> list[str]:
    """Rows as a plain table of 80 columns: `align` holds < or > per column; column `first` gives way.

    It keeps some width whatever the others hold; then the table is wider.
    """
    rows = [tuple(map(printable, row)) for row in rows]
    widths = [max(len(row[index]) for row in rows) for index in range(len(align))]
    left = WIDTH - 2 * len(align) - sum(widths) + widths[first]
    widths[first] = min(widths[first], max(left, _NARROWEST))
    return [
        "  "
        + "  ".join(
            f"{cut(cell, width):{side}{width}}" for cell, width, side in zip(row, widths, align, strict=True)
        ).rstrip()
        for row in rows
    ]


def stopwatch() -> Callable[[str], None]:
    """A progress line printer that says how many seconds have passed."""
    started = time.monotonic()

    def say(line: str) -> None:
        remark("\n".join(wrapped(line, first=f"{time.monotonic() - started:6.1f} s  ", indent=" " * 10)))

    return say


def settings_at(path: Path | None) -> config.Settings:
    """The named settings file, else config.toml of this folder, else a `SettingsError` that says how to get one."""
    return config.load(path or config.DEFAULT_FILE)


def settings_or_defaults(path: Path | None, *, state: Path) -> config.Settings:
    """Like `settings_at`, but without any file the defaults, with everything kept in `state`."""
    if path is None and not config.DEFAULT_FILE.exists():
        kept = {"store": {"path": str(state / "store.duckdb")}, "ledger": {"path": str(state / "ledger.sqlite")}}
        return config.parse(kept, name="the defaults", root=Path.cwd())
    return settings_at(path)
