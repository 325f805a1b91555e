"""Batches on their way into the store, one while the next one is read."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Self

from metabot.store.arriving import Arriving
from metabot.store.batches import Batch
from metabot.store.parts import Parts
from metabot.store.staging import gather


@dataclass(slots=True)
class Tally:
    """What a file held so far."""

    spans: int = 0
    uncertain: int = 0  # spans without calendar time


class Writer:
    def __init__(self, stage: Arriving, parts: Parts) -> None:
        self._stage, self._parts = stage, parts
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="metabot-store")
        self._writing: Future[None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        try:
            if raised[0] is None:
                self._finish()
        finally:
            self._thread.shutdown()

    def write(self, batch: Batch) -> None:
        if batch.texts:  # which of them the store holds is asked on the connection that writes
            self._finish()
        prepared = batch.prepared()
        self._finish()
        self._writing = self._thread.submit(gather, self._stage, self._parts, prepared)

    def _finish(self) -> None:
        if self._writing is not None:
            self._writing.result()
            self._writing = None
