"""Where the time of a trial went: how long each kind of run took, and each run as a bar at its time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from metabot.cli.console import WIDTH, columns
from metabot.cli.drawing import Bar, label, rows, terminal
from metabot.cli.proposal_runs import NumberedRun
from metabot.cli.quantities import counted, share
from metabot.verify.tried import Tried

_NUMBER: Final = 4
_WHAT: Final = 12
_REVISION: Final = 5
_BARS: Final = WIDTH - _NUMBER - _WHAT - _REVISION - 4

Span = tuple[float, float]
"""Begin and end in seconds."""


def time_lines(tried: Tried, runs: Sequence[NumberedRun]) -> list[str]:
    """How long the trial took, by what ran; runs for an earlier proposal took none of it."""
    own = [one for one in runs if not one.earlier]
    if tried.seconds is None or not own:
        return []
    spans = _spans(own)
    together = sum(one.run.seconds for one in own)
    running = min(together, tried.seconds) if spans is None else covered(spans)
    beside = together > running * 1.001  # the clock that says when is not the one that says how long
    table = [*_by_kind(own), ("the rest", "setup, sandbox, copies", max(tried.seconds - running, 0.0))]
    told = [
        (what, of, f"{seconds:.2f} s", share(seconds / tried.seconds) if tried.seconds and not beside else "")
        for what, of, seconds in table
    ]
    lines = [f"time          {tried.seconds:.1f} s", *columns(told, align="<<>>", first=1)]
    if not beside:
        return lines
    lines.append("  Runs beside each other: together they took longer than the trial.")
    return lines if spans is None else [*lines, *_bars(own, spans)]


def covered(spans: Sequence[Span]) -> float:
    """The seconds in which at least one goes on."""
    total, until = 0.0, float("-inf")
    for begin, end in sorted(spans):
        total += max(end - max(begin, until), 0.0)
        until = max(until, end)
    return total


def _by_kind(own: Sequence[NumberedRun]) -> list[tuple[str, str, float]]:
    found = []
    for what in ("tests", "new test", "measurement"):
        seconds = [one.run.seconds for one in own if one.what == what]
        if seconds:
            found.append((what, counted(len(seconds), "run"), sum(seconds)))
    return found


def _spans(own: Sequence[NumberedRun]) -> list[Span] | None:
    """From the first one's begin on; None where an earlier version did not keep when each began."""
    begins = [one.run.started for one in own if one.run.started is not None]
    if len(begins) < len(own):
        return None
    first = min(begins)
    return [(begin - first, begin - first + one.run.seconds) for begin, one in zip(begins, own, strict=True)]


def _bars(own: Sequence[NumberedRun], spans: Sequence[Span]) -> list[str]:
    console = terminal()
    lasts = max(end for _, end in spans)
    grid = rows(("right", _NUMBER), ("left", _WHAT), ("left", _REVISION), ("left", _BARS))
    scale = f"0 s{f'{lasts:.1f} s':>{_BARS - 3}}"
    grid.add_row("#", "what", "at", label(console, scale))
    for (begin, end), one in sorted(zip(spans, own, strict=True), key=lambda placed: placed[0]):
        grid.add_row(str(one.number), one.what, one.run.revision, Bar(lasts, begin, end, width=_BARS))
    with console.capture() as drawn:
        console.print(grid)
    return ["", *(line.rstrip() for line in drawn.get().splitlines())]
