"""What a check says: one line for each thing that it looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from metabot.config import Settings
from metabot.errors import MetabotError

State = Literal["ok", "warning", "problem"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    state: State
    said: str
    todo: str = ""  # empty where the state is ok


Check = Callable[[Settings], Iterator[Line]]


def ok(said: str) -> Line:
    return Line(state="ok", said=said)


def warning(said: str, todo: str) -> Line:
    return Line(state="warning", said=said, todo=todo)


def problem(said: str, todo: str) -> Line:
    return Line(state="problem", said=said, todo=todo)


def of_error(error: MetabotError) -> Line:
    """Its first line is what is wrong, the others what to do."""
    said, _, todo = str(error).partition("\n")
    return problem(said, " ".join(todo.split()) or "See the message.")
