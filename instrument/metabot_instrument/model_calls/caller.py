"""Where in the application's source a call is made."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any, Final

from metabot_instrument.vocabulary import attributes as names

_BETWEEN: Final = ("openai", "metabot_instrument", "opentelemetry", "wrapt", "functools")
_LOOP: Final = "asyncio"  # a task's frames end here: who made it is not known


def attributes() -> dict[str, Any]:
    """Of the frame that called the openai package; empty where it is a task's own coroutine."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and _package(frame) in _BETWEEN:
        frame = frame.f_back
    if frame is None or _package(frame) == _LOOP:
        return {}
    code = frame.f_code
    return {names.CODE_FILE: code.co_filename, names.CODE_FUNCTION: code.co_qualname, names.CODE_LINE: frame.f_lineno}


def _package(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__")).partition(".")[0]
