"""A control group per run, where the machine lets us make one: it holds processes and memory, even root's.

Version 1 mounts each controller apart; version 2 has one tree. A group is made beside or below our own one, in the
nearest place that hands both controllers down. Where none can be made, an unprivileged user is held by other means
(see `process`), and root is refused by the canary: no other limit on the number of processes binds root.
"""

from __future__ import annotations

import itertools
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MOUNT: Final = Path("/sys/fs/cgroup")
OWN: Final = Path("/proc/self/cgroup")
_NAME: Final = "metabot-"
_count = itertools.count()


@dataclass(frozen=True, slots=True)
class ControlGroup:
    """Folders of one group: two in version 1 (pids, memory), one in version 2."""

    folders: tuple[Path, ...]

    def join_files(self) -> tuple[Path, ...]:
        """A process that writes its id into each of these is in the group, with all that it starts."""
        return tuple(folder / "cgroup.procs" for folder in self.folders)

    def out_of_memory(self) -> bool:
        """Whether the kernel ended a process of the group because the group used too much."""
        counts = [folder / name for folder in self.folders for name in ("memory.events", "memory.oom_control")]
        return any(_count_of("oom_kill", file) > 0 for file in counts)

    def peak_memory(self) -> int | None:
        """The most bytes that its processes held at once, files they read among them; None: the kernel tells none."""
        for file in (folder / name for folder in self.folders for name in ("memory.peak", "memory.max_usage_in_bytes")):
            with suppress(OSError):
                return int(file.read_text())
        return None

    def processes(self) -> set[int]:
        found: set[int] = set()
        for file in self.join_files():
            with suppress(OSError):
                found |= {int(line) for line in file.read_text().split()}
        return found

    def end(self, *, seconds: float = 5.0) -> None:
        """Kills what is left in the group and removes it. A process that cannot be killed leaves an empty shell."""
        deadline = time.monotonic() + seconds
        while (left := self.processes()) and time.monotonic() < deadline:
            for pid in left:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.01)
        for folder in self.folders:
            _remove(folder, deadline)


@contextmanager
def control_group(*, processes: int, memory_bytes: int) -> Iterator[ControlGroup | None]:
    """A fresh group with both limits, removed at exit; None where the machine lets us make none."""
    group = _made(places(MOUNT, OWN), processes, memory_bytes)
    try:
        yield group
    finally:
        if group is not None:
            group.end()


def sweep() -> None:
    """Removes groups that killed runs left behind: empty ones whose names carry the id of a process that is gone."""
    for place in places(MOUNT, OWN):
        for folder in place.glob(f"{_NAME}*-*"):
            owner = folder.name.removeprefix(_NAME).split("-")[0]
            if owner.isdigit() and not Path(f"/proc/{owner}").exists():
                with suppress(OSError):  # not empty: a process of another namespace, whose id we cannot see, is in it
                    folder.rmdir()


def places(mount: Path, own: Path) -> tuple[Path, ...]:
    """Folders to make a group in: one per version 1 controller, or one in version 2; empty where there is none."""
    lines = [line.split(":", 2) for line in own.read_text().splitlines()] if own.exists() else []
    version_1 = {name: path for _, names, path in lines for name in names.split(",") if name}
    if {"pids", "memory"} <= version_1.keys():
        # In a container the path is the host's, and what is mounted here is our own group already.
        found = [(mount / name / version_1[name].lstrip("/"), mount / name) for name in ("pids", "memory")]
        return tuple(ours if ours.is_dir() else top for ours, top in found)
    unified = next((path for _, names, path in lines if not names), None)
    if unified is None:
        return ()
    ours = mount / unified.lstrip("/")
    # A group with processes in it hands no controllers down, so the place is the nearest one above that does.
    above = [folder for folder in (ours, *ours.parents) if folder.is_relative_to(mount)]
    return tuple(itertools.islice((folder for folder in above if _hands_down(folder)), 1))


def _hands_down(folder: Path) -> bool:
    with suppress(OSError):
        return {"pids", "memory"} <= set((folder / "cgroup.subtree_control").read_text().split())
    return False


def _made(parents: tuple[Path, ...], processes: int, memory_bytes: int) -> ControlGroup | None:
    if not parents:
        return None
    name = f"{_NAME}{os.getpid()}-{next(_count)}"
    group = ControlGroup(tuple(parent / name for parent in parents))
    try:
        for folder in group.folders:
            folder.mkdir()
        _limit(group, {"pids.max": processes})
        _limit(group, {"memory.limit_in_bytes": memory_bytes, "memory.max": memory_bytes})
        _limit(group, {"memory.memsw.limit_in_bytes": memory_bytes, "memory.swap.max": 0}, optional=True)
    except OSError:  # read-only, not ours, or a controller missing: no group here
        group.end()
        return None
    return group


def _limit(group: ControlGroup, values: dict[str, int], *, optional: bool = False) -> None:
    files = [(folder / name, value) for folder in group.folders for name, value in values.items()]
    present = [(file, value) for file, value in files if file.exists()]
    if not present and not optional:
        raise FileNotFoundError(f"none of {', '.join(values)} in {group.folders}")
    for file, value in present:
        file.write_text(str(value))


def _count_of(key: str, file: Path) -> int:
    with suppress(OSError):
        for line in file.read_text().splitlines():
            name, _, value = line.partition(" ")
            if name == key:
                return int(value)
    return 0


def _remove(folder: Path, deadline: float) -> None:
    while True:
        try:
            folder.rmdir()
        except FileNotFoundError:
            return
        except OSError:
            # The kernel lets go of a group a moment after its last process is gone.
            if time.monotonic() >= deadline:
                return
            time.sleep(0.01)
        else:
            return
