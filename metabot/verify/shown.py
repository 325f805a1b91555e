"""What the telemetry of an evaluation shows, read once by metabot's own loader: every frame that analyzers ask for.

Several figures come from it, of several proposals where it is the base's. It is read as soon as the run is over, beside
runs that still go on.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from analyzers.frames import CALLS, EVENTS, HOURLY, SAMPLES, SPANS, Frame
from metabot.config import Settings
from metabot.errors import InputError
from metabot.store.frames import frame
from metabot.store.load import Loading, load_each
from metabot.store.store import Store

_FRAMES: Final = (SPANS, CALLS, EVENTS, SAMPLES, HOURLY)


@dataclass(frozen=True, slots=True)
class Shown:
    _rows: Mapping[str, pl.LazyFrame]  # in memory, by the frame's name

    @classmethod
    def of(cls, telemetry: Path | None, settings: Settings) -> Shown | None:
        """None where there is none, or none of a format that is known: the verdict says that nothing was measured."""
        if telemetry is None:
            return None
        with suppress(InputError), Store.temporary() as store:
            for found in load_each(store, telemetry, Loading(capture=settings.store.capture)):
                if isinstance(found, InputError):
                    raise found
            return cls({one.name: frame(store, one) for one in _FRAMES})
        return None

    def rows(self, of: Frame) -> pl.LazyFrame:
        return self._rows[of.name]
