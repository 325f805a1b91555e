"""The way from the caller to one monitor: a bounded queue and a thread, so that a slow monitor costs only itself."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate
from typing import Any, Final, NamedTuple, TypeVar

from metabot_instrument.boundary import contained, count, outlived
from metabot_instrument.forks import renewed_in_children
from metabot_instrument.monitoring.monitor import Monitor
from metabot_instrument.monitoring.observation import Observation

FAILED: Final = "monitor"
DROPPED: Final = "observation_dropped"
T = TypeVar("T")
_TICK: Final = 0.02  # seconds: observations that come within it are taken in one go


class _Question(NamedTuple):
    ask: Callable[[], Any]
    answer: Future[Any]


class Lane:
    """The monitor is called in the lane's own thread alone, which begins with the first observation. Nothing that a
    monitor raises ends it.
    """

    def __init__(self, monitor: Monitor, size: int) -> None:
        self.monitor: Final = monitor
        self._size = size
        self._begin()
        renewed_in_children(self)

    def _begin(self) -> None:
        self._lock = threading.RLock()  # a signal handler may observe while its thread observes
        self._work = threading.Condition(self._lock)
        self._pending: deque[Observation | _Question] = deque()
        self._thread: threading.Thread | None = None
        self._asleep = True  # the thread waits for something to do, or has not begun
        self._questions = 0
        self._closed = False
        self._ended = True
        self.taken = 0
        self.dropped = 0
        self.failed = 0

    def renew(self) -> None:
        """In a forked child: what was observed is the parent's to report."""
        self._begin()
        contained(FAILED, None)(self.monitor.reset)()

    @property
    def waiting(self) -> int:
        return len(self._pending)

    def put(self, seen: Observation) -> None:
        """Never waits: an observation beyond the queue's size, or of a closed lane, is dropped and counted."""
        if self._closed or len(self._pending) >= self._size:
            with self._lock:
                self.dropped += 1
            count(DROPPED, f"the queue of the monitor {self.monitor.name} is full or closed")
            return
        self._pending.append(seen)  # no lock: the thread looks again after it said that it sleeps
        if self._asleep:
            self._wake()

    def ask(self, question: Callable[[], T], timeout: float) -> T | None:
        """What it gives once the monitor has taken what was put before; None where it failed, which is counted.

        Raises TimeoutError where the monitor is not through with what it has to take.
        """
        asked: Future[T | None] = Future()
        with self._lock:
            if not self._closed:
                self._start()
            if self._ended:
                return contained(FAILED, None)(question)()
            self._questions += 1
            self._pending.append(_Question(question, asked))
            self._work.notify()
        try:
            return asked.result(timeout)
        except TooLate:
            asked.cancel()
            raise TimeoutError(f"the monitor {self.monitor.name} gave no answer within {timeout:g} s") from None

    def close(self, timeout: float) -> bool:
        """Whether it took everything in time; what is observed afterwards is dropped."""
        with self._lock:
            self._closed = True
            self._work.notify()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout)
        return self._ended

    def _wake(self) -> None:
        with self._lock:
            self._asleep = False
            self._start()
            self._work.notify()

    def _start(self) -> None:
        if self._thread is not None:
            return
        self._thread = threading.Thread(target=self._run, name=f"monitor {self.monitor.name}", daemon=True)
        try:
            self._thread.start()
            self._ended = False
        except RuntimeError:  # the interpreter is ending, or has no room for a thread
            self._closed = True

    def _run(self) -> None:
        while self._has_work():
            for _ in range(len(self._pending)):
                self._do(self._pending.popleft())

    def _has_work(self) -> bool:
        """Waits for some; there is none where the lane is closed and everything is taken."""
        with self._lock:
            while not (self._closed or self._waits_for_work()):
                self._work.wait()
            self._asleep = False
            self._work.wait_for(self._hurried, _TICK)
            self._ended = not self._pending
            return not self._ended

    def _waits_for_work(self) -> bool:
        self._asleep = True
        return bool(self._pending)

    def _hurried(self) -> bool:
        return self._closed or self._questions > 0

    def _do(self, item: Observation | _Question) -> None:
        if isinstance(item, _Question):
            self._answer(item)
        else:
            _, error = outlived(self.monitor.take, item)
            if error is not None:
                self.failed += 1
                count(FAILED, error)
            self.taken += 1

    def _answer(self, question: _Question) -> None:
        with self._lock:
            self._questions -= 1
        if question.answer.set_running_or_notify_cancel():
            given, error = outlived(question.ask)
            if error is not None:
                count(FAILED, error)
            question.answer.set_result(given)
