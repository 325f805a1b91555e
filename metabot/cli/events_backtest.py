"""`metabot events backtest`: did plans of higher priority move a gauge more?"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
import polars as pl
from rich.console import Console, Group, RenderableType

from analyzers.frames import SAMPLES
from analyzers.usage.plans import Backtest, Level, Settings, backtest
from metabot.cli.console import out, printable, settings_at, stopwatch, wrapped
from metabot.cli.drawing import Bar, draw, label, rows, terminal
from metabot.cli.events import log_path
from metabot.cli.events_tail import unreadable
from metabot.cli.quantities import counted
from metabot.errors import InputError
from metabot.store.frames import frame
from metabot.store.store import opened
from metabot.telemetry.gauge_history import WORDS, Point, gauges, points_of_events, points_of_file, proposed
from metabot_instrument.events.reading import Event, read

SCHEMA: Final = "metabot.events-backtest/1"
_NS: Final = 1_000_000_000
_WIDE: Final = 40


def report(
    *,
    log: Path | None,
    metrics: list[Path],
    store: bool,
    config: Path | None,
    gauge: str,
    horizon: float,
    output: Literal["table", "json"],
) -> None:
    events = _events(log_path(log))
    plans = proposed(events)
    points = [point for file in metrics for point in points_of_file(file, gauge)]
    points += _points_of_store(config, gauge) if store else []
    history = gauges([*points, *points_of_events(events, gauge)])
    settings = Settings(horizon_ns=round(horizon * _NS))
    found = backtest(plans.plans, history, settings)
    left_out: dict[str, int] = {**plans.left_out, **{str(why): number for why, number in found.left_out.items()}}
    if output == "json":
        values = _values(found, left_out, gauge=gauge, horizon=horizon, series=len(history))
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(values), indent=2) + b"\n")
        return
    out("\n".join(_lines(found, left_out, settings, gauge=printable(gauge), horizon=horizon)))
    if found.levels:
        console = terminal()
        draw(console, _picture(console, found.levels, by_word=plans.by_word))


def _points_of_store(config: Path | None, gauge: str) -> list[Point]:
    with opened(settings_at(config).store.path, purpose="metabot events backtest", waiting=stopwatch()) as store:
        samples = frame(store, SAMPLES).filter(pl.col("name") == gauge, pl.col("value").is_finite())
        return samples.select("service", "labels", "time_ns", "value").collect().rows()


def _events(path: Path) -> list[Event]:
    if not path.exists():
        raise InputError(f"{path}: is not there.\n  Name an event log with --log or METABOT_EVENTS_PATH.")
    try:
        return list(read(path))
    except OSError as error:
        raise unreadable(path, error) from error


def _lines(
    found: Backtest, left_out: Mapping[str, int], settings: Settings, *, gauge: str, horizon: float
) -> Iterator[str]:
    apart = f" in {counted(found.groups, 'group')} that do not overlap" if found.groups < found.plans else ""
    yield f"{counted(found.plans, 'plan')} compared{apart}: priority with the change of {gauge} within {horizon:g} s"
    if left_out:
        parts = ", ".join(f"{reason} ({number:,})" for reason, number in sorted(left_out.items()))
        yield from wrapped(parts, first="left out: ", indent="  ")
    if found.correlation is None or found.interval is None:
        yield "rank correlation: none, since " + _why_none(found)
    else:
        low, high = found.interval
        yield f"rank correlation {found.correlation:+.2f} (95 % CI {low:+.2f} to {high:+.2f}, n = {found.plans:,})"
    yield from wrapped(_said(found, settings, gauge))


def _why_none(found: Backtest) -> str:
    if found.plans < 2:
        return "there are not two plans to compare"
    return "all plans overlap" if found.groups < 2 else "all priorities or all changes are alike"


def _said(found: Backtest, settings: Settings, gauge: str) -> str:
    if found.verdict is not None:
        return f"Plans of higher priority moved {gauge} up {found.verdict} than those of lower. That is no cause yet."
    if found.groups < settings.min_groups:
        few = f"{counted(found.groups, 'plan')} that do not overlap are too few: {settings.min_groups} are needed"
        return f"Nothing can be said: {few}. A shorter --horizon parts more of them."
    return f"Nothing can be said of whether plans of higher priority moved {gauge} more: the interval holds 0."


def _picture(console: Console, levels: tuple[Level, ...], *, by_word: bool) -> RenderableType:
    """A bar a priority, from no change to the mean change."""
    low = min(0.0, *(level.mean_change for level in levels))
    size = max(0.0, *(level.mean_change for level in levels)) - low
    grid = rows(("left", 18), ("right", 9), ("right", 10), ("left", _WIDE))
    for level in reversed(levels):
        begin, end = sorted((-low, level.mean_change - low))
        bar = Bar(size, begin, end, width=_WIDE, style="cyan") if level.mean_change else label(console, "")
        grid.add_row(
            label(console, f"priority {_named(level, by_word=by_word)}"),
            label(console, counted(level.plans, "plan")),
            label(console, f"{level.mean_change:+.3g}"),
            bar,
        )
    return Group(label(console, "mean change by priority"), grid)


def _named(level: Level, *, by_word: bool) -> str:
    names = [
        next(word for word, number in WORDS.items() if number == value) if by_word else f"{value:g}"
        for value in (level.lowest, level.highest)
    ]
    return names[0] if names[0] == names[1] else f"{names[0]} to {names[1]}"


def _values(found: Backtest, left_out: Mapping[str, int], *, gauge: str, horizon: float, series: int) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "gauge": gauge,
        "series": series,
        "horizon_seconds": horizon,
        **{name: value for name, value in asdict(found).items() if name != "left_out"},
        "left_out": dict(left_out),
    }
