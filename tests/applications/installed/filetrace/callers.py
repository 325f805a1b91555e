"""The application's own frame that made a call, as `code.*` attributes."""

from __future__ import annotations

import inspect
import sys
import sysconfig
from pathlib import Path

_OURS = str(Path(__file__).parent)
_LIBRARIES = tuple(sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib", "purelib", "platlib"))


def caller() -> dict[str, str | int]:
    """The innermost frame that is neither this package's nor a library's; nothing where there is none."""
    frame = inspect.currentframe()
    while frame is not None and _foreign(frame.f_code.co_filename):
        frame = frame.f_back
    if frame is None:
        return {}
    module = frame.f_globals.get("__name__", "")
    return {
        "code.file.path": frame.f_code.co_filename,
        "code.function.name": f"{module}.{frame.f_code.co_qualname}",
        "code.line.number": frame.f_lineno,
    }


def _foreign(file: str) -> bool:
    installed = file.startswith((*_LIBRARIES, sys.prefix)) or "/site-packages/" in file
    return file.startswith((_OURS, "<")) or installed
