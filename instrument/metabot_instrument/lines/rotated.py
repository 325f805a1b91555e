"""A log and its rotated files, opened for reading."""

from __future__ import annotations

import os
from contextlib import ExitStack
from glob import escape
from pathlib import Path
from typing import IO


def opened(path: str | os.PathLike[str], files: ExitStack) -> list[IO[bytes]]:
    """The log's files, oldest first, closed with `files`; none where there is no log.

    They are opened from the newest to the oldest, so that a rotation meanwhile shows a file twice and hides none; the
    second one is left out.
    """
    name = Path(path)
    rests = (found.name.removeprefix(f"{name.name}.") for found in name.parent.glob(f"{escape(name.name)}.*"))
    numbers = sorted(int(rest) for rest in rests if rest.isdecimal())
    seen: dict[tuple[int, int], IO[bytes]] = {}
    for part in (name, *(name.with_name(f"{name.name}.{number}") for number in numbers)):
        try:
            file = files.enter_context(part.open("rb"))
        except FileNotFoundError:
            continue
        found = os.fstat(file.fileno())
        seen.setdefault((found.st_dev, found.st_ino), file)
    return list(reversed(seen.values()))
