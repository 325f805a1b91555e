"""One process of the stress test: sixteen threads that emit until the time is over, each noting how far it came.

`cells` is a shared file with two numbers a thread: the event whose call has begun, and the one whose call has returned.
"""

from __future__ import annotations

import json
import mmap
import sys
import threading
import time
from pathlib import Path

import metabot_instrument

THREADS = 16
BUFFER = 1_000


def _emit(process: int, thread: int, cells: memoryview, until: float) -> None:
    number = 0
    while time.time() < until:
        number += 1
        cells[2 * thread] = number
        metabot_instrument.emit_event("eval", {"p": process, "t": thread, "i": number})
        cells[2 * thread + 1] = number


def main(log: str, cells: str, process: int, *, buffered: bool, rotate_bytes: int) -> None:
    metabot_instrument.configure(
        events_path=log,
        events_buffered=buffered,
        events_buffer_size=BUFFER,
        rotate_bytes=rotate_bytes,
        rotate_keep=900,
    )
    with Path(cells).open("r+b") as file:
        shared = memoryview(mmap.mmap(file.fileno(), 0)).cast("Q")
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    until = float(sys.stdin.readline())
    threads = [threading.Thread(target=_emit, args=(process, number, shared, until)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    metabot_instrument.shutdown()
    sys.stdout.write(json.dumps(metabot_instrument.failures()))


if __name__ == "__main__":
    log, cells, process, mode, rotate_bytes = sys.argv[1:]
    main(log, cells, int(process), buffered=mode == "buffered", rotate_bytes=int(rotate_bytes))
