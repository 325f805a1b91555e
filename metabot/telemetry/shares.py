"""A long file of lines decoded by several processes, a share of whole lines each; the records come in file order.

Decoding is Python's work and keeps one processor busy, however many there are.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Any, Final, NamedTuple

from metabot.telemetry.record import Record

_LEAD: Final = 16 << 20  # bytes of a file that one process reads alone: another one costs a second
_SHARE: Final = 4 << 20  # bytes that a process is given at a time
_LINE: Final = 64 << 20  # bytes of a line that is given to one
_LENGTH: Final = 8  # bytes before each message, which tell its length
_ROOT: Final = Path(__file__).parents[2]
_INHERITED: Final = ("PATH", "LD_LIBRARY_PATH", "PYTHONHOME", "PYTHONPATH", "TMPDIR")  # no secret among them


class ShareError(Exception):
    """One of the processes ended before it had answered."""


class Share(NamedTuple):
    before: int  # lines of the file before it
    data: bytes


class Whole(NamedTuple):
    """A document that has to be read in file order, because what it says depends on those before it."""

    place: str
    held: object


@dataclass(slots=True)
class Shares:
    """Cuts a file behind its lines. Where one is too long for that, the file's `rest` stays with whoever asks."""

    chunks: Iterator[bytes]
    size: int = _SHARE
    lines: int = 0  # that were handed out
    rest: list[bytes] = field(default_factory=list)

    def lead(self, is_lines: Callable[[bytes], bool]) -> Iterator[bytes]:
        """What one process reads before others are started: whole lines. All of it, where there is one processor."""
        size, cut = 0, False
        for chunk in self.chunks:
            cut = processors() > 1 and is_lines(chunk) if not size else cut
            size += len(chunk)
            end = chunk.rfind(b"\n") + 1 if cut and size >= _LEAD else 0
            self.lines += chunk[: end or None].count(b"\n")
            if end:
                self.rest = [chunk[end:]]
                yield chunk[:end]
                return
            yield chunk

    def __iter__(self) -> Iterator[Share]:
        size = 0
        for chunk in self.chunks:
            self.rest.append(chunk)
            size += len(chunk)
            end = chunk.rfind(b"\n") + 1 if size >= self.size else 0
            if end:
                self.rest[-1] = chunk[:end]
                yield self._share()
                self.rest, size = [chunk[end:]], len(chunk) - end
            elif size > _LINE:
                return
        yield self._share()
        self.rest = []

    def _share(self) -> Share:
        share = Share(self.lines, b"".join(self.rest))
        self.lines += share.data.count(b"\n")
        return share


def processors() -> int:
    """As many as this process may use at present."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def shared(shares: Iterable[Share], module: str, processes: int) -> Iterator[list[Record | Whole]]:
    """What `module`, run by so many processes that `answer`, makes of each share.

    Raises `ShareError`.
    """
    idle: SimpleQueue[subprocess.Popen[bytes]] = SimpleQueue()
    waiting: deque[Future[list[Record | Whole]]] = deque()
    with ExitStack() as stack:
        for _ in range(processes):
            idle.put(stack.enter_context(_started(module)))
        pool = ThreadPoolExecutor(processes, thread_name_prefix="metabot-share")
        stack.callback(pool.shutdown, cancel_futures=True)
        for share in shares:
            waiting.append(pool.submit(_asked, idle, share))
            if len(waiting) > 2 * processes:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def answer(read: Callable[[Share], Iterable[Record | Whole]]) -> None:
    """In a process of its own: shares from standard input, their records to standard output, until none is left."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started it ends it
    given, answers = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no answer
    while (share := _received(given)) is not None:
        _send(answers, list(read(share)))


@contextmanager
def _started(module: str) -> Iterator[subprocess.Popen[bytes]]:
    environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    environment["PYTHONPATH"] = os.pathsep.join([str(_ROOT), *filter(None, [environment.get("PYTHONPATH")])])
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**environment, "POLARS_MAX_THREADS": "1"},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield process
    finally:
        process.kill()  # it waits for a share, or nobody waits for its answer
        process.wait()
        process.stdout.close()
        with suppress(BrokenPipeError):
            process.stdin.close()


def _asked(idle: SimpleQueue[subprocess.Popen[bytes]], share: Share) -> list[Record | Whole]:
    process = idle.get()
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        _send(process.stdin, share)
        found: list[Record | Whole] | None = _received(process.stdout)
    except BrokenPipeError:
        found = None
    finally:
        idle.put(process)
    if found is None:
        raise ShareError(f"a process that decoded lines from {share.before + 1} on ended with {process.wait()}")
    return found


def _send(file: IO[bytes], value: object) -> None:
    data = pickle.dumps(value, protocol=5)
    file.write(len(data).to_bytes(_LENGTH, "big"))
    file.write(data)
    file.flush()


def _received(file: IO[bytes]) -> Any:
    """None where there is no more."""
    length = int.from_bytes(file.read(_LENGTH), "big")
    data = file.read(length)
    return pickle.loads(data) if length and len(data) == length else None  # noqa: S301  # of our own process
