"""A validator that may wait: called in a daemon thread, and given up when its time is over.

A call that was given up goes on in its thread. So threads are bounded, and while some of them hang the validator is
not called at all.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Final

from metabot_instrument.forks import renewed_in_children
from metabot_instrument.validation.action import Action
from metabot_instrument.validation.answer import Failed
from metabot_instrument.validation.errand import HELD_UP, MOST_HUNG, NO_THREAD, Errand

MOST_THREADS: Final = 16  # of one validator; further calls wait for one of them
_IDLE_SECONDS: Final = 10.0  # after which a thread without work ends

Validate = Callable[[Action], object]


class InThreads:
    def __init__(self, validate: Validate, name: str) -> None:
        self._validate, self._name = validate, name
        self.renew()
        renewed_in_children(self)

    def renew(self) -> None:
        """A forked child has none of the threads."""
        self._threads = _Threads(self._validate, self._name)

    def call(self, action: Action, seconds: float) -> object:
        done = threading.Event()
        errand = Errand(action, done.set)
        threads = self._threads
        if refused := threads.take(errand):
            return Failed(refused)
        try:
            done.wait(seconds)
        finally:
            threads.give_up(errand)
        return errand.outcome()

    async def call_async(self, action: Action, seconds: float) -> object:
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        errand = Errand(action, lambda: _settle(loop, done))
        threads = self._threads
        if refused := threads.take(errand):
            return Failed(refused)
        try:
            await asyncio.wait((done,), timeout=seconds)
        finally:
            threads.give_up(errand)
        return errand.outcome()


class _Threads:
    """As many as there is work for; errands that find all of them at work wait in a queue."""

    def __init__(self, validate: Validate, name: str) -> None:
        self._validate, self._name = validate, name
        self._lock = threading.RLock()  # a signal handler may validate while its thread validates
        self._queue: SimpleQueue[Errand] = SimpleQueue()
        self._there = 0
        self._errands = 0  # that wait or are run
        self._hung: set[Errand] = set()

    def take(self, errand: Errand) -> str:
        """Puts the errand in the queue; gives why not, else ""."""
        with self._lock:
            if len(self._hung) >= MOST_HUNG:
                return HELD_UP
            if self._errands >= self._there and self._there < MOST_THREADS:
                with suppress(RuntimeError):  # the system has no more threads, or the interpreter is ending
                    threading.Thread(target=self._work, name=f"validator {self._name}", daemon=True).start()
                    self._there += 1
            if not self._there:
                return NO_THREAD
            self._errands += 1
            self._queue.put(errand)
            return ""

    def give_up(self, errand: Errand) -> None:
        """Says that nobody waits any more."""
        with self._lock:
            errand.given_up = True
            if errand.began and not errand.finished:
                self._hung.add(errand)

    def _work(self) -> None:
        while (errand := self._next()) is not None:
            with errand:
                errand.given = errand.context.run(self._validate, errand.action)
            with self._lock:
                errand.finished = True
                self._errands -= 1
                self._hung.discard(errand)
            errand.tell()

    def _next(self) -> Errand | None:
        """The next that somebody waits for; none where there was none for a while."""
        while True:
            try:
                errand = self._queue.get(timeout=_IDLE_SECONDS)
            except Empty:
                with self._lock:
                    if self._errands < self._there:
                        self._there -= 1
                        return None
                continue
            with self._lock:
                if not errand.given_up:
                    errand.began = True
                    return errand
                self._errands -= 1


def _settle(loop: asyncio.AbstractEventLoop, done: asyncio.Future[None]) -> None:
    with suppress(RuntimeError):  # the loop is closed: nobody waits
        loop.call_soon_threadsafe(_set, done)


def _set(done: asyncio.Future[None]) -> None:
    if not done.done():
        done.set_result(None)
