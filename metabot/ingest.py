"""Sources into the store: every file that they name, whatever becomes of the others."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from metabot.config import Settings, Source
from metabot.errors import InputError
from metabot.store.inputs import Input, files
from metabot.store.load import Loaded, Loading, load_each, load_input
from metabot.store.store import Store
from metabot.telemetry.scrape import scrape

_ADDRESSES: Final = ("http://", "https://")
_SCRAPE_SECONDS: Final = 10.0

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested:
    loaded: tuple[Loaded, ...]
    refused: tuple[InputError, ...]  # files that could not be read or are of no known format


def ingest(store: Store, sources: Iterable[Source], settings: Settings, *, progress: Progress) -> Ingested:
    """Load what the sources name.

    Raises `InputError` where nothing at all could be loaded, `SettingsError` where a source's format does not exist,
    and `StoreError`.
    """
    found = [one for source in sources for one in _source(store, source, settings, progress)]
    loaded = tuple(one for one in found if isinstance(one, Loaded))
    refused = tuple(one for one in found if isinstance(one, InputError))
    if refused and not loaded:
        more = f"\n{len(refused) - 1} more could not be read either." if len(refused) > 1 else ""
        raise InputError(f"{refused[0]}{more}")
    return Ingested(loaded=loaded, refused=refused)


def _source(store: Store, source: Source, settings: Settings, progress: Progress) -> Iterator[Loaded | InputError]:
    how = Loading(
        format=source.format,
        trust=source.trust,
        capture=settings.store.capture,
        columns=source.columns,
        time_zone=source.time_zone,
    )
    try:
        if source.path.startswith(_ADDRESSES):
            yield _scraped(store, source.path, how, progress)
            return
        paths = files(source.path, settings.root)
    except InputError as missing:
        yield missing
        return
    for path in paths:
        yield from load_each(store, path, how, progress=progress)


def _scraped(store: Store, address: str, how: Loading, progress: Progress) -> Loaded:
    """The metrics that an endpoint shows now. Raises `InputError`."""
    shown = urlsplit(address)
    answer = scrape(address, time.time_ns(), _SCRAPE_SECONDS)
    name = Path(f"{shown.hostname}:{shown.port}" if shown.port else str(shown.hostname)) / shown.path.lstrip("/")
    return load_input(store, Input(name, BytesIO(answer)), how, progress=progress)
