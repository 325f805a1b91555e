"""The sources: whether each is there and recognised, and how old its newest record is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

from metabot.config import Settings, Source
from metabot.doctor.line import Line, ok, problem, warning
from metabot.errors import InputError
from metabot.project.recordings import Held, held, newest_first, recognised
from metabot.project.told import UNTIMED, counted, day
from metabot.store.inputs import files
from metabot.telemetry import formats

_ADDRESSES: Final = ("http://", "https://")
_LOOKED_AT: Final = 200  # files of a source, the newest first
_NS_PER_HOUR: Final = 3_600 * 10**9


def sources(settings: Settings) -> Iterator[Line]:
    """Files are opened, and of each source the newest is read; no address is asked."""
    if not settings.sources:
        yield problem(
            "the settings name no source of telemetry",
            "Name a file, a folder or a glob in [[sources]]; docs/formats.md lists what is read.",
        )
    for source in settings.sources:
        if source.path.startswith(_ADDRESSES):
            yield ok(f"{source.path}: an address, not asked here; metabot load asks it")
            continue
        try:
            yield from _of(source, settings)
        except InputError as missing:
            yield problem(
                str(missing).partition("\n")[0], "Mend its path in [[sources]], or fetch the telemetry first."
            )


def _of(source: Source, settings: Settings) -> Iterator[Line]:
    found = files(source.path, settings.root)
    if source.format != "auto":
        formats.reader(source.format, source.columns)
        yield ok(f"{source.path}: {counted(len(found), 'file')}, read as {source.format}")
        return
    known = [(path, taken_for) for path in newest_first(found)[:_LOOKED_AT] if (taken_for := recognised(path))]
    if not known:
        yield problem(
            f"{source.path}: none of {counted(len(found), 'file')} is in a format that is recognised",
            "Name its format (docs/formats.md), describe its columns (docs/tables.md), or take another path.",
        )
        return
    taken_for = known[0][1]
    unknown = min(len(found), _LOOKED_AT) - len(known)
    rest = f", {counted(unknown, 'file')} of no known format passed over" if unknown else ""
    newest = held([path for path, its in known if its == taken_for], taken_for)
    age = "" if newest.newest_ns is None else f", the newest record of {day(newest.newest_ns)}"
    yield ok(f"{source.path}: {counted(len(found), 'file')}, {taken_for}{rest}{age}")
    yield from _fits(source, newest, settings)


def _fits(source: Source, newest: Held, settings: Settings) -> Iterator[Line]:
    """Whether a pass would look at it."""
    if newest.untimed:
        yield warning(f"{source.path}: its newest files can be analyzed, and no pass takes them in", UNTIMED)
    hours = settings.meta_layer.analysis_window_hours
    if newest.newest_ns is not None and newest.newest_ns < time.time_ns() - hours * _NS_PER_HOUR:
        yield warning(
            f"{source.path}: nothing of it is of the last {hours:,} hours, which a pass scores",
            "Fetch newer telemetry, or widen [meta_layer] analysis_window_hours; metabot analyze FILE scores all.",
        )
    wanted, seen = set(settings.target.services), set(newest.services)
    if wanted and seen and not wanted & seen:
        yield warning(
            f"{source.path}: its services ({', '.join(sorted(seen))}) are none of [target] services",
            "Name the services whose code the repository is, or leave the setting out to take all.",
        )
