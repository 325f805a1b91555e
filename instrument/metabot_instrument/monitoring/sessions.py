"""Sessions in bounded memory: those that go on, and of those that ended what they came to."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from typing import Final, NamedTuple

from metabot_instrument.monitoring.observation import Observation

_OPEN: Final = 1_000  # sessions; the one that was quiet for longest is taken for ended
_ENDED: Final = 2_000  # whose sums are remembered
_IDLE: Final = 30 * 60.0  # seconds without an action after which a session of the same name is another one


class Session(NamedTuple):
    name: str
    first: float
    last: float
    actions: int
    errors: int
    tokens: int
    previous: str = ""  # its last action

    @property
    def seconds(self) -> float:
        return max(self.last - self.first, 0.0)


class Sessions:
    def __init__(self) -> None:
        self._open: OrderedDict[str, Session] = OrderedDict()
        self._ended: deque[Session] = deque(maxlen=_ENDED)
        self.count = 0

    def __iter__(self) -> Iterator[Session]:
        yield from self._ended
        yield from self._open.values()

    def add(self, name: str, action: str, seen: Observation) -> str:
        """The action that came before it in its session; empty for the first."""
        before = self._open.pop(name, None)
        if before is not None and seen.started - before.last > _IDLE:
            self._ended.append(before)
            before = None
        if before is None:
            self.count += 1
            before = Session(name, seen.started, seen.started, 0, 0, 0)
        self._open[name] = Session(
            name,
            min(before.first, seen.started),
            max(before.last, seen.started + (seen.duration_ms or 0.0) / 1_000),
            before.actions + 1,
            before.errors + (seen.error is not None),
            before.tokens + (seen.tokens or 0),
            action,
        )
        if len(self._open) > _OPEN:
            self._ended.append(self._open.popitem(last=False)[1])
        return before.previous
