"""Runs that do not disturb each other, two at a time: each is in a sandbox and on a copy of its own.

Only what is not timed is run so. One that came to the limit of time beside another is run again, alone.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final, TypeVar

from metabot.verify.process import AbandonedError, Stop

T = TypeVar("T")
U = TypeVar("U")

_AT_ONCE: Final = min(2, os.cpu_count() or 1)


@dataclass(frozen=True, slots=True)
class Lanes:
    """How many runs go on at once, and what ends them all."""

    count: int = 1
    stop: Stop = field(default_factory=threading.Event)

    @classmethod
    def of(cls, kind: str) -> Lanes:
        """One alone where nothing keeps two apart: they would share ports and the temporary folder."""
        return cls(1 if kind == "none" else _AT_ONCE)

    def all(self, runs: Sequence[Callable[[], T]], *, late: Callable[[T], bool]) -> tuple[T, ...]:
        """What each gives, in their order; one that is `late` is run again, until one is late alone as well.

        The first failure ends the others.
        """
        if self.count == 1 or len(runs) == 1:
            return tuple(run() for run in runs)
        with self._pool() as pool:
            done = [future.result() for future in [pool.submit(run) for run in runs]]
        patient = True
        for place, run in enumerate(runs):
            if patient and late(done[place]):
                done[place] = run()
                patient = not late(done[place])
        return tuple(done)

    def both(self, one: Callable[[], T], other: Callable[[], U]) -> tuple[T, U]:
        """The same of two that give different things, without a second try."""
        if self.count == 1:
            return one(), other()
        with self._pool() as pool:
            first, second = pool.submit(one), pool.submit(other)
            return first.result(), second.result()

    def meanwhile(self, one: Callable[[], T], other: Callable[[], object], *, ends: Callable[[T], bool]) -> T:
        """What `one` gives. `other` goes on beside it; where what `one` gives `ends` it, it is ended.

        Of that, these lanes are the other's own. One after the other is not done: nothing would be gained.
        """
        if self.count == 1:
            return one()
        with self._pool() as pool:
            going_on = pool.submit(other)
            given = one()
            if not ends(given):
                going_on.result()
                return given
            self.stop.set()
            with suppress(AbandonedError):
                going_on.result()
            self.stop.clear()
            return given

    @contextmanager
    def _pool(self) -> Iterator[ThreadPoolExecutor]:
        with ThreadPoolExecutor(self.count, thread_name_prefix="run") as pool:
            try:
                yield pool
            except BaseException:
                self.stop.set()
                pool.shutdown(wait=True, cancel_futures=True)
                self.stop.clear()  # the lanes go on with the next finding
                raise


ALONE: Final = Lanes()
