"""One command under limits, and nothing of it left afterwards.

Wall time ends the whole tree. Processes and memory are held by a control group where the machine lets us make one,
which it does for root. For an unprivileged user: RLIMIT_NPROC, set to what the user has running plus what the command
may add; memory by looking at what the whole tree uses every tenth of a second, with RLIMIT_DATA on
each process so that one that grows faster than we look is refused the memory. What is written is looked at (see
`disk`), no file may grow beyond that limit, and there are no core dumps. Only the end of the output is kept.
"""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, Literal

from metabot.verify.cgroup import ControlGroup, control_group
from metabot.verify.commands import BASE_PYTHON
from metabot.verify.disk import Disk
from metabot.verify.limits import Limits
from metabot.verify.processes import tasks_of_user, uses_more_than
from metabot.verify.tail import Tail

_LOOK_SECONDS: Final = 0.1
_MARGIN: Final = 2**20  # bytes: a single file can grow beyond the disk limit, and is seen to
_END_SECONDS: Final = 10.0  # for the supervisor to end what runs under it
_SUPERVISOR: Final = Path(__file__).with_name("supervisor.py")

Limit = Literal["time", "memory", "disk"]
Stop = threading.Event
"""Set from another thread, it ends the command."""


class AbandonedError(Exception):
    """The command was ended because whoever waits for it does so no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a command ended."""

    exit_code: int  # 128 + n: signal n ended it; 127: there is no such command
    seconds: float
    limit: Limit | None
    output: str  # the end of both streams, as they came
    stdout: str  # the end of standard output alone
    peak_memory_bytes: int | None = None  # None: no control group told it


def run(
    command: Sequence[str],
    *,
    cwd: Path,
    environment: Mapping[str, str],
    limits: Limits,
    writable: tuple[Path, ...] = (),
    stop: Stop | None = None,
) -> Ended:
    """Runs the command to its own end or to that of a limit; then no process of it is left.

    `writable` are the folders whose size the disk limit is about; without any there is none. Raises `AbandonedError`
    where `stop` is set before the end.
    """
    disk = Disk(writable, limits.disk_bytes)
    with control_group(processes=limits.processes, memory_bytes=limits.memory_bytes) as group:
        started = time.monotonic()
        process = subprocess.Popen(
            [str(BASE_PYTHON), "-I", "-S", str(_SUPERVISOR), _plan(limits, group), *command],
            cwd=cwd,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        watch = _Watch(process, limits, group, disk, stop)
        try:
            limit = watch.until_end(started + limits.seconds)
        finally:
            _end(process)
        seconds = time.monotonic() - started
        if limit is None and disk.was_over():
            limit = "disk"
        return Ended(
            exit_code=process.returncode,
            seconds=seconds,
            limit="memory" if group is not None and group.out_of_memory() else limit,
            output=watch.output.text(),
            stdout=watch.stdout.text(),
            peak_memory_bytes=None if group is None else group.peak_memory(),
        )


class _Watch:
    """Reads both streams and looks at the limits until the command is gone."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        limits: Limits,
        group: ControlGroup | None,
        disk: Disk,
        stop: Stop | None,
    ) -> None:
        self.output, self.stdout = Tail(), Tail()
        self._process, self._limits, self._group, self._disk, self._stop = process, limits, group, disk, stop

    def until_end(self, deadline: float) -> Limit | None:
        with selectors.DefaultSelector() as streams:
            for stream in (self._process.stdout, self._process.stderr):
                assert stream is not None
                streams.register(stream, selectors.EVENT_READ)
            looked = 0.0
            while self._process.poll() is None or streams.get_map():
                now = time.monotonic()
                if now >= deadline:
                    return "time"
                if self._stop is not None and self._stop.is_set():
                    raise AbandonedError
                if now - looked >= _LOOK_SECONDS:
                    looked = now
                    if self._too_much_memory():
                        return "memory"
                    if self._disk.is_over(self._process.pid):
                        return "disk"
                self._read(streams)
        return None

    def _read(self, streams: selectors.BaseSelector) -> None:
        if not streams.get_map():
            time.sleep(_LOOK_SECONDS)
            return
        for key, _ in streams.select(_LOOK_SECONDS):
            chunk = os.read(key.fd, 65_536)
            if not chunk:
                streams.unregister(key.fileobj)
            self.output.add(chunk)
            if key.fileobj is self._process.stdout:
                self.stdout.add(chunk)

    def _too_much_memory(self) -> bool:
        if self._group is not None:
            return self._group.out_of_memory()
        return uses_more_than(self._limits.memory_bytes, self._process.pid)


def _plan(limits: Limits, group: ControlGroup | None) -> str:
    values = {"RLIMIT_CORE": 0, "RLIMIT_FSIZE": limits.disk_bytes + _MARGIN}
    if group is None:
        # Twice the limit: what uses more than the limit should be seen and named, not die of a refused allocation.
        values["RLIMIT_DATA"] = 2 * limits.memory_bytes
        if os.geteuid() != 0:  # the kernel does not hold root to it
            values["RLIMIT_NPROC"] = tasks_of_user(os.geteuid()) + limits.processes
    joined = [] if group is None else [str(file) for file in group.join_files()]
    return json.dumps({"limits": values, "join": joined, "parent": os.getpid()})


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for stream in (process.stdout, process.stderr):
        _closed(stream)


def _closed(stream: IO[bytes] | None) -> None:
    if stream is not None:
        stream.close()
