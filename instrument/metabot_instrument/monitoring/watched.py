"""A block of code as an observation."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType

from metabot_instrument.monitoring.observation import Observation


class Watched:
    """For `with`, in a coroutine too, once each. What leaves the block is its error, by its type's name; a generator
    that is closed has ended well.
    """

    tokens: int | None = None
    """What the action used, for who knows it at its end."""

    def __init__(self, observe: Callable[[Observation], object], kind: str, name: str, session: str | None) -> None:
        self._observe = observe
        self._of = (kind, name, session)

    def __enter__(self) -> Watched:
        self._started, self._began = time.time(), time.perf_counter()
        return self

    def __exit__(self, error: type[BaseException] | None, _: object, trace: TracebackType | None) -> None:
        kind, name, session = self._of
        took_ms = (time.perf_counter() - self._began) * 1_000
        said = None if error is None or issubclass(error, GeneratorExit) else error.__name__
        self._observe(Observation(kind, name, self._started, took_ms, said, self.tokens, session))
