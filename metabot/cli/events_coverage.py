"""`metabot events coverage`: what is declared or instrumented, and never fired."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from metabot.cli.console import columns, out, printable, remark, wrapped
from metabot.cli.events_tail import unreadable
from metabot.cli.fail_on import EXIT_CODE
from metabot.cli.quantities import counted, share
from metabot.errors import InputError
from metabot_instrument.events.coverage import AIM, CoverageReport, coverage
from metabot_instrument.events.points import Point
from metabot_instrument.vocabulary.event_types import EVENT_TYPES

SCHEMA: Final = "metabot.event-coverage/1"


def report(
    paths: list[Path],
    *,
    logs: list[Path],
    traces: list[Path],
    fail_under: float | None,
    output: Literal["table", "json"],
) -> None:
    for path in (*paths, *logs, *traces):
        if not path.exists():
            raise InputError(
                f"{path}: is not there.\n  Name the application's sources, and its logs by --log, --trace."
            )
    try:
        found = coverage(paths, logs=logs or None, traces=traces or None)
    except OSError as error:
        raise unreadable(Path(error.filename or "."), error) from error
    if output == "json":
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(_values(found)), indent=2) + b"\n")
    else:
        out("\n".join(_lines(found, paths)))
    for told in _unread(found, paths):
        remark(told)
    if fail_under is not None:
        _demand(fail_under, found, paths)


def _demand(fail_under: float, found: CoverageReport, paths: Sequence[Path]) -> None:
    """Ends with the exit code of too little; what could not be looked at is not too little."""
    unread = bool(_not_looked_at(found)) if paths else not found.logs_read
    reached = found.share if paths else found.types_share
    if unread and (not paths or reached is None):
        remark(f"--fail-under {fail_under:g}: not checked, since there was nothing to compare with")
    elif reached is None or reached * 100 < fail_under:
        remark(f"--fail-under {fail_under:g}: {'nothing could be told' if reached is None else share(reached)}")
        sys.exit(EXIT_CODE)
    elif unread:
        remark(f"--fail-under {fail_under:g}: reached by those that could be told")


def _unread(found: CoverageReport, paths: Sequence[Path]) -> Iterator[str]:
    if not found.logs_read:
        yield "no event log was read: --log or METABOT_EVENTS_PATH names one; nothing is said of events"
    if paths and not found.traces_read:
        yield "no trace file was read: --trace or METABOT_TRACE_PATH names one; nothing is said of spans"


def _lines(found: CoverageReport, paths: Sequence[Path]) -> Iterator[str]:
    if paths:
        yield from _points(found)
        yield ""
    if not found.logs_read:
        yield f"whether any of {len(EVENT_TYPES)} declared types fired is not known"
        return
    yield f"{len(found.fired_types)} of {len(EVENT_TYPES)} declared types fired ({share(found.types_share)})"
    yield from _named("never", found.never_types)
    yield from _named("not declared", [f"{name} ({number:,})" for name, number in found.undeclared_types.items()])


def _points(found: CoverageReport) -> Iterator[str]:
    told, computed, unread = len(found.fired) + len(found.never), _computed(found), _not_looked_at(found)
    if found.share is None:
        what = "that could be looked at" if unread else "whose event type or span is written out"
        yield f"no instrumented point {what}"
    else:
        yield f"{len(found.fired)} of {counted(told, 'instrumented point')} fired ({share(found.share)}; aim {AIM:.0%})"
    parts = (
        ("never fired:", found.never),
        ("not known, since no file was read:", unread),
        ("computed, so only running tells:", computed),
    )
    for heading, points in parts:
        if points:
            yield heading
            yield from columns([_row(point) for point in points], align="<<<", first=0)


def _computed(found: CoverageReport) -> list[Point]:
    return [point for point in found.untold if point.name is None]


def _not_looked_at(found: CoverageReport) -> list[Point]:
    return [point for point in found.untold if point.name is not None]


def _row(point: Point) -> tuple[str, str, str]:
    return f"{point.path}:{point.line}", point.kind, point.name or ""


def _named(word: str, names: Sequence[str]) -> Iterator[str]:
    if names:
        yield from wrapped(printable(", ".join(names)), first=f"  {word}: ", indent="    ")


def _values(found: CoverageReport) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "points": {
            "share": found.share,
            "fired": [{**_point(point), "times": number} for point, number in found.fired.items()],
            "never": [_point(point) for point in found.never],
            "computed": [_point(point) for point in _computed(found)],
            "unread": [_point(point) for point in _not_looked_at(found)],
        },
        "types": {
            "share": found.types_share if found.logs_read else None,
            "fired": dict(found.fired_types),
            "never": list(found.never_types) if found.logs_read else [],
            "undeclared": dict(found.undeclared_types),
        },
    }


def _point(point: Point) -> dict[str, Any]:
    return {"path": str(point.path), "line": point.line, "kind": point.kind, "name": point.name}
