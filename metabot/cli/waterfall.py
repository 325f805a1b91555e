"""A trace as a tree, with each span's time beside it as a bar."""

from __future__ import annotations

from typing import Final

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from metabot.cli.console import WIDTH
from metabot.cli.drawing import BLAMED, Bar, label, rows
from metabot.cli.quantities import counted, seconds
from metabot.picture.picture import PicturedSpan, PicturedTrace

SHOWN: Final = 30  # rows of one trace
_DEEPEST: Final = 7  # levels that are set in; deeper ones say how deep they are
_TREE: Final = 36
_TIME: Final = 8
_BARS: Final = WIDTH - _TREE - _TIME - 2


def waterfall(console: Console, trace: PicturedTrace) -> Group:
    spans = _shown(trace.spans)
    hidden = trace.left_out + len(trace.spans) - len(spans)
    lasts = max((_end(span) for span in trace.spans), default=0.0)
    head = f"trace {trace.trace_id}{f', {seconds(lasts / 1e3)}' if lasts else ', no times: an order alone is known'}"
    grid = rows(("left", _TREE), ("right", _TIME), ("left", _BARS))
    grid.add_row(_tree(console, spans), _times(spans), _bars(console, spans, lasts))
    rest = [label(console, f"  {counted(hidden, 'shorter span')} left out")] if hidden else []
    return Group(label(console, head), grid, *rest)


def _shown(spans: tuple[PicturedSpan, ...]) -> list[PicturedSpan]:
    """What the finding names, what stands above it, then the longest: as many as a screen takes, in their order."""
    if len(spans) <= SHOWN:
        return list(spans)
    wanted = {place for place, span in enumerate(spans) if span.blamed}
    above = [one for place in sorted(wanted) for one in _above(spans, place)]
    longest = sorted(range(len(spans)), key=lambda place: -(spans[place].ms or 0))
    kept = list(dict.fromkeys([*sorted(wanted), *above, *longest]))[:SHOWN]
    return [spans[place] for place in sorted(kept)]


def _above(spans: tuple[PicturedSpan, ...], place: int) -> list[int]:
    found, depth = [], spans[place].depth
    for before in range(place - 1, -1, -1):
        if spans[before].depth < depth:
            found.append(before)
            depth = spans[before].depth
    return found


def _tree(console: Console, spans: list[PicturedSpan]) -> Tree:
    hidden = Tree("", hide_root=True)
    branches: list[tuple[int, Tree]] = [(-1, hidden)]
    for span in spans:
        while branches[-1][0] >= span.depth:
            branches.pop()
        told = label(console, _told(span), style=BLAMED if span.blamed else "red" if span.failed else "")
        if len(branches) > _DEEPEST:
            branches[_DEEPEST - 1][1].add(_deeper(span.depth, told))
        else:
            branches.append((span.depth, branches[-1][1].add(told)))
    return hidden


def _deeper(depth: int, told: Text) -> Text:
    """Further levels would leave no room for names."""
    return Text(f"({depth}) ", no_wrap=True, overflow="ellipsis") + told


def _told(span: PicturedSpan) -> str:
    mark = ("> " if span.blamed else "") + ("! " if span.failed else "")
    return f"{mark}{span.operation}"


def _times(spans: list[PicturedSpan]) -> Text:
    return Text("\n".join("" if span.ms is None else seconds(span.ms / 1e3) for span in spans), justify="right")


def _bars(console: Console, spans: list[PicturedSpan], lasts: float) -> Table | Text:
    """Where the trace has times. A span whose end is unknown has a single column; one without a start has none."""
    grid = rows(("left", _BARS))
    for span in spans:
        if span.start_ms is None or not lasts:
            grid.add_row(label(console, ""))
        else:
            style = BLAMED if span.blamed else "red" if span.failed else "cyan"
            grid.add_row(Bar(lasts, span.start_ms, _end(span), width=_BARS, style=style))
    return grid


def _end(span: PicturedSpan) -> float:
    return (span.start_ms or 0.0) + (span.ms or 0.0)
