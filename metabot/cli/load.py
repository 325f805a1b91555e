"""`metabot load`: files into the configured store."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Final

from metabot import life
from metabot.cli.console import columns, out, remark, settings_at, stopwatch, wrapped
from metabot.cli.quantities import counted
from metabot.config import Source
from metabot.errors import InputError, SettingsError
from metabot.ingest import ingest
from metabot.store.inputs import files
from metabot.store.load import Loaded
from metabot.store.store import opened

_SHOWN: Final = 40  # files of one format that are listed one by one


def load(paths: list[str], *, input_format: str, config: Path | None) -> None:
    settings = settings_at(config)
    sources = named(paths, input_format) or settings.sources
    if not sources:
        raise SettingsError("nothing to load.\n  Name files, or add [[sources]] with a path to the settings file.")
    say = stopwatch()
    with opened(settings.store.path, purpose="metabot load", waiting=say) as store:
        ingested = ingest(store, sources, settings, progress=say)
    life.telling(settings)
    life.loaded(ingested)
    out("\n".join(loaded_lines(ingested.loaded)))
    tell_refused(ingested.refused)


def named(paths: list[str], input_format: str) -> tuple[Source, ...]:
    """The paths of a command line as sources. Raises `InputError` where one names nothing."""
    for path in paths:
        files(path, Path.cwd())
    return tuple(Source(path=str(Path(path).absolute()), format=input_format) for path in paths)


def tell_refused(refused: Sequence[InputError]) -> None:
    """What was left out, on standard error."""
    advice: dict[str, None] = {}
    for error in refused:
        what, _, todo = str(error).partition("\n")
        remark(f"left out: {what}")
        advice[todo] = None
    for todo in filter(None, advice):
        remark(todo)


def loaded_lines(loaded: Sequence[Loaded]) -> list[str]:
    """A table with a line per file; the files of one format beyond the first forty share one."""
    head = ("file", "taken for", "spans", "calls", "events", "samples", "rejects", "known")
    rows = [row for _, group in groupby(loaded, key=lambda one: one.format) for row in _rows(list(group))]
    told = columns([head, *rows], align="<<>>>>>>", first=0)
    uncertain = sum(one.uncertain for one in loaded)
    removed = sum(one.removed for one in loaded)
    if uncertain:
        told += wrapped(
            f"{counted(uncertain, 'span')} without calendar time: only an order or relative times are told."
        )
    if removed:
        told += wrapped(f"Secrets and personal data taken out before anything was kept: {removed:,}.")
    return told


def _rows(loaded: list[Loaded]) -> list[tuple[str, ...]]:
    listed, rest = loaded[:_SHOWN], loaded[_SHOWN:]
    return [_row(one.path.name, [one]) for one in listed] + ([_row(f"and {len(rest)} more", rest)] if rest else [])


def _row(name: str, loaded: list[Loaded]) -> tuple[str, ...]:
    sums = (
        sum(one.spans for one in loaded),
        sum(one.calls for one in loaded),
        sum(one.events for one in loaded),
        sum(one.samples for one in loaded),
        sum(one.rejects for one in loaded),
        sum(one.duplicates for one in loaded),
    )
    return (name, loaded[0].format, *(f"{number:,}" for number in sums))
