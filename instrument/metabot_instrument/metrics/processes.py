"""The multiprocess mode: what all processes of one folder counted, those that were killed included.

Each process writes into files of its own in PROMETHEUS_MULTIPROC_DIR. Counters and histograms of a dead process go on
counting, for a sum must not fall; its agents and open circuits are gone with it. The folder is one machine's and one
process namespace's, and whoever starts the application empties it first.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path

import psutil
from prometheus_client import Metric
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from metabot_instrument.boundary import count


def folder() -> Path:
    older = "prometheus_multiproc_dir"  # prometheus-client still takes it
    return Path(os.environ.get("PROMETHEUS_MULTIPROC_DIR") or os.environ[older])


def of_all_processes() -> Iterable[Metric]:
    """A file that is torn is left out and counted as `metrics`. Raises `OSError` where the folder cannot be read or is
    gone.
    """
    there = set(folder().iterdir())
    for pid in set(_dead()):
        mark_process_dead(pid, str(folder()))  # type: ignore[no-untyped-call]
    files = [str(path) for path in there if path.suffix == ".db" and _is_whole(path)]
    metrics: Iterable[Metric] = MultiProcessCollector.merge(files)  # type: ignore[no-untyped-call]
    return metrics


def _dead() -> Iterator[int]:
    for path in folder().glob("gauge_live*_*.db"):
        pid = path.stem.rpartition("_")[2]
        if pid.isdecimal() and not _lives(int(pid), path):
            yield int(pid)


def _lives(pid: int, path: Path) -> bool:
    """Not where the number is another process's by now, begun after the file was last written."""
    try:
        return psutil.Process(pid).create_time() <= path.stat().st_mtime + 1
    except psutil.AccessDenied:
        return True
    except (psutil.NoSuchProcess, FileNotFoundError):
        return False


def _is_whole(path: Path) -> bool:
    """A process may be killed after it made the file and before it wrote the first word."""
    try:
        for _ in MmapedDict.read_all_values_from_file(str(path)):  # type: ignore[no-untyped-call]
            pass
    except FileNotFoundError:
        return False
    except (struct.error, RuntimeError, ValueError) as torn:
        count("metrics", f"{path.name}: {torn}")
        return False
    return True
