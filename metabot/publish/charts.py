"""A chart of what was measured, as Mermaid, which GitHub draws: one bar a run. Its values are computed here."""

from __future__ import annotations

from typing import Final

from metabot.publish.figures import figure
from metabot.verify.better import gain_series
from metabot.verify.measured import Measured

_MOST: Final = 40  # bars that are told apart


def chart(measured: Measured, *, title: str) -> str:
    """The figure that decides, of every run; where all runs of a revision came to the same, of each revision. Empty
    where nothing was measured, or too often to be drawn. The title is ours: a unit and a label.
    """
    series = gain_series(measured.evaluations, measured.benchmarks)
    if series is None or not series.head or len(series.base) + len(series.head) > _MOST:
        return ""
    if len({*series.base}) == len({*series.head}) == 1:
        bars = {"base": series.base[0], "with the change": series.head[0]}
    else:
        bars = {f"b{place}": value for place, value in enumerate(series.base, 1)}
        bars |= {f"c{place}": value for place, value in enumerate(series.head, 1)}
        title = f"{title}; b: base, c: with the change"
    names = ", ".join(f'"{name}"' for name in bars)
    values = ", ".join(_plain(value) for value in bars.values())
    lines = [
        f'title "{title}"',
        f"x-axis [{names}]",
        f"y-axis 0 --> {_plain(_top(max(bars.values())))}",
        f"bar [{values}]",
    ]
    return "\n".join(["```mermaid", "xychart-beta", *(f"    {line}" for line in lines), "```"])


def _top(most: float) -> float:
    """A tenth above the highest bar."""
    return most * 1.1 if most > 0 else 1.0


def _plain(value: float) -> str:
    return figure(value).replace(",", "")
