"""A validator that is a coroutine function: awaited where a loop runs, else in a loop and a thread of its own.

A call is cancelled when its time is over, and not waited for. What a coroutine does without awaiting anything cannot
be given up in the caller's own loop.
"""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Final

from metabot_instrument.forks import renewed_in_children
from metabot_instrument.validation.action import Action
from metabot_instrument.validation.answer import Failed, raised
from metabot_instrument.validation.errand import HELD_UP, MOST_HUNG, NO_THREAD, TOO_LONG, Errand

Validate = Callable[[Action], Coroutine[Any, Any, object]]

_left: Final[list[asyncio.AbstractEventLoop]] = []  # of the parent: a forked child must not close them


class InLoop:
    def __init__(self, validate: Validate, name: str) -> None:
        self._validate, self._name = validate, name
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ends: weakref.finalize[Any, Any] | None = None
        self.renew()
        renewed_in_children(self)

    def renew(self) -> None:
        """A forked child has no thread in which the loop would run."""
        self._lock = threading.RLock()
        self._hung: set[object] = set()
        if self._ends is not None and self._loop is not None:
            self._ends.detach()
            _left.append(self._loop)
        self._loop = self._ends = None

    async def call_async(self, action: Action, seconds: float) -> object:
        if len(self._hung) >= MOST_HUNG:
            return Failed(HELD_UP)
        task = asyncio.create_task(self._awaited(action))
        try:
            await asyncio.wait((task,), timeout=seconds)
        finally:
            self._give_up(task)
        return Failed(TOO_LONG) if not task.done() else _outcome(task)

    def call(self, action: Action, seconds: float) -> object:
        if len(self._hung) >= MOST_HUNG:
            return Failed(HELD_UP)
        loop = self._own_loop()
        if loop is None:
            return Failed(NO_THREAD)
        done = threading.Event()
        errand = Errand(action, done.set)
        tasks: list[asyncio.Task[None]] = []
        loop.call_soon_threadsafe(self._begin, errand, tasks, context=errand.context)
        try:
            done.wait(seconds)
        finally:
            with self._lock:
                errand.given_up = True
                if not errand.finished:
                    self._hung.add(errand)
                    loop.call_soon_threadsafe(lambda: [task.cancel() for task in tasks])
        return errand.outcome()

    def _begin(self, errand: Errand, tasks: list[asyncio.Task[None]]) -> None:
        if errand.given_up:
            self._ended(errand)
        else:
            tasks.append(asyncio.create_task(self._run(errand)))

    async def _run(self, errand: Errand) -> None:
        with errand:
            errand.given = await self._awaited(errand.action)
        self._ended(errand)

    async def _awaited(self, action: Action) -> object:
        """Calling it may fail as well."""
        return await self._validate(action)

    def _ended(self, errand: Errand) -> None:
        with self._lock:
            errand.finished = errand.began
            self._hung.discard(errand)
        errand.tell()

    def _give_up(self, task: asyncio.Task[object]) -> None:
        if not task.done():
            self._hung.add(task)
            task.add_done_callback(self._hung.discard)
            task.add_done_callback(_outcome)
            task.cancel()

    def _own_loop(self) -> asyncio.AbstractEventLoop | None:
        with self._lock:
            if self._loop is None:
                loop = asyncio.new_event_loop()
                try:
                    threading.Thread(target=_serve, args=(loop,), name=f"validator {self._name}", daemon=True).start()
                except RuntimeError:  # the system has no more threads, or the interpreter is ending
                    loop.close()
                    return None
                self._loop = loop
                self._ends = weakref.finalize(self, _stop, loop)
                self._ends.atexit = False
            return self._loop


def _outcome(task: asyncio.Task[object]) -> object:
    if task.cancelled():
        return raised(asyncio.CancelledError())
    error = task.exception()
    if isinstance(error, KeyboardInterrupt | SystemExit):
        raise error
    return task.result() if error is None else raised(error)


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    loop.run_forever()
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()


def _stop(loop: asyncio.AbstractEventLoop) -> None:
    with suppress(RuntimeError):  # it is closed
        loop.call_soon_threadsafe(loop.stop)
