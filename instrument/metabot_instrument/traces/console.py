"""Traces as trees on standard error, each when its root has ended."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from metabot_instrument.traces.line import Line

_SPANS: Final = 1000  # of one trace that wait for its root
_TRACES: Final = 100
# Control characters move the cursor; format characters of the last ranges turn the direction of text.
_UNSEEN: Final = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")

Children = Mapping[str | None, Sequence[Line]]


class Console:
    """Lines of a trace are kept until its root comes; a trace of very many is printed in parts."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._waiting: dict[int, list[Line]] = {}

    def add(self, line: Line) -> None:
        with self._lock:
            trace = self._waiting.setdefault(line.trace, [])
            trace.append(line)
            if line.parent_id is None or len(trace) >= _SPANS:
                self._print(self._waiting.pop(line.trace))
            elif len(self._waiting) > _TRACES:
                self._print(self._waiting.pop(next(iter(self._waiting))))

    def _print(self, trace: list[Line]) -> None:
        sys.stderr.write("".join(f"{row}\n" for row in tree(trace)))


def tree(lines: Sequence[Line]) -> Iterator[str]:
    """The rows of the trees of `lines`, children under their parents in order of their start."""
    ids = {line.id for line in lines}
    children: dict[str | None, list[Line]] = {}
    for line in sorted(lines, key=lambda line: line.start):
        children.setdefault(line.parent_id if line.parent_id in ids else None, []).append(line)
    waiting = [(root, 0) for root in reversed(children.get(None, ()))]
    while waiting:
        line, depth = waiting.pop()
        yield " " * (4 * depth - 2) + "└─" * bool(depth) + row(line)
        waiting += [(child, depth + 1) for child in reversed(children.get(line.id, ()))]


def row(line: Line) -> str:
    """`[alt] transition: L3→L2 → success (5ms)`; a status that the output does not say stands behind it."""
    given = f": {line.input}" if line.input else ""
    outcome = line.output or line.status
    status = f" [{line.status}]" if line.status not in ("success", outcome) else ""
    said = f"[{line.short}] {line.operation}{given} → {outcome}{status} ({_took(line.end - line.start)})"
    return _UNSEEN.sub("·", said)


def _took(nanoseconds: int) -> str:
    milliseconds = max(0, nanoseconds) / 1e6
    return f"{milliseconds:.0f}ms" if milliseconds >= 1 or milliseconds == 0 else f"{milliseconds:.1f}ms"
