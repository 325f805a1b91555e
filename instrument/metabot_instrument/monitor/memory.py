"""The memory that this process holds, and how much it may hold."""

from __future__ import annotations

import os
import resource
import threading
import time
import weakref
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

from metabot_instrument.boundary import contained
from metabot_instrument.monitor.figures import iso

_SAMPLES: Final = 100
_CGROUPS: Final = Path("/sys/fs/cgroup")
_UNLIMITED: Final = 1 << 60  # bytes: what version 1 of cgroups says where there is no limit is above


class Sample(NamedTuple):
    time: float  # unix seconds
    rss: int  # bytes
    percent: float  # of the limit
    monotonic: float

    def figures(self) -> dict[str, Any]:
        return {"timestamp": iso(self.time), "rss_bytes": self.rss, "percent": round(self.percent, 2)}


def limit() -> int:
    """Bytes: the least of the machine's memory, the limits of the process and those of its control groups."""
    import psutil  # noqa: PLC0415  # where a monitor is made

    return min([psutil.virtual_memory().total, *_of_process(), *_of_groups()])


def _of_process() -> Iterator[int]:
    for kind in (resource.RLIMIT_AS, resource.RLIMIT_DATA):
        soft, _ = resource.getrlimit(kind)
        if soft != resource.RLIM_INFINITY:
            yield soft


def _of_groups() -> Iterator[int]:
    """Of the group that the process is in and of those above it. https://docs.kernel.org/admin-guide/cgroup-v2.html"""
    with suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines():
            _, controllers, group = line.split(":", 2)
            if controllers in ("", "memory") or "memory" in controllers.split(","):
                top = _CGROUPS / "memory" if controllers else _CGROUPS
                name = "memory.limit_in_bytes" if controllers else "memory.max"
                yield from _upwards(top, group.strip("/"), name)


def _upwards(top: Path, group: str, name: str) -> Iterator[int]:
    place = top / group
    for folder in (place, *place.parents):
        with suppress(OSError, ValueError):  # there is none, or it says `max`
            said = int((folder / name).read_text(encoding="ascii"))
            if said < _UNLIMITED:
                yield said
        if folder == top:
            return


def resident() -> int:
    import psutil  # noqa: PLC0415

    return int(psutil.Process(os.getpid()).memory_info().rss)


class Memory:
    """Samples of it: one at once, then one every `seconds` by a thread, the last hundred of them.

    `watch` is told of each. In a forked child the samples are its own, and the thread begins with the first `ensure`.
    """

    def __init__(self, limit_bytes: int | None, seconds: float, watch: weakref.WeakMethod[Any]) -> None:
        self.limit = limit_bytes or limit()
        self._seconds = seconds
        self._watch = watch
        self._closed = False
        self.renew()

    def renew(self) -> None:
        self._lock = threading.RLock()
        self._end = threading.Event()
        self._thread: threading.Thread | None = None
        self.samples: deque[Sample] = deque(maxlen=_SAMPLES)

    @contained("monitor", None)
    def ensure(self) -> None:
        """Begins to sample, unless it has."""
        if self._thread is not None or self._closed:
            return
        with self._lock:
            if self._thread is not None or self._closed:
                return
            self._thread = threading.Thread(target=_sampling, args=(weakref.ref(self), self._end, self._seconds),
                                            name="metabot-memory", daemon=True)  # fmt: skip
            self._thread.start()
        self.sample()

    def look(self) -> Sample:
        """Now; `watch` is told."""
        rss = resident()
        now = Sample(time.time(), rss, 100.0 * rss / self.limit, time.monotonic())
        watch = self._watch()
        if watch is not None:
            watch(now)
        return now

    @contained("monitor", None)
    def sample(self) -> None:
        self.samples.append(self.look())

    def figures(self) -> dict[str, Any]:
        return {"limit_bytes": self.limit, "samples": [sample.figures() for sample in tuple(self.samples)]}

    def stats(self) -> dict[str, Any]:
        """Bytes, the current ones read now."""
        held = [sample.rss for sample in tuple(self.samples)]
        now = self.look()
        seen = [*held, now.rss]
        return {
            **self.figures(),
            "current_bytes": now.rss,
            "percent": round(now.percent, 2),
            "mean_bytes": round(sum(seen) / len(seen)),
            "min_bytes": min(seen),
            "max_bytes": max(seen),
        }

    def clear(self) -> None:
        self.samples.clear()
        if self._thread is not None:
            self.sample()

    def close(self) -> None:
        with self._lock:
            thread, self._thread, self._closed = self._thread, None, True
        self._end.set()
        if thread is not None and thread.ident is not None and thread is not threading.current_thread():
            thread.join(2.0)


def _sampling(memory: weakref.ref[Memory], end: threading.Event, seconds: float) -> None:
    """Until the end is set, or nobody has the memory any more."""
    while not end.wait(seconds):
        there = memory()
        if there is None:
            return
        there.sample()
        del there
