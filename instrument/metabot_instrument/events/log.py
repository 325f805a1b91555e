"""One event log, written at once or through a buffer, as the settings say."""

from __future__ import annotations

from itertools import count as numbers

from metabot_instrument.boundary import count
from metabot_instrument.forks import renewed_in_children
from metabot_instrument.lines.buffered import BufferedLines
from metabot_instrument.lines.file import LineFile
from metabot_instrument.lines.held import say_lost
from metabot_instrument.lines.lost_line import lost_line
from metabot_instrument.lines.stamp import new_writer, stamped
from metabot_instrument.settings import Settings

LOST = "events_lost"  # what cannot be written is counted as this


class EventLog:
    def __init__(self, path: str, settings: Settings) -> None:
        self._file = LineFile(path, rotate_bytes=settings.rotate_bytes, keep=settings.rotate_keep)
        self._buffer: BufferedLines[bytes] | None = None
        if settings.events_buffered:
            self._buffer = BufferedLines(
                self._file,
                size=settings.events_buffer_size,
                seconds=settings.events_flush_seconds,
                overflow=settings.events_overflow,
                encode=bytes,
                kind=LOST,
            )
        else:
            self.renew()
            renewed_in_children(self)
            say_lost(self._file.path, lambda writer, number: self.write(lost_line(writer, number)), count)

    def renew(self) -> None:
        """A forked child is another writer."""
        self._writer = new_writer()
        self._numbers = numbers(1)

    def write(self, line: bytes) -> None:
        """Writes a JSON object, or counts that it could not."""
        if self._buffer is not None:
            self._buffer.put(line)
            return
        try:
            self._file.append(stamped(line, self._writer, next(self._numbers)))
        except OSError as error:
            count(LOST, f"{error}; look at METABOT_EVENTS_PATH")

    def close(self) -> None:
        if self._buffer is not None:
            self._buffer.close()
        self._file.close()
