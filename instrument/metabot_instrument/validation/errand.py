"""A call that is made elsewhere while somebody waits for it, for as long as that is allowed."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import copy_context
from types import TracebackType
from typing import Final

from metabot_instrument.validation.action import Action
from metabot_instrument.validation.answer import Failed, raised

TOO_LONG: Final = "took too long"
HELD_UP: Final = "is held up"
NO_THREAD: Final = "got no thread"
MOST_HUNG: Final = 3  # calls of one validator that hang; until one of them returns it is not called again


class Errand:
    """As a context manager, it keeps what the call raises for whoever waits; `tell` is called when it has ended."""

    __slots__ = ("action", "began", "context", "error", "finished", "given", "given_up", "tell")

    def __init__(self, action: Action, tell: Callable[[], object]) -> None:
        self.action = action
        self.tell = tell
        self.context = copy_context()
        self.given: object = None
        self.error: BaseException | None = None
        self.began = self.finished = self.given_up = False

    def __enter__(self) -> None:
        self.began = True

    def __exit__(self, _: object, error: BaseException | None, trace: TracebackType | None) -> bool:
        self.error = error
        return True

    def outcome(self) -> object:
        """What the call gave, or how it failed. Raises what ends a program, where it was raised in the call."""
        if not self.finished:
            return Failed(TOO_LONG)
        if isinstance(self.error, KeyboardInterrupt | SystemExit):
            raise self.error
        return self.given if self.error is None else raised(self.error)
