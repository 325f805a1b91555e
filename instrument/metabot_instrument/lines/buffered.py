"""Lines that wait in memory until one thread writes them: the caller pays for a queue, not for a file.

What waits and what is being written together never exceed `size`; a SIGKILL loses at most that, and the next process
that opens the log counts it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

from metabot_instrument.boundary import contained, count
from metabot_instrument.forks import renewed_in_children
from metabot_instrument.lines.file import LineFile
from metabot_instrument.lines.held import Held, say_lost
from metabot_instrument.lines.lost_line import lost_line
from metabot_instrument.lines.stamp import new_writer, stamped
from metabot_instrument.lines.writers import opened, settled_at_exit
from metabot_instrument.settings import Overflow

T = TypeVar("T")

_CHUNK = 256  # lines of one write
_PATIENCE = 2.0  # seconds without a line written that a full buffer holds up the application; then the line is dropped


class BufferedLines(Generic[T]):
    """`encode` gives an item's JSON object; `writer` and `seq` are added as its last keys.

    A line waits `seconds` at most. What a full buffer does is `overflow`: `wait` (two seconds after the last line that
    was written at most), `drop_oldest` or `drop_newest`; what is dropped or cannot be written is counted as `kind`.
    """

    def __init__(
        self,
        file: LineFile,
        *,
        size: int,
        seconds: float,
        overflow: Overflow,
        encode: Callable[[T], bytes],
        kind: str = "lines_lost",
    ) -> None:
        self._file = file
        self._size = size
        self._seconds = seconds
        self._overflow = overflow
        self._kind = kind
        nothing: bytes | None = None
        self._encoded = contained(kind, nothing)(encode)
        self._held: Held | None = None
        self._begin()
        renewed_in_children(self)
        opened(self)

    def _begin(self) -> None:
        self._lock = threading.RLock()  # a signal handler may put while its thread puts
        self._work = threading.Condition(self._lock)  # for the writer
        self._room = threading.Condition(self._lock)  # for who waits until something is settled
        self._pending: deque[T] = deque()
        self._unsaid: deque[tuple[str, object, int]] = deque()
        self._in_flight = 0
        self._settled = 0  # lines that are written or counted
        self._flushing = 0
        self._drained = True
        self._closed = False
        self._thread: threading.Thread | None = None
        self._writer = new_writer()
        self._seq = 0

    def renew(self) -> None:
        """In a forked child: what waits is the parent's to write."""
        if self._held is not None:
            self._held.abandon()
            self._held = None
        closed = self._closed
        self._begin()
        self._closed = closed

    def put(self, item: T) -> None:
        """Hands `item` to the writer; after `close` it is written at once."""
        self._put(item)
        self._say()

    def _put(self, item: T) -> None:
        with self._lock:
            if self._thread is None and not self._closed:
                self._start(threading.Thread(target=self._run, name=f"lines of {self._file.path.name}", daemon=True))
            if self._closed:
                self._write([item])
            elif self._holding() < self._size or self._make_room():
                self._pending.append(item)
                self._note()
                if len(self._pending) in (1, self._size // 2):
                    self._work.notify()

    def flush(self, timeout: float = 5.0) -> bool:
        """Whether everything put before the call is settled within `timeout` seconds."""
        with self._lock:
            until = self._settled + self._holding()
            self._flushing += 1
            self._work.notify()
            try:
                done = self._room.wait_for(lambda: self._settled >= until, timeout)
            finally:
                self._flushing -= 1
        self._say()
        return done

    def close(self, timeout: float = 5.0) -> bool:
        """Flushes; where that succeeds in time, nothing of this process remains beside the log."""
        with self._lock:
            self._closed = True
            done = self.flush(timeout)
            if done and self._held is not None:
                self._held.close()
                self._held = None
        self._say()
        return done

    def _start(self, thread: threading.Thread) -> None:
        if self._thread is not None:  # a signal handler's put came first
            return
        self._thread = thread
        try:
            self._file.path.parent.mkdir(parents=True, exist_ok=True)
            self._held = Held(self._file.path, self._writer)
        except OSError as error:
            self._failed("lost_unknown", f"{self._file.path}: what a kill loses will not be counted: {error}")
        say_lost(self._file.path, self._say_lost, self._failed)
        try:
            thread.start()
        except RuntimeError:  # the interpreter is ending
            self._closed = True
        settled_at_exit()

    def _say_lost(self, writer: str, number: int) -> None:
        self._append([lost_line(writer, number)])

    def _holding(self) -> int:
        return len(self._pending) + self._in_flight

    def _note(self) -> None:
        if self._held is not None:
            self._held.note(len(self._pending), self._in_flight)

    def _make_room(self) -> bool:
        if self._overflow == "wait":
            self._work.notify()
            if self._has_room():
                return True
        elif self._overflow == "drop_oldest" and self._pending:
            self._pending.popleft()
            self._settled += 1
            self._drop()
            return True
        self._drop()
        return False

    def _has_room(self) -> bool:
        """Waits for as long as lines are being written: among many threads one may find the room taken for a while."""
        settled = -1
        while settled != self._settled:
            settled = self._settled
            if self._room.wait_for(lambda: self._holding() < self._size, _PATIENCE):
                return True
        return False

    def _drop(self) -> None:
        self._failed(self._kind, f"{self._file.path}: the buffer of {self._size} lines is full")

    def _failed(self, kind: str, why: object, number: int = 1) -> None:
        """To be counted once the lock is let go: what is counted is logged, and a log's handler may emit events."""
        self._unsaid.append((kind, why, number))

    def _say(self) -> None:
        if self._unsaid and not self._lock._is_owned():  # type: ignore[attr-defined]  # as `Condition` asks it
            with suppress(IndexError):
                while True:
                    count(*self._unsaid.popleft())

    def _run(self) -> None:
        while chunk := self._take():
            self._write(chunk)
            self._say()
            with self._lock:
                self._settled += len(chunk)
                self._in_flight = 0
                self._note()
                self._room.notify_all()

    def _take(self) -> list[T]:
        """The next lines; none when it is closed and nothing waits."""
        with self._lock:
            while not self._pending:
                if self._closed:
                    return []
                self._drained = True
                self._work.wait()
            if self._drained:
                self._work.wait_for(self._hurried, self._seconds)
            chunk = [self._pending.popleft() for _ in range(min(len(self._pending), _CHUNK))]
            self._drained = not self._pending
            if self._held is not None:
                self._held.first_in_flight(self._seq + 1)
            self._in_flight = len(chunk)
            self._note()
            return chunk

    def _hurried(self) -> bool:
        return self._closed or self._flushing > 0 or len(self._pending) >= max(self._size // 2, 1)

    def _write(self, items: list[T]) -> None:
        self._append([line for item in items if (line := self._encoded(item)) is not None])

    def _append(self, lines: list[bytes]) -> None:
        with self._lock:
            first = self._seq + 1
            self._seq += len(lines)
        try:
            self._file.append(b"".join(stamped(line, self._writer, first + at) for at, line in enumerate(lines)))
        except OSError as error:
            self._failed(self._kind, error, len(lines))
