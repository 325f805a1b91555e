"""A finding's figures as bars: the tokens of its calls, the durations of its operation, and where two prompts part."""

from __future__ import annotations

from typing import Final

from rich.console import Console, Group, RenderableType

from metabot.cli.drawing import BLAMED, Bar, label, rows
from metabot.cli.quantities import counted, seconds
from metabot.picture.picture import Bucket, Durations, Parting, PicturedCall, Side

_BUCKETS: Final = 14  # rows of a histogram
_WIDE: Final = 40
_LEFT: Final = 22


def tokens_chart(console: Console, calls: tuple[PicturedCall, ...], left_out: int) -> RenderableType:
    """A bar a call: input tokens, the cached part of them in full; calls that do not say have none."""
    most = max((call.input_tokens or 0 for call in calls), default=0)
    grid = rows(("left", 8), ("right", 9), ("left", _WIDE), ("left", 18))
    for call in calls:
        grid.add_row(
            label(console, f"{'> ' if call.blamed else '  '}{call.trace}.{call.place}"),
            label(console, "unknown" if call.input_tokens is None else f"{call.input_tokens:,}"),
            _tokens(call, most) if call.input_tokens else label(console, ""),
            label(console, "" if call.cached_tokens is None else f"{call.cached_tokens:,} cached"),
        )
    rest = f"; {counted(left_out, 'call')} between them left out" if left_out else ""
    known = any(call.cached_tokens is not None for call in calls)
    shade = "the full part was cached" if known else "how much was cached is not recorded"
    return Group(label(console, f"input tokens by trace and call; {shade}{rest}"), grid)


def _tokens(call: PicturedCall, most: int) -> Bar:
    style = BLAMED if call.blamed else "cyan"
    return Bar(most, 0, call.input_tokens or 0, until=call.cached_tokens or 0, width=_WIDE, style=style)


def durations_chart(console: Console, durations: Durations) -> RenderableType:
    """A bar a bucket; neighbours are put together until a screen takes them."""
    width, buckets = _merged(durations.buckets)
    most = max(buckets.values())
    blamed = {exponent // width for exponent in durations.blamed}
    grid = rows(("left", _LEFT), ("right", 9), ("left", _WIDE))
    for place in range(min(buckets), max(buckets) + 1):
        many = buckets.get(place, 0)
        mark = "> " if place in blamed else "  "
        span = f"{_ns(place * width)} to {_ns((place + 1) * width)}"
        style = BLAMED if place in blamed else "cyan"
        bar = Bar(most, 0, many, width=_WIDE, style=style) if many else label(console, "")
        grid.add_row(label(console, mark + span), label(console, f"{many:,}"), bar)
    total = sum(bucket.spans for bucket in durations.buckets)
    unknown = f"; of {durations.unknown:,} more it is unknown" if durations.unknown else ""
    head = f"how long {counted(total, 'span')} of {durations.service}/{durations.operation} took{unknown}"
    return Group(label(console, head), grid)


def _merged(buckets: tuple[Bucket, ...]) -> tuple[int, dict[int, int]]:
    """How many powers of two a row takes, and the spans of each row."""
    first, last = buckets[0].exponent, buckets[-1].exponent
    width = next(width for width in range(1, 65) if last // width - first // width < _BUCKETS)
    merged: dict[int, int] = {}
    for bucket in buckets:
        merged[bucket.exponent // width] = merged.get(bucket.exponent // width, 0) + bucket.spans
    return width, merged


def _ns(exponent: int) -> str:
    return seconds(2.0**exponent / 1e9)


def parting_chart(console: Console, parting: Parting) -> RenderableType:
    """Both prompts as bars; the full part is what both begin with."""
    unit, (one, other) = parting.unit, parting.sides
    most = max(one.size, other.size)
    lines = [label(console, _shared(parting))]
    for side in (one, other):
        grid = rows(("right", _LEFT), ("left", 57))
        grid.add_row(
            label(console, f"{side.size:,} {unit}"),
            Bar(most, 0, side.size, until=parting.shared, width=_WIDE, style="cyan")
            if side.size
            else label(console, ""),
        )
        lines += [grid, label(console, f"  span {side.call.span_id}: {_piece(side, unit)}")]  # type: ignore[list-item]
    return Group(*lines)


def _shared(parting: Parting) -> str:
    later = "" if parting.shared_later is None else f"; {parting.shared_later:,} later alike"
    return f"two prompts part after {parting.shared:,} {parting.unit} ({parting.shared_pieces:,} pieces){later}"


def _piece(side: Side, unit: str) -> str:
    if side.piece_hash is None:
        return "ends there"
    return f"goes on with {side.piece_hash}, {side.piece_size:,} {unit}"
