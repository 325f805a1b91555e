"""An event loop in a thread of its own, for asynchronous handlers where none is running."""

from __future__ import annotations

import asyncio
import atexit
import threading
import weakref
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from metabot_instrument.forks import renewed_in_children

_PATIENCE: Final = 2.0  # seconds that closing, and the process's end, wait for handlers that are under way
_begun: Final[weakref.WeakSet[Background]] = weakref.WeakSet()
_inherited: Final[list[object]] = []  # a parent's loops: closing one in the child would take events from the parent


class Background:
    """The thread is begun when it is first needed, and is a daemon."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self.renew()
        renewed_in_children(self)

    def waiting(self) -> int:
        """How many are yet to be begun."""
        return len(self._begins)

    def renew(self) -> None:
        """A forked child has no such thread."""
        if self._loop is not None:
            _inherited.append(self._loop)
        self._lock = threading.RLock()
        self._begins: deque[Callable[[], object]] = deque()
        self._loop = None
        self._stop: asyncio.Event | None = None
        self._thread: threading.Thread | None = None

    def call(self, begin: Callable[[], object]) -> None:
        """`begin` is called in the loop's thread. Raises OSError or RuntimeError where there is none to be had."""
        with self._lock:
            if self._loop is None or self._thread is None or not self._thread.is_alive():
                self._loop = self._started()
            self._begins.append(begin)
            with suppress(RuntimeError):  # it has ended by itself; the next one begins what is left
                self._loop.call_soon_threadsafe(self._begin)

    def _started(self) -> asyncio.AbstractEventLoop:
        loop, stop = asyncio.new_event_loop(), asyncio.Event()
        thread = threading.Thread(target=self._serve, args=(loop, stop), name="metabot-signals", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            loop.close()
            raise
        self._stop, self._thread = stop, thread
        _begun.add(self)
        return loop

    def _serve(self, loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
        """Ends by itself where a handler cancels every task of its loop."""
        with suppress(asyncio.CancelledError), asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(self._until(stop))

    async def _until(self, stop: asyncio.Event) -> None:
        self._begin()
        await stop.wait()
        under_way = asyncio.all_tasks() - {asyncio.current_task()}
        if under_way:
            await asyncio.wait(under_way, timeout=_PATIENCE)

    def _begin(self) -> None:
        while True:
            try:
                begin = self._begins.popleft()
            except IndexError:  # none is left: a thread that is closing takes from them as well
                return
            begin()

    def close(self) -> None:
        """Waits two seconds for what is under way, and cancels what is left; a later `call` begins a new thread."""
        with self._lock:
            thread, loop, stop = self._thread, self._loop, self._stop
            self._thread = self._loop = self._stop = None
            if thread is None or loop is None or stop is None:
                return
            with suppress(RuntimeError):  # it has ended by itself
                loop.call_soon_threadsafe(stop.set)
        if thread is not threading.current_thread():
            thread.join(_PATIENCE + 0.5)


@atexit.register
def _close_all() -> None:
    for one in list(_begun):
        one.close()
